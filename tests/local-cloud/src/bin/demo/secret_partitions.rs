//! Demo of the classified partitions: access keys with a CA certificate, and credentials from the
//! access portal.

use gangway_model::{AuthMethod, Partition};
use local_cloud::{
    certificates::{CertificateIssuer, CertificateSpec},
    fixtures::CustomerAccount,
};
use serde_json::{Value, json};

use crate::{
    show::{Failure, PortalClient, expect, expect_blocked},
    wizard,
};

/// A step name and the members that break the request.
type BrokenRequest = (&'static str, Value);

/// Runs the demo of one method.
pub(crate) async fn run(
    portal: &PortalClient<'_>,
    method: AuthMethod,
    customer: &CustomerAccount,
) -> Result<(), Failure> {
    let name = format!("demo-{}-{method}", portal.deployment.partition);
    let (good, broken) = if method == AuthMethod::Scap {
        portal_requests(portal, customer, &name)?
    } else {
        static_key_requests(portal, customer, &name)
    };
    let validate = format!("/v1/tenant/accounts/{method}/validate");
    for (step, members) in broken {
        let request = with_members(&good, &members);
        let report = portal.call(step, 200, "POST", &validate, Some(&request)).await?;
        expect_blocked(&report)?;
    }
    let uid = wizard::demo_registration(portal, method, &good, &name).await?;
    if method == AuthMethod::Scap {
        let renewed = with_members(&good, &renewed_certificate(portal, customer)?);
        let path = format!("/v1/tenant/accounts/{method}/{uid}");
        let put = portal.call("put a new certificate", 200, "PUT", &path, Some(&renewed)).await?;
        expect(put.get("outcome") == Some(&json!("updated")), || format!("not updated: {put}"))?;
    }
    wizard::delete_account(portal, &uid, &name).await
}

fn static_key_requests(
    portal: &PortalClient<'_>,
    customer: &CustomerAccount,
    name: &str,
) -> (Value, Vec<BrokenRequest>) {
    let keys = &customer.keys;
    let good = json!({
        "name": name, "accessKeyId": keys.id, "secretAccessKey": keys.secret,
        "certificateAuthority": portal.deployment.aws_ca_pem,
    });
    let old = CertificateIssuer::from_specs(
        &CertificateSpec::ca("Old Root").with_validity_days(-900, -2),
        &CertificateSpec::ca("Old").with_validity_days(-900, -2),
    );
    let root = customer.account.create_root_access_key();
    let of_root = json!({"accessKeyId": root.id, "secretAccessKey": root.secret});
    let broken = vec![
        ("validate, expired CA", json!({"certificateAuthority": old.pem()})),
        ("validate, keys of root", of_root),
    ];
    (good, broken)
}

fn portal_requests(
    portal: &PortalClient<'_>,
    customer: &CustomerAccount,
    name: &str,
) -> Result<(Value, Vec<BrokenRequest>), Failure> {
    let (access_portal, access) =
        (portal.deployment.portal.as_ref(), customer.portal_access.as_ref());
    let (Some(access_portal), Some(access)) = (access_portal, access) else {
        return Err(NO_PORTAL.to_owned());
    };
    let account = match portal.deployment.partition {
        Partition::AwsIso => "mission",
        Partition::Aws | Partition::AwsUsGov | Partition::AwsIsoB => "accountName",
    };
    let good = json!({
        "name": name, "agency": access.agency, account: access.account_name, "role": access.role_name,
        "certificateAuthority": access_portal.ca_pem(), "userCertificate": access.certificate.certificate,
        "userKey": access.certificate.key,
    });
    let entity = CertificateSpec::client(&access.common_name);
    let (swapped, old) =
        (access_portal.issue(&entity), access_portal.issue(&entity.with_validity_days(-400, -3)));
    let unknown = access_portal.issue(&CertificateSpec::client("somebody.else.npe"));
    let shown = |one: &local_cloud::certificates::IssuedCertificate| json!({"userCertificate": one.certificate, "userKey": one.key});
    let broken = vec![
        ("validate, keys swapped", json!({"userKey": swapped.key})),
        ("validate, old certificate", shown(&old)),
        (
            "validate, other CA",
            json!({"certificateAuthority": CertificateIssuer::new("Another CA").pem()}),
        ),
        ("validate, another client", shown(&unknown)),
    ];
    Ok((good, broken))
}

const NO_PORTAL: &str = "there is no access portal here";

/// Issues a new client certificate.
fn renewed_certificate(
    portal: &PortalClient<'_>,
    customer: &CustomerAccount,
) -> Result<Value, Failure> {
    let (access_portal, access) =
        (portal.deployment.portal.as_ref(), customer.portal_access.as_ref());
    let (Some(access_portal), Some(access)) = (access_portal, access) else {
        return Err(NO_PORTAL.to_owned());
    };
    let fresh = access_portal.issue(&CertificateSpec::client(&access.common_name));
    Ok(json!({"userCertificate": fresh.certificate, "userKey": fresh.key}))
}

fn with_members(request: &Value, members: &Value) -> Value {
    let mut changed = request.clone();
    if let (Some(all), Some(more)) = (changed.as_object_mut(), members.as_object()) {
        all.extend(more.clone());
    }
    changed
}
