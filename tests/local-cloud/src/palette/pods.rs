//! Palette's way in through EKS Pod Identity: from the pod of its identity service to the role that is registered.

use serde_json::Value;

use super::{
    State,
    signed::AwsRefusal,
    validation::{foreign, text},
};
use crate::aws::{Cluster, Keys};

/// The service that passes Palette's role on, by namespace and name of its service account.
const IDENTITY: (&str, &str) = ("palette-identity", "palette-identity");

fn denied(message: impl Into<String>) -> AwsRefusal {
    AwsRefusal::new(400, "AccessDenied", message)
}

impl State {
    /// The keys that the pods of a workload cluster's manager would get.
    pub(super) async fn through_pods(
        &self,
        spec: &Value,
        partition: &str,
    ) -> Result<Keys, AwsRefusal> {
        let role = text(spec, "/podIdentity/roleArn");
        let cluster = self.records().runs_on.get(partition).cloned().ok_or_else(|| {
            let message =
                "credentialType 'pod-identity' is not available: Palette does not run on EKS";
            AwsRefusal::new(400, "CredentialTypeNotSupported", message)
        })?;
        if role.split(':').nth(1) != Some(partition) {
            return Err(foreign(role, partition));
        }
        let own = cluster.pod_keys(IDENTITY).map_err(denied)?;
        if role.split(':').nth(4) == Some(cluster.account().id()) {
            self.pass_on(&cluster, &own, role).await
        } else {
            self.go_over(&cluster, &own, role).await
        }
    }

    /// In the cluster's own account, Palette associates the role with the manager's service account.
    async fn pass_on(&self, cluster: &Cluster, own: &Keys, role: &str) -> Result<Keys, AwsRefusal> {
        let name = role.rsplit('/').next().unwrap_or_default();
        let iam = ("iam", cluster.account().iam_region());
        let found = self.ask(own, iam, "GetRole", &[("RoleName", name)]).await?;
        if found.element("Arn") != Some(role) {
            return Err(AwsRefusal::new(404, "NoSuchEntity", format!("there is no {role}")));
        }
        cluster.may_pass(own, role).map_err(denied)?;
        cluster.pass(role).map_err(denied)
    }

    /// In another account, the identity service's role assumes it, as EKS would for the manager.
    async fn go_over(&self, cluster: &Cluster, own: &Keys, role: &str) -> Result<Keys, AwsRefusal> {
        let (account, region, name) = (cluster.account().id(), cluster.region(), cluster.name());
        let (namespace, service_account) = IDENTITY;
        let external_id = format!("{region}/{account}/{name}/{namespace}/{service_account}");
        let parameters = [
            ("RoleArn", role),
            ("RoleSessionName", "palette-identity"),
            ("ExternalId", external_id.as_str()),
        ];
        let session = self.ask(own, ("sts", region), "AssumeRole", &parameters).await?;
        let part = |name| session.element(name).unwrap_or_default().to_owned();
        let (id, secret) = (part("AccessKeyId"), part("SecretAccessKey"));
        Ok(Keys { id, secret, token: Some(part("SessionToken")) })
    }
}
