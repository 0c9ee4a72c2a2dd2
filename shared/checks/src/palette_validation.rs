//! Asks Palette to validate a credential and policies. These are the last checks of every method.

use crate::ScopedClient;
use crate::catalogue::palette::{POLICY_ARNS_ACCEPTED, VALIDATION};
use gangway_model::{Check, Credential, Finding, UpstreamError};
use gangway_palette::ValidationOutcome;

use crate::RequiredPermissions;

/// Asks Palette to validate a credential. `remedy` is the remedy if Palette rejects the credential.
pub async fn check_credential(
    remedy: &str,
    palette: &ScopedClient<'_>,
    credential: &Credential,
    required: RequiredPermissions<'_>,
) -> Result<Finding, UpstreamError> {
    let outcome = palette.validate(required.partition, credential, required.policies).await;
    if let Some(finding) = access_denied_finding(&VALIDATION, &outcome) {
        return Ok(finding);
    }
    Ok(match outcome? {
        ValidationOutcome::Accepted => VALIDATION.passed("Palette's own validation succeeded"),
        ValidationOutcome::Rejected(reason) => {
            VALIDATION.failed(format!("Palette rejected it: {reason}"), remedy)
        }
    })
}

/// Returns a finding if Palette did not allow the call with Gangway's API key. The finding is
/// *failed* and not *unverified*, because no account may be registered without Palette's
/// validation. Returns `None` for every other response.
pub fn access_denied_finding<T>(
    check: &'static Check,
    response: &Result<T, UpstreamError>,
) -> Option<Finding> {
    match response {
        Err(UpstreamError::AccessDenied { reason, .. }) => Some(check.failed(
            format!("Palette does not allow Gangway to check this: {reason}"),
            "fix check palette.session first: Gangway's API key must belong to a tenant administrator",
        )),
        Ok(_) | Err(_) => None,
    }
}

/// Asks Palette whether the policies for the roles of clusters exist. Makes no call if there are
/// no policies.
pub async fn check_policies(
    palette: &ScopedClient<'_>,
    credential: &Credential,
    RequiredPermissions { partition, policies, .. }: RequiredPermissions<'_>,
) -> Result<Finding, UpstreamError> {
    if policies.is_empty() {
        return Ok(POLICY_ARNS_ACCEPTED.not_applicable("no policies were named"));
    }
    let outcome = palette.validate_policy_arns(partition, credential, policies).await;
    if let Some(finding) = access_denied_finding(&POLICY_ARNS_ACCEPTED, &outcome) {
        return Ok(finding);
    }
    Ok(match outcome? {
        ValidationOutcome::Accepted => {
            POLICY_ARNS_ACCEPTED.passed(format!("{} found", policies.len()))
        }
        ValidationOutcome::Rejected(reason) => POLICY_ARNS_ACCEPTED.failed(
            format!("Palette rejected it: {reason}"),
            "name policies that exist in the account: POST /v1/policies lists them",
        ),
    })
}
