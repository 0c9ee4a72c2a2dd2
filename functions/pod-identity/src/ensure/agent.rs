//! Installs the EKS add-on of the Pod Identity Agent. An agent that is installed is never changed.

use std::time::Duration;

use gangway_aws::{
    Observed,
    eks::{Addon, EksClient, POD_IDENTITY_AGENT},
};
use gangway_checks::pod_identity::{
    AccountAccess, Observations, catalogue::AGENT_ENSURED, inaccessible_finding,
};
use gangway_http::deadline;
use gangway_model::{EksCluster, Finding, UpstreamError};
use tokio::time::sleep;

use super::ChangeResult;

/// The remedy if AWS denies the installation.
const ACCESS_REMEDY: &str = "allow eks:CreateAddon on the cluster to the role that Gangway inspects with (parameters AllowPodIdentityChanges and ClusterArns)";

/// The maximum number of times that Gangway reads the new add-on until it is active.
const MAX_ATTEMPTS: u32 = 6;

/// The delay between two attempts.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// Installs the agent if the cluster does not have it. Updates `observations` after the
/// installation.
pub(super) async fn install_if_missing(
    access: &AccountAccess,
    cluster: &EksCluster,
    observations: &mut Observations,
) -> Result<ChangeResult, UpstreamError> {
    let has_auto_mode =
        observations.cluster.description.present().is_some_and(|cluster| cluster.has_auto_mode);
    let finding = match (&observations.cluster.agent, &observations.cluster.kubernetes.agent) {
        _ if has_auto_mode => AGENT_ENSURED.passed("EKS Auto Mode has the agent built in"),
        (Observed::Present(_), _) | (Observed::Absent, Observed::Present(_)) => {
            AGENT_ENSURED.passed("no change was needed")
        }
        (Observed::Inaccessible(inaccessible), _)
        | (Observed::Absent, Observed::Inaccessible(inaccessible)) => {
            // The agent may be installed without the add-on. Then the add-on must not be installed
            // too.
            inaccessible_finding(&AGENT_ENSURED, inaccessible, "")
        }
        (Observed::Absent, Observed::Absent) => {
            let Ok(eks) = access.eks(cluster) else {
                let reason = "Gangway has no access to the account of the cluster";
                let finding = AGENT_ENSURED.unverified(reason, ACCESS_REMEDY);
                return Ok(ChangeResult { finding, has_changed: false });
            };
            let (finding, has_changed) = install(&eks).await?;
            if has_changed {
                let waiting = wait_until_active(&eks, observations);
                deadline::with_half_remaining(waiting).await?;
            }
            return Ok(ChangeResult { finding, has_changed });
        }
    };
    Ok(ChangeResult { finding, has_changed: false })
}

/// Installs the add-on. Returns the finding, and `true` if the cluster has the add-on now.
async fn install(eks: &EksClient) -> Result<(Finding, bool), UpstreamError> {
    let observed = match eks.create_agent().await {
        Ok(()) => {
            format!(
                "installed the add-on {POD_IDENTITY_AGENT}; if it is not ACTIVE yet, send the request again in a minute"
            )
        }
        Err(UpstreamError::AlreadyExists { .. }) => {
            "it was installed by somebody else in the meantime".to_owned()
        }
        Err(UpstreamError::AccessDenied { reason, .. }) => {
            return Ok((AGENT_ENSURED.failed(reason, ACCESS_REMEDY), false));
        }
        Err(UpstreamError::Rejected { reason, .. }) => {
            let remedy = "install the add-on by hand, as eks.pod-identity-agent shows";
            return Ok((AGENT_ENSURED.failed(reason, remedy), false));
        }
        Err(error) => return Err(error),
    };
    Ok((AGENT_ENSURED.passed(observed), true))
}

/// Reads the add-on until it is active, at most [`MAX_ATTEMPTS`] times, and then reads the rollout
/// of its pods. If the add-on does not become active, the checks of the agent report this.
async fn wait_until_active(
    eks: &EksClient,
    observations: &mut Observations,
) -> Result<(), UpstreamError> {
    for _attempt in 0..MAX_ATTEMPTS {
        observations.cluster.agent = eks.describe_agent().await?;
        let is_active = observations.cluster.agent.present().is_some_and(is_active);
        if is_active {
            if let Some(client) = &observations.cluster.client {
                observations.cluster.kubernetes.agent = client.agent_rollout().await;
            }
            return Ok(());
        }
        sleep(RETRY_DELAY).await;
    }
    Ok(())
}

fn is_active(addon: &Addon) -> bool {
    addon.inactive_status.is_none()
}
