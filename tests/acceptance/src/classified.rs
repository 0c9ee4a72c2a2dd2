//! Requests for the classified partitions, and what their access portals store.

use gangway_model::{AuthMethod, Partition};
use local_cloud::{
    access_portal::AccessPortal,
    aws::Role,
    fixtures::{CustomerAccount, PartitionDeployment, PortalAccess},
};
use serde_json::{Value, json};

use crate::{TestApp, with};

/// The classified partitions: Secret, then Top Secret.
pub const CLASSIFIED_PARTITIONS: [Partition; 2] = [Partition::AwsIsoB, Partition::AwsIso];

/// Returns the name of the request member that names the account in the access portal: `mission`
/// for CAP (in `aws-iso`), `accountName` for SCAP (in `aws-iso-b`).
pub fn account_member(partition: Partition) -> &'static str {
    if partition == Partition::AwsIso { "mission" } else { "accountName" }
}

/// Returns the partition's access portal.
pub fn portal(deployment: &PartitionDeployment) -> &AccessPortal {
    deployment.portal.as_ref().expect("a portal")
}

/// Returns the access of a customer that the access portal has stored.
pub fn portal_access(customer: &CustomerAccount) -> &PortalAccess {
    customer.portal_access.as_ref().expect("access through the portal")
}

/// Returns the role for which the access portal issues temporary credentials to a customer.
pub fn portal_role(customer: &CustomerAccount) -> &Role {
    &portal_access(customer).role
}

/// Returns the request members with the access key of a customer's user. In a classified partition,
/// they include the CA certificate of AWS.
pub fn key_fields(deployment: &PartitionDeployment, customer: &CustomerAccount) -> Value {
    json_without_nulls(json!({
        "accessKeyId": customer.keys.id,
        "secretAccessKey": customer.keys.secret,
        "certificateAuthority": deployment.aws_ca_pem,
    }))
}

/// Returns the request members with a customer's client certificate and private key, and the CA
/// certificate of the access portal.
pub fn certificate_fields(deployment: &PartitionDeployment, customer: &CustomerAccount) -> Value {
    let identity = &portal_access(customer).certificate;
    json!({
        "certificateAuthority": portal(deployment).ca_pem(),
        "userCertificate": identity.certificate,
        "userKey": identity.key,
    })
}

/// Returns a request for method `scap`, without the account name.
pub fn portal_request(deployment: &PartitionDeployment, customer: &CustomerAccount) -> Value {
    let access = portal_access(customer);
    let fields = json!({
        "agency": access.agency,
        account_member(deployment.partition): access.account_name,
        "role": access.role_name,
    });
    with(fields, &certificate_fields(deployment, customer))
}

fn json_without_nulls(mut value: Value) -> Value {
    value.as_object_mut().expect("an object").retain(|_, member| !member.is_null());
    value
}

impl TestApp {
    /// Returns the members of a request that an incoming secret may contain.
    pub fn secret_fields(&self, method: AuthMethod, customer: &CustomerAccount) -> Value {
        if method == AuthMethod::Scap {
            certificate_fields(self.deployment(), customer)
        } else {
            key_fields(self.deployment(), customer)
        }
    }

    /// Returns the request of [`TestApp::request`] in the form that an event may have: its secret
    /// members are stored in an incoming secret under `folder`, and `secretArn` names that secret.
    pub async fn request_with_secret(
        &self,
        method: AuthMethod,
        customer: &CustomerAccount,
        folder: &str,
        name: &str,
    ) -> Value {
        let secret_fields = self.secret_fields(method, customer);
        let arn = self
            .deployment()
            .put_secret(&format!("gangway/incoming/{folder}/{name}"), &secret_fields.to_string())
            .await;
        let mut request = with(self.request(method, customer, name), &json!({"secretArn": arn}));
        for member in secret_fields.as_object().expect("members").keys() {
            request.as_object_mut().expect("members").remove(member);
        }
        request
    }
}
