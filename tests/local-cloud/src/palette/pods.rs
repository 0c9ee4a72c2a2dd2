//! Palette's way in through EKS Pod Identity: from the pod of its identity service to the role that is registered.

use serde_json::Value;

use super::{
    State,
    signed::AwsCallError,
    validation::{is_other_partition, text_at},
};
use crate::aws::{Cluster, Keys};

/// The service that passes Palette's role on, by namespace and name of its service account.
const IDENTITY: (&str, &str) = ("palette-identity", "palette-identity");

fn denied(message: impl Into<String>) -> AwsCallError {
    AwsCallError::new(400, "AccessDenied", message)
}

impl State {
    /// The keys that the pods of a workload cluster's manager would get.
    pub(super) async fn pod_identity_keys(
        &self,
        spec: &Value,
        partition: &str,
    ) -> Result<Keys, AwsCallError> {
        let role = text_at(spec, "/podIdentity/roleArn");
        let cluster = self.records().runs_on.get(partition).cloned().ok_or_else(|| {
            let message =
                "credentialType 'pod-identity' is not available: Palette does not run on EKS";
            AwsCallError::new(400, "CredentialTypeNotSupported", message)
        })?;
        if role.split(':').nth(1) != Some(partition) {
            return Err(is_other_partition(role, partition));
        }
        let own = cluster.pod_credentials(IDENTITY).map_err(denied)?;
        if role.split(':').nth(4) == Some(cluster.account().id()) {
            self.same_account_keys(&cluster, &own, role).await
        } else {
            self.cross_account_keys(&cluster, &own, role).await
        }
    }

    /// In the cluster's own account, Palette associates the role with the manager's service account.
    async fn same_account_keys(
        &self,
        cluster: &Cluster,
        own: &Keys,
        role: &str,
    ) -> Result<Keys, AwsCallError> {
        let name = role.rsplit('/').next().unwrap_or_default();
        let iam = ("iam", cluster.account().iam_region());
        let found = self.call_aws(own, iam, "GetRole", &[("RoleName", name)]).await?;
        if found.element("Arn") != Some(role) {
            return Err(AwsCallError::new(404, "NoSuchEntity", format!("there is no {role}")));
        }
        cluster.may_pass_role(own, role).map_err(denied)?;
        cluster.associated_role_credentials(role).map_err(denied)
    }

    /// In another account, the identity service's role assumes it, as EKS would for the manager.
    async fn cross_account_keys(
        &self,
        cluster: &Cluster,
        own: &Keys,
        role: &str,
    ) -> Result<Keys, AwsCallError> {
        let (account, region, name) = (cluster.account().id(), cluster.region(), cluster.name());
        let (namespace, service_account) = IDENTITY;
        let external_id = format!("{region}/{account}/{name}/{namespace}/{service_account}");
        let parameters = [
            ("RoleArn", role),
            ("RoleSessionName", "palette-identity"),
            ("ExternalId", external_id.as_str()),
        ];
        let session = self.call_aws(own, ("sts", region), "AssumeRole", &parameters).await?;
        let part = |name| session.element(name).unwrap_or_default().to_owned();
        let (id, secret) = (part("AccessKeyId"), part("SecretAccessKey"));
        Ok(Keys { id, secret, token: Some(part("SessionToken")) })
    }
}
