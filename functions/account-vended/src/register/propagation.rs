//! IAM's and Palette's judgement of a role that Gangway made, waited for where it is new.

use std::time::Duration;

use gangway_aws::{AwsSession, Principal};
use gangway_checks::iam::permissions;
use gangway_checks::role;
use gangway_model::{Finding, Outcome, RoleArn};
use tokio::join;

use super::PendingRegistration;
use crate::{outcome::VendingError, role::Backoff};

/// How long IAM is given to let Palette in; usually it takes seconds.
const IAM_PROPAGATION_TIME: Duration = Duration::from_secs(40);

impl PendingRegistration<'_> {
    /// What IAM allows the role, and whether Palette gets in. While the role is new, a no is not taken for an answer: first
    /// it is asked again, then the message comes again.
    pub(super) async fn wait_for_propagation(
        &self,
        aws: &AwsSession,
        role: &RoleArn,
        fresh: bool,
    ) -> Result<(Vec<Finding>, Finding), VendingError> {
        let mut patience =
            Backoff::until(if fresh { IAM_PROPAGATION_TIME } else { Duration::ZERO });
        let (mut allowed, mut validated) = (None, None);
        loop {
            let (kept_allowed, kept_validated) = (allowed.take(), validated.take());
            let (all, one) = join!(
                async {
                    match kept_allowed {
                        Some(kept) => Ok(kept),
                        None => self.check_permissions(aws, role).await,
                    }
                },
                async {
                    match kept_validated {
                        Some(kept) => Ok(kept),
                        None => self.check_palette(role).await,
                    }
                },
            );
            let (all, one) = (all?, one?);
            let all_seen = all.iter().all(|finding| !finding.is_blocking() && observe(finding));
            if (all_seen && !one.is_blocking()) || !patience.wait().await {
                let blocked = one.is_blocking() || all.iter().any(Finding::is_blocking);
                if fresh && blocked {
                    return Err(not_ready(role, &all, &one));
                }
                return Ok((all, one));
            }
            allowed = all_seen.then_some(all);
            validated = (!one.is_blocking()).then_some(one);
        }
    }

    async fn check_permissions(
        &self,
        aws: &AwsSession,
        role: &RoleArn,
    ) -> Result<Vec<Finding>, VendingError> {
        let principal = Principal::Role(role.clone());
        let findings = permissions::check_attached(aws, &principal, self.settings.profile).await;
        findings.map_err(VendingError::in_account)
    }

    async fn check_palette(&self, role: &RoleArn) -> Result<Finding, VendingError> {
        let demand = (&self.settings).into();
        Ok(role::check_palette_can_assume(&self.registry, &self.assumed(role), demand).await?)
    }
}

/// What IAM does not know yet it cannot judge.
fn observe(finding: &Finding) -> bool {
    !matches!(finding.outcome, Outcome::Unverified { .. })
}

fn not_ready(role: &RoleArn, allowed: &[Finding], validated: &Finding) -> VendingError {
    let blockers = allowed.iter().chain([validated]).filter(|finding| finding.is_blocking());
    let said: Vec<_> =
        blockers.map(|finding| format!("{}: {}", finding.check.id, finding.observed)).collect();
    VendingError::NotReady(format!("role {role} is new, and does not do yet: {}", said.join("; ")))
}
