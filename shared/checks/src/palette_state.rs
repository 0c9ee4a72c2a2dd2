use gangway_model::{AccountName, ExistingAccounts, Finding, Operation, RegistrationError};
use gangway_palette::{AccountQuota, ApiKeyStatus, ScopedClient};

use crate::catalogue::palette::{ACCOUNT_QUOTA, API_KEY_VALID};

const API_KEY_REMEDY: &str = "store the API key of a user with the tenant administrator role in the secret that PALETTE_API_KEY_SECRET names; cloud accounts belong to the tenant settings";

/// The finding about Palette's API key, and the accounts that Palette already has.
#[derive(Clone, Debug)]
pub struct PaletteStateCheck {
    /// The finding of [`API_KEY_VALID`].
    pub session: Finding,
    /// The finding of [`ACCOUNT_QUOTA`]. `None` if no account would be created, or if the quota was
    /// not read.
    pub quota: Option<Finding>,
    /// The accounts in Palette with the requested name or uid. Empty if Palette does not accept the
    /// API key.
    pub existing: ExistingAccounts,
}

/// Checks Palette's API key, and fetches the accounts with the requested name or uid.
///
/// # Errors
///
/// Returns the errors of [`ScopedClient::fetch_state`]. If Palette does not accept the API key, the
/// result is a failed finding.
pub async fn check(
    palette: &ScopedClient<'_>,
    name: &AccountName,
    operation: &Operation,
) -> Result<PaletteStateCheck, RegistrationError> {
    let state = palette.fetch_state(name, operation).await?;
    let session = api_key_finding(state.api_key);
    let creates = !session.is_blocking() && state.existing.target_account(operation).is_none();
    let quota = creates.then(|| quota_finding(state.account_quota));
    Ok(PaletteStateCheck { session, quota, existing: state.existing })
}

/// Evaluates the quota of cloud accounts. `None` means that Palette does not return it.
fn quota_finding(quota: Option<AccountQuota>) -> Finding {
    let Some(AccountQuota { limit, listed }) = quota else {
        return ACCOUNT_QUOTA.unverified(
            "Palette does not return the limit of cloud accounts of the tenant to this API key",
            API_KEY_REMEDY,
        );
    };
    let observed =
        format!("Palette lists {listed} of at most {limit} cloud accounts of the tenant");
    if listed >= limit {
        return ACCOUNT_QUOTA.failed(observed, ACCOUNT_QUOTA.remedy);
    }
    ACCOUNT_QUOTA.passed(observed)
}

fn api_key_finding(status: ApiKeyStatus) -> Finding {
    match status {
        ApiKeyStatus::Accepted { tenant } => {
            let of_tenant = tenant.map(|name| format!(" of {name}")).unwrap_or_default();
            API_KEY_VALID
                .passed(format!("the key is accepted{of_tenant}, and AWS accounts can be listed"))
        }
        ApiKeyStatus::UnknownUser => API_KEY_VALID.unverified(
            "AWS accounts can be listed, but Palette does not name the user of the key",
            API_KEY_REMEDY,
        ),
        ApiKeyStatus::Denied { reason } => {
            API_KEY_VALID.failed(format!("Palette: {reason}"), API_KEY_REMEDY)
        }
    }
}

#[cfg(test)]
mod tests {
    use gangway_model::Outcome;

    use super::*;
    use crate::palette_account;

    #[test]
    fn api_key_finding_follows_from_the_response_of_palette() {
        let accepted =
            api_key_finding(ApiKeyStatus::Accepted { tenant: Some("Example".to_owned()) });
        assert_eq!(accepted.outcome, Outcome::Passed);
        assert!(accepted.observed.contains("Example"), "{}", accepted.observed);
        let unknown = api_key_finding(ApiKeyStatus::UnknownUser);
        assert!(matches!(unknown.outcome, Outcome::Unverified { .. }));
        let denied = api_key_finding(ApiKeyStatus::Denied { reason: "no".to_owned() });
        assert!(denied.is_blocking() && denied.check.covers == ["C01"]);
        let existing = ExistingAccounts::default();
        let state = PaletteStateCheck { session: denied, quota: None, existing };
        let name = palette_account::check_name(&state, &Operation::Register, None);
        assert!(matches!(name.outcome, Outcome::Unverified { .. }));
    }

    #[test]
    fn quota_fails_only_if_palette_lists_as_many_accounts_as_the_limit() {
        let quota = |limit, listed| quota_finding(Some(AccountQuota { limit, listed }));
        assert_eq!(quota(10, 9).outcome, Outcome::Passed);
        assert!(quota(10, 10).is_blocking() && quota(10, 11).is_blocking());
        assert!(matches!(quota_finding(None).outcome, Outcome::Unverified { .. }));
    }
}
