//! Check of the API key, from the state of Palette before a registration.

use gangway_model::{AccountName, ExistingAccounts, Finding, Operation, RegistrationError};
use gangway_palette::{ApiKeyStatus, ScopedClient};

use crate::catalogue::palette::API_KEY_VALID;

const REMEDY: &str = "store the API key of a user with the tenant administrator role in the secret that PALETTE_API_KEY_SECRET names; cloud accounts belong to the tenant settings";

/// The finding about the API key, and the accounts that Palette shows.
#[derive(Clone, Debug)]
pub struct PaletteStateCheck {
    /// Finding of [`API_KEY_VALID`].
    pub session: Finding,
    /// The accounts that Palette already has under this name or uid. Empty if Palette denies access to the
    /// API key.
    pub existing: ExistingAccounts,
}

/// Fetches the state of Palette and checks the API key.
///
/// # Errors
///
/// Those of [`ScopedClient::fetch_state`]. If Palette denies access to the API key, the result is a
/// failed finding.
pub async fn check(
    palette: &ScopedClient<'_>,
    name: &AccountName,
    operation: &Operation,
) -> Result<PaletteStateCheck, RegistrationError> {
    let state = palette.fetch_state(name, operation).await?;
    Ok(PaletteStateCheck { session: check_api_key(state.api_key), existing: state.existing })
}

fn check_api_key(status: ApiKeyStatus) -> Finding {
    match status {
        ApiKeyStatus::Accepted { tenant } => {
            let of_tenant = tenant.map(|name| format!(" of {name}")).unwrap_or_default();
            API_KEY_VALID
                .passed(format!("the key is accepted{of_tenant}, and AWS accounts can be listed"))
        }
        ApiKeyStatus::UnknownUser => API_KEY_VALID.unverified(
            "AWS accounts can be listed, but Palette does not name the user of the key",
            REMEDY,
        ),
        ApiKeyStatus::Denied { reason } => {
            API_KEY_VALID.failed(format!("Palette: {reason}"), REMEDY)
        }
    }
}

#[cfg(test)]
mod tests {
    use gangway_model::Outcome;

    use super::*;
    use crate::palette_account;

    #[test]
    fn the_api_key_is_judged_by_what_palette_lets_it_do() {
        let accepted = check_api_key(ApiKeyStatus::Accepted { tenant: Some("Example".to_owned()) });
        assert_eq!(accepted.outcome, Outcome::Passed);
        assert!(accepted.observed.contains("Example"), "{}", accepted.observed);
        let unknown = check_api_key(ApiKeyStatus::UnknownUser);
        assert!(matches!(unknown.outcome, Outcome::Unverified { .. }));
        let denied = check_api_key(ApiKeyStatus::Denied { reason: "no".to_owned() });
        assert!(denied.is_blocking() && denied.check.covers == ["C01"]);
        let state = PaletteStateCheck { session: denied, existing: ExistingAccounts::default() };
        let name = palette_account::check_name(&state, &Operation::Register, None);
        assert!(matches!(name.outcome, Outcome::Unverified { .. }));
    }
}
