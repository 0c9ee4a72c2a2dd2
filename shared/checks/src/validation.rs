//! Palette's own word on what it is to be told: the last checks of every method.

use crate::ScopedAccounts;
use crate::catalogue::palette::{POLICY_ARNS_ACCEPTED, VALIDATION};
use gangway_model::{Check, Credential, Finding, UpstreamError};
use gangway_palette::ValidationOutcome;

use crate::RequiredPermissions;

/// What Palette says of a credential, as the answer to `check` (C17).
pub async fn check_credential(
    remedy: &str,
    registry: &ScopedAccounts<'_>,
    credential: &Credential,
    demand: RequiredPermissions<'_>,
) -> Result<Finding, UpstreamError> {
    let verdict = registry.validate(demand.partition, credential, demand.policies).await;
    if let Some(finding) = access_denied_finding(&VALIDATION, &verdict) {
        return Ok(finding);
    }
    Ok(match verdict? {
        ValidationOutcome::Accepted => VALIDATION.passed("Palette's own validation succeeded"),
        ValidationOutcome::Rejected(reason) => {
            VALIDATION.failed(format!("Palette refused: {reason}"), remedy)
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
        return Ok(POLICY_ARNS_ACCEPTED.not_applicable("no policies were named"));
    }
    let verdict = registry.validate_policy_arns(partition, credential, policies).await;
    if let Some(finding) = access_denied_finding(&POLICY_ARNS_ACCEPTED, &verdict) {
        return Ok(finding);
    }
    Ok(match verdict? {
        ValidationOutcome::Accepted => {
            POLICY_ARNS_ACCEPTED.passed(format!("{} found", policies.len()))
        }
        ValidationOutcome::Rejected(reason) => POLICY_ARNS_ACCEPTED.failed(
            format!("Palette refused: {reason}"),
            "name policies that exist in the account: POST /v1/policies lists them",
        ),
    })
}
