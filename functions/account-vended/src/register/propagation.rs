//! Checks a role that Gangway manages, and repeats the checks while a new role is not visible in
//! all of AWS.

use std::time::Duration;

use gangway_aws::{AwsSession, Principal};
use gangway_checks::iam::permissions;
use gangway_checks::{RequiredPermissions, assumed_role};
use gangway_model::{Finding, Outcome, RoleArn};
use tokio::{join, time::sleep};

use super::PendingRegistration;
use crate::{outcome::VendingError, role::PROPAGATION_RETRY};

/// Maximum time to wait until Palette can assume a new role. Usually this takes seconds.
const MAX_PROPAGATION_WAIT: Duration = Duration::from_secs(40);

impl PendingRegistration<'_> {
    /// Returns the findings about the role's permissions, and whether Palette can assume the role.
    ///
    /// # Errors
    ///
    /// `NotReady` if the role is new and a check still fails after the wait: the message is
    /// retried.
    pub(super) async fn wait_for_propagation(
        &self,
        aws: &AwsSession,
        role: &RoleArn,
        is_new: bool,
    ) -> Result<(Vec<Finding>, Finding), VendingError> {
        let max_wait = if is_new { MAX_PROPAGATION_WAIT } else { Duration::ZERO };
        let mut delays = PROPAGATION_RETRY.within(max_wait).delays();
        // A check that has passed is not repeated.
        let (mut permissions, mut palette) = (None, None);
        loop {
            let (passed_permissions, passed_palette) = (permissions.take(), palette.take());
            let (permission_findings, palette_finding) = join!(
                async {
                    match passed_permissions {
                        Some(findings) => Ok(findings),
                        None => self.check_role_permissions(aws, role).await,
                    }
                },
                async {
                    match passed_palette {
                        Some(finding) => Ok(finding),
                        None => self.check_palette_can_assume(role).await,
                    }
                },
            );
            let (permission_findings, palette_finding) = (permission_findings?, palette_finding?);
            let permissions_passed = permission_findings
                .iter()
                .all(|finding| !finding.is_blocking() && !is_unverified(finding));
            let palette_passed = !palette_finding.is_blocking();
            let delay = if permissions_passed && palette_passed { None } else { delays.next() };
            let Some(delay) = delay else {
                let blocked =
                    !palette_passed || permission_findings.iter().any(Finding::is_blocking);
                if is_new && blocked {
                    return Err(not_ready_error(role, &permission_findings, &palette_finding));
                }
                return Ok((permission_findings, palette_finding));
            };
            sleep(delay).await;
            permissions = permissions_passed.then_some(permission_findings);
            palette = palette_passed.then_some(palette_finding);
        }
    }

    async fn check_role_permissions(
        &self,
        aws: &AwsSession,
        role: &RoleArn,
    ) -> Result<Vec<Finding>, VendingError> {
        let principal = Principal::Role(role.clone());
        let required = RequiredPermissions::new(&self.spec, &self.app.clients);
        let findings = permissions::check_attached(aws, &principal, required).await;
        findings.map_err(VendingError::from_account_error)
    }

    async fn check_palette_can_assume(&self, role: &RoleArn) -> Result<Finding, VendingError> {
        let required = RequiredPermissions::new(&self.spec, &self.app.clients);
        let assumed_role = self.to_sts_role(role);
        Ok(assumed_role::check_palette_can_assume(&self.accounts, &assumed_role, required).await?)
    }
}

/// Returns `true` if the check could not be carried out, for example because IAM does not know the
/// role yet.
const fn is_unverified(finding: &Finding) -> bool {
    matches!(finding.outcome, Outcome::Unverified { .. })
}

fn not_ready_error(role: &RoleArn, permissions: &[Finding], palette: &Finding) -> VendingError {
    let blocking = permissions.iter().chain([palette]).filter(|finding| finding.is_blocking());
    let reasons: Vec<_> =
        blocking.map(|finding| format!("{}: {}", finding.check.id, finding.observed)).collect();
    VendingError::NotReady(format!("role {role} is new and not usable yet: {}", reasons.join("; ")))
}
