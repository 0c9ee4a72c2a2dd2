//! Palette's access through EKS Pod Identity: from its identity service's pod to the registered
//! role.

use serde_json::Value;

use super::{
    Palette,
    aws_client::AwsCallError,
    validation::{other_partition_error, text_at},
};
use crate::aws::{AwsCredentials, Cluster};

/// Namespace and name of the identity service's service account.
const IDENTITY_SERVICE_ACCOUNT: (&str, &str) = ("palette-identity", "palette-identity");

fn denied(message: impl Into<String>) -> AwsCallError {
    AwsCallError::new(400, "AccessDenied", message)
}

impl Palette {
    /// Returns the credentials that the pods of a cluster manager would get.
    pub(super) async fn pod_identity_keys(
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
            return Err(other_partition_error(role, partition));
        }
        let own = cluster.pod_credentials(IDENTITY_SERVICE_ACCOUNT).map_err(denied)?;
        if role.split(':').nth(4) == Some(cluster.account().id()) {
            self.same_account_keys(&cluster, &own, role).await
        } else {
            self.cross_account_keys(&cluster, &own, role).await
        }
    }

    /// Returns keys of a role in the cluster's account. Palette associates it with the manager's service
    /// account.
    async fn same_account_keys(
        &self,
        cluster: &Cluster,
        own: &AwsCredentials,
        role: &str,
    ) -> Result<AwsCredentials, AwsCallError> {
        let name = role.rsplit('/').next().unwrap_or_default();
        let iam = ("iam", cluster.account().iam_region());
        let found = self.call_aws(own, iam, "GetRole", &[("RoleName", name)]).await?;
        if found.xml_element("Arn") != Some(role) {
            return Err(AwsCallError::new(404, "NoSuchEntity", format!("there is no {role}")));
        }
        cluster.may_pass_role(own, role).map_err(denied)?;
        cluster.associated_role_credentials(role).map_err(denied)
    }

    /// Returns keys of a role in another account. The identity service's role assumes it, as EKS would
    /// for the manager.
    async fn cross_account_keys(
        &self,
        cluster: &Cluster,
        own: &AwsCredentials,
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
        let session = self.call_aws(own, ("sts", region), "AssumeRole", &parameters).await?;
        let part = |name| session.xml_element(name).unwrap_or_default().to_owned();
        let (id, secret) = (part("AccessKeyId"), part("SecretAccessKey"));
        Ok(AwsCredentials { id, secret, token: Some(part("SessionToken")) })
    }
}
