//! Checks the name of an account before its registration, and the account in Palette afterwards.

use crate::catalogue::palette::{ACCOUNT_READABLE, NAME_AVAILABLE};
use gangway_http::clock;
use gangway_model::{
    CloudAccount, ExistingAccounts, Finding, Operation, Registration, Uid, UpstreamError,
    time::to_rfc3339,
};

use crate::PaletteStateCheck;

/// Checks that no other account in Palette has the requested name. The finding is *unverified* if
/// Palette does not let Gangway list its accounts.
pub fn check_name(
    palette: &PaletteStateCheck,
    operation: &Operation,
    registration: Option<&Registration>,
) -> Finding {
    if palette.session.is_blocking() {
        let observed = "Palette does not list its accounts for this API key";
        return NAME_AVAILABLE.unverified(observed, "fix the check palette.session first");
    }
    check_name_among(&palette.existing, operation, registration)
}

/// Checks that none of the `existing` accounts in Palette conflicts with the requested name.
pub fn check_name_among(
    existing: &ExistingAccounts,
    operation: &Operation,
    registration: Option<&Registration>,
) -> Finding {
    let Some(registration) = registration else {
        return match &existing.by_name {
            None => NAME_AVAILABLE.passed("no account of this name"),
            Some(account) => NAME_AVAILABLE.unverified(
                format!(
                    "account {} has this name; whether it is the same AWS account is not known",
                    account.uid
                ),
                "fix the checks that determine the AWS account",
            ),
        };
    };
    let conflict = existing.name_conflict(operation, registration);
    match (conflict, existing.target_account(operation)) {
        (Some(conflict), _) => NAME_AVAILABLE.failed(
            conflict,
            "choose another name, or PUT to that uid if the account is to be replaced",
        ),
        (None, Some(account)) => NAME_AVAILABLE
            .passed(format!("account {} is the same account and would be updated", account.uid)),
        (None, None) => NAME_AVAILABLE.passed("no account of this name"),
    }
}

/// Checks the state of an account in Palette, and the expiry of the credentials that Palette
/// fetched from an access portal. `observed` says how Gangway read the account.
pub fn check_state(account: &CloudAccount, observed: &str) -> Finding {
    let uid = &account.uid;
    let state = account.state.as_deref().unwrap_or("unknown");
    let observed = format!("{observed}, state: {state}");
    let remedy = format!(
        "look at the account in Palette (Tenant Settings, Cloud Accounts), and PUT a credential that works to …/accounts/<method>/{uid}"
    );
    if state.eq_ignore_ascii_case("error") {
        return ACCOUNT_READABLE.failed(observed, remedy);
    }
    match account.token_expiry {
        Some(expiry) if expiry <= clock::now() => ACCOUNT_READABLE.failed(
            format!(
                "{observed}; its credentials of the access portal expired at {}",
                to_rfc3339(expiry)
            ),
            remedy,
        ),
        Some(expiry) => ACCOUNT_READABLE.passed(format!(
            "{observed}; its credentials of the access portal are valid until {}",
            to_rfc3339(expiry)
        )),
        None => ACCOUNT_READABLE.passed(observed),
    }
}

/// Checks that Gangway can read the account from Palette after the registration. `read` is the
/// result of the call.
pub fn check_account_readable(uid: &Uid, read: &Result<CloudAccount, UpstreamError>) -> Finding {
    match read {
        Ok(account) => check_state(account, "read back by its uid"),
        Err(error) => ACCOUNT_READABLE.unverified(
            format!("it was registered, and could not be read back: {error}"),
            format!("read it again: GET …/accounts/{uid}"),
        ),
    }
}
