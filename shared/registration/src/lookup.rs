//! Loads a registered account by its uid.

use gangway_checks::ScopedClient;
use gangway_model::{
    CloudAccount, RegistrationError, Uid, UpstreamError, stores::CloudAccountStore as _,
};

/// Loads an account from Palette by its uid.
///
/// # Errors
///
/// Returns [`RegistrationError::NotFound`] if the scope has no such account.
pub async fn load_account(
    uid: &Uid,
    palette_accounts: &ScopedClient<'_>,
) -> Result<CloudAccount, RegistrationError> {
    match palette_accounts.get(uid).await {
        Ok(account) => Ok(account),
        Err(UpstreamError::NotFound { .. }) => Err(account_not_found_error(uid)),
        Err(denied @ UpstreamError::AccessDenied { .. }) => {
            Err(to_not_found_or_denied_error(denied, uid, palette_accounts).await)
        }
        Err(error) => Err(error.into()),
    }
}

/// Converts an *access denied* error of Palette. Either the account is in another scope, or the API
/// key lacks permissions. Sends more requests to find out which. Returns *not found* if the account
/// is in another scope, and `denied` otherwise.
pub async fn to_not_found_or_denied_error(
    denied: UpstreamError,
    uid: &Uid,
    palette_accounts: &ScopedClient<'_>,
) -> RegistrationError {
    match palette_accounts.get(uid).await {
        Err(UpstreamError::NotFound { .. }) => account_not_found_error(uid),
        Err(UpstreamError::AccessDenied { .. })
            if matches!(palette_accounts.contains(uid).await, Ok(false)) =>
        {
            account_not_found_error(uid)
        }
        Ok(_) | Err(_) => denied.into(),
    }
}

/// Returns the error that the scope has no account with this uid.
pub fn account_not_found_error(uid: &Uid) -> RegistrationError {
    RegistrationError::NotFound(format!(
        "no account {uid} in this scope: the path must name the tenant or the project to which it belongs"
    ))
}
