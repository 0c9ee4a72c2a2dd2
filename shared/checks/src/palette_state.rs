use gangway_model::{AccountName, ExistingAccounts, Finding, Operation, RegistrationError, Uid};
use gangway_palette::{ApiKeyStatus, ScopedClient};

use crate::catalogue::palette::API_KEY_VALID;

const API_KEY_REMEDY: &str = "store the API key of a user with the tenant administrator role in the secret that PALETTE_API_KEY_SECRET names; cloud accounts belong to the tenant settings";

/// The finding about Palette's API key, and the accounts that Palette already has.
#[derive(Clone, Debug)]
pub struct PaletteStateCheck {
    /// The finding of [`API_KEY_VALID`].
    pub session: Finding,
    /// The accounts in Palette with the requested name or uid. Empty if Palette does not accept the
    /// API key.
    pub existing: ExistingAccounts,
    /// Uid of the tenant of the API key, if Palette returns it.
    pub tenant_uid: Option<Uid>,
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
    let tenant_uid = match &state.api_key {
        ApiKeyStatus::Accepted { tenant_uid, .. } => tenant_uid.clone(),
        ApiKeyStatus::UnknownUser | ApiKeyStatus::Denied { .. } => None,
    };
    let (session, existing) = (api_key_finding(state.api_key), state.existing);
    Ok(PaletteStateCheck { session, existing, tenant_uid })
}

fn api_key_finding(status: ApiKeyStatus) -> Finding {
    match status {
        ApiKeyStatus::Accepted { tenant, .. } => {
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
        let accepted = api_key_finding(ApiKeyStatus::Accepted {
            tenant: Some("Example".to_owned()),
            tenant_uid: None,
        });
        assert_eq!(accepted.outcome, Outcome::Passed);
        assert!(accepted.observed.contains("Example"), "{}", accepted.observed);
        let unknown = api_key_finding(ApiKeyStatus::UnknownUser);
        assert!(matches!(unknown.outcome, Outcome::Unverified { .. }));
        let denied = api_key_finding(ApiKeyStatus::Denied { reason: "no".to_owned() });
        assert!(denied.is_blocking() && denied.check.covers == ["C01"]);
        let existing = ExistingAccounts::default();
        let state = PaletteStateCheck { session: denied, existing, tenant_uid: None };
        let name = palette_account::check_name(&state, &Operation::Register, None);
        assert!(matches!(name.outcome, Outcome::Unverified { .. }));
    }
}
