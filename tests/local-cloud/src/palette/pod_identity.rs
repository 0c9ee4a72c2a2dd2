//! Access of Palette to a registered role through EKS Pod Identity. Palette's identity service
//! obtains credentials of the role.

use serde_json::Value;

use super::{
    Palette,
    aws_client::AwsCallError,
    validation::{text_at, wrong_partition_error},
};
use crate::aws::{AwsCredentials, Cluster};

/// Namespace and name of the Kubernetes service account of Palette's identity service.
const IDENTITY_SERVICE_ACCOUNT: (&str, &str) = ("palette-identity", "palette-identity");

fn access_denied_error(message: impl Into<String>) -> AwsCallError {
    AwsCallError::new(400, "AccessDenied", message)
}

impl Palette {
    /// Fetches credentials of the registered role, as EKS gives them to the pods of Palette that
    /// manage clusters.
    pub(super) async fn fetch_pod_identity_credentials(
        &self,
        spec: &Value,
        partition: &str,
    ) -> Result<AwsCredentials, AwsCallError> {
        let role = text_at(spec, "/podIdentity/roleArn");
        let cluster = self.records().host_clusters.get(partition).cloned().ok_or_else(|| {
            let message =
                "credentialType 'pod-identity' is not available: Palette does not run on EKS";
            AwsCallError::new(400, "CredentialTypeNotSupported", message)
        })?;
        if role.split(':').nth(1) != Some(partition) {
            return Err(wrong_partition_error(role, partition));
        }
        let service_credentials =
            cluster.pod_credentials(IDENTITY_SERVICE_ACCOUNT).map_err(access_denied_error)?;
        if role.split(':').nth(4) == Some(cluster.account().id()) {
            self.fetch_same_account_credentials(&cluster, &service_credentials, role).await
        } else {
            self.fetch_cross_account_credentials(&cluster, &service_credentials, role).await
        }
    }

    /// Fetches credentials of a role in the AWS account of Palette's cluster. Palette associates
    /// the role with the service account of the pods that manage clusters.
    async fn fetch_same_account_credentials(
        &self,
        cluster: &Cluster,
        service_credentials: &AwsCredentials,
        role: &str,
    ) -> Result<AwsCredentials, AwsCallError> {
        let name = role.rsplit('/').next().unwrap_or_default();
        let iam = ("iam", cluster.account().iam_region());
        let response =
            self.call_aws(service_credentials, iam, "GetRole", &[("RoleName", name)]).await?;
        if response.xml_element("Arn") != Some(role) {
            return Err(AwsCallError::new(404, "NoSuchEntity", format!("there is no {role}")));
        }
        cluster.may_pass_role(service_credentials, role).map_err(access_denied_error)?;
        cluster.associated_role_credentials(role).map_err(access_denied_error)
    }

    /// Fetches credentials of a role in another AWS account. The role of the identity service
    /// assumes it, as EKS does for the pods that manage clusters.
    async fn fetch_cross_account_credentials(
        &self,
        cluster: &Cluster,
        service_credentials: &AwsCredentials,
        role: &str,
    ) -> Result<AwsCredentials, AwsCallError> {
        let (account, region, name) = (cluster.account().id(), cluster.region(), cluster.name());
        let (namespace, service_account) = IDENTITY_SERVICE_ACCOUNT;
        let external_id = format!("{region}/{account}/{name}/{namespace}/{service_account}");
        let parameters = [
            ("RoleArn", role),
            ("RoleSessionName", "palette-identity"),
            ("ExternalId", external_id.as_str()),
        ];
        let session =
            self.call_aws(service_credentials, ("sts", region), "AssumeRole", &parameters).await?;
        let member = |name| session.xml_element(name).unwrap_or_default().to_owned();
        let (id, secret) = (member("AccessKeyId"), member("SecretAccessKey"));
        Ok(AwsCredentials { id, secret, token: Some(member("SessionToken")) })
    }
}
