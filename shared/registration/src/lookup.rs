//! Loads a registered account by its uid.

use gangway_checks::ScopedClient;
use gangway_model::{
    CloudAccount, RegistrationError, Uid, UpstreamError, stores::CloudAccountStore as _,
};

/// Loads the account from Palette.
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
        Err(UpstreamError::NotFound { .. }) => Err(account_not_found(uid)),
        Err(denied @ UpstreamError::AccessDenied { .. }) => {
            Err(account_not_found_or_denied(denied, uid, palette_accounts).await)
        }
        Err(error) => Err(error.into()),
    }
}

/// Converts an *access denied* error of Palette, which can mean two things: the account is in
/// another scope, or the API key lacks permissions. Makes further calls to find out, and returns
/// *not found* for an account of another scope.
pub async fn account_not_found_or_denied(
    denied: UpstreamError,
    uid: &Uid,
    palette_accounts: &ScopedClient<'_>,
) -> RegistrationError {
    match palette_accounts.get(uid).await {
        Err(UpstreamError::NotFound { .. }) => account_not_found(uid),
        Err(UpstreamError::AccessDenied { .. })
            if matches!(palette_accounts.contains(uid).await, Ok(false)) =>
        {
            account_not_found(uid)
        }
        Ok(_) | Err(_) => denied.into(),
    }
}

/// Returns the error for a uid that is not in the scope.
pub fn account_not_found(uid: &Uid) -> RegistrationError {
    RegistrationError::NotFound(format!(
        "no account {uid} in this scope: the path must name the tenant or the project to which it belongs"
    ))
}
