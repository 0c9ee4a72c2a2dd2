//! Entitlements: who may get which credentials.

use crate::aws::{Account, AwsCredentials, Role, User};

/// Where the credentials come from.
#[derive(Clone, Debug)]
pub enum CredentialSource {
    Role(Role),
    /// Long-lived keys of a user, without session token and expiration, as some emulators return.
    User(User),
}

/// The right of one client to get credentials of one role.
#[derive(Clone, Debug)]
pub struct Entitlement {
    /// Common name of the client certificate.
    pub common_name: String,
    pub agency: String,
    /// Account name (SCAP) or mission (CAP). The portal also accepts the account id.
    pub account_name: String,
    pub account: Account,
    /// The role name that the portal uses.
    pub role: String,
    /// Source of the credentials that the portal returns.
    pub credentials: CredentialSource,
}

/// The result of an entitlement check.
pub(super) enum EntitlementResult {
    /// The credentials, and their lifetime in seconds; `None` for long-lived keys.
    Granted(AwsCredentials, Option<u32>),
    /// No entitlement has this agency, account and role.
    Unknown,
    /// The entitlement belongs to another client.
    Forbidden,
}

pub(super) fn check_entitlement(
    entitlements: &[Entitlement],
    name: &str,
    [agency, account, role]: [&str; 3],
    lifetime: u32,
) -> EntitlementResult {
    let fits = |entitlement: &&Entitlement| {
        entitlement.agency == agency
            && (entitlement.account_name == account || entitlement.account.id() == account)
            && entitlement.role == role
    };
    let mut fitting = entitlements.iter().filter(fits).peekable();
    if fitting.peek().is_none() {
        return EntitlementResult::Unknown;
    }
    match fitting
        .find(|entitlement| entitlement.common_name == name)
        .map(|entitlement| &entitlement.credentials)
    {
        Some(CredentialSource::Role(role)) => {
            EntitlementResult::Granted(role.session_with_duration(name, lifetime), Some(lifetime))
        }
        Some(CredentialSource::User(user)) => {
            EntitlementResult::Granted(user.create_access_key(), None)
        }
        None => EntitlementResult::Forbidden,
    }
}
