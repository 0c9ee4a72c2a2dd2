//! Decides which client gets which credentials.

use crate::aws::{Account, AwsCredentials, Role, User};

/// The role or user whose credentials the portal returns.
#[derive(Clone, Debug)]
pub enum CredentialSource {
    /// A role. The portal returns the credentials of a new session.
    Role(Role),
    /// A user. The portal returns a new access key, without session token and expiration, as some
    /// emulators of a portal do.
    User(User),
}

/// The right of one client to get credentials of one role.
#[derive(Clone, Debug)]
pub struct Entitlement {
    /// Common name of the client certificate.
    pub common_name: String,
    /// Agency that the client must name in its request.
    pub agency: String,
    /// Account name (SCAP) or mission (CAP). The portal also accepts the account id.
    pub account_name: String,
    /// AWS account to which the credentials belong.
    pub account: Account,
    /// Role name that the client must name in its request. The name of the IAM role may differ.
    pub role: String,
    /// Source of the credentials that the portal returns.
    pub credentials: CredentialSource,
}

/// The result of an entitlement check.
pub(super) enum EntitlementResult {
    /// The credentials, and their lifetime in seconds; `None` for an access key of a user.
    Granted(AwsCredentials, Option<u32>),
    /// No client has an entitlement to this agency, account and role.
    Unknown,
    /// Only other clients have an entitlement to this agency, account and role.
    Forbidden,
}

/// Returns the credentials that the client with the common name `name` gets for an agency, account
/// and role.
pub(super) fn check_entitlement(
    entitlements: &[Entitlement],
    name: &str,
    [agency, account, role]: [&str; 3],
    lifetime: u32,
) -> EntitlementResult {
    let is_requested = |entitlement: &&Entitlement| {
        entitlement.agency == agency
            && (entitlement.account_name == account || entitlement.account.id() == account)
            && entitlement.role == role
    };
    let mut requested = entitlements.iter().filter(is_requested).peekable();
    if requested.peek().is_none() {
        return EntitlementResult::Unknown;
    }
    match requested
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
