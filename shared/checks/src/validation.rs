//! Palette's own word on what it is to be told: the last checks of every method.

use crate::ScopedAccounts;
use gangway_model::{Check, Credential, Finding, Severity, UpstreamError};
use gangway_palette::ValidationOutcome;

use crate::RequiredPermissions;

/// Palette finds the policies that are to be attached to the roles of clusters.
pub static POLICIES_ACCEPTED: Check = Check {
    id: "palette.policy-arns-accepted",
    title: "Palette finds the policies that it is to attach to the roles of clusters and nodes",
    severity: Severity::Blocker,
    covers: &["C15"],
};

/// What Palette says of a credential, as the answer to `check` (C17).
pub async fn check_credential(
    check: &'static Check,
    remedy: &str,
    registry: &ScopedAccounts<'_>,
    credential: &Credential,
    demand: RequiredPermissions<'_>,
) -> Result<Finding, UpstreamError> {
    let verdict = registry.validate(demand.partition, credential, demand.policies).await;
    if let Some(finding) = access_denied_finding(check, &verdict) {
        return Ok(finding);
    }
    Ok(match verdict? {
        ValidationOutcome::Accepted => check.passed("Palette's own validation succeeded"),
        ValidationOutcome::Rejected(reason) => {
            check.failed(format!("Palette refused: {reason}"), remedy)
        }
    })
}

/// Why a question could not be put to Palette: Gangway's own key is at fault, and the report says so (C01). What Palette
/// has not answered blocks, as if it had said no.
pub fn access_denied_finding<T>(
    check: &'static Check,
    answer: &Result<T, UpstreamError>,
) -> Option<Finding> {
    match answer {
        Err(UpstreamError::AccessDenied { reason, .. }) => Some(check.failed(
            format!("Palette does not let Gangway ask: {reason}"),
            "mend palette.session: Gangway's API key must be that of a tenant administrator",
        )),
        Ok(_) | Err(_) => None,
    }
}

/// What Palette says of the policies (C15).
pub async fn check_policies(
    registry: &ScopedAccounts<'_>,
    credential: &Credential,
    RequiredPermissions { partition, policies, .. }: RequiredPermissions<'_>,
) -> Result<Finding, UpstreamError> {
    if policies.is_empty() {
        return Ok(POLICIES_ACCEPTED.not_applicable("no policies were named"));
    }
    let verdict = registry.validate_policy_arns(partition, credential, policies).await;
    if let Some(finding) = access_denied_finding(&POLICIES_ACCEPTED, &verdict) {
        return Ok(finding);
    }
    Ok(match verdict? {
        ValidationOutcome::Accepted => {
            POLICIES_ACCEPTED.passed(format!("{} found", policies.len()))
        }
        ValidationOutcome::Rejected(reason) => POLICIES_ACCEPTED.failed(
            format!("Palette refused: {reason}"),
            "name policies that exist in the account: POST /v1/policies lists them",
        ),
    })
}
