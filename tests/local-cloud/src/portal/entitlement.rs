//! Who may have which keys.

use crate::aws::{Account, Keys, Role, User};

/// Whose keys are given.
#[derive(Clone, Debug)]
pub enum Holder {
    /// A session of a role.
    Role(Role),
    /// Keys of a user, without a token and without an end, as some emulators give.
    User(User),
}

/// What somebody may ask for.
#[derive(Clone, Debug)]
pub struct Entitlement {
    /// The common name of the one whose certificate is shown.
    pub name: String,
    /// The agency.
    pub agency: String,
    /// The account's name (SCAP) or mission (CAP). The account's number is taken for it as well.
    pub account_name: String,
    /// The account.
    pub account: Account,
    /// The role as the portal calls it.
    pub role: String,
    /// Who acts for that role in the account.
    pub holder: Holder,
}

/// How far a request got.
pub(super) enum EntitlementResult {
    /// Keys, and the seconds that they are good for, where they end.
    Given(Keys, Option<u32>),
    /// There is no such agency, account or role.
    Unknown,
    /// It is not for this one.
    Forbidden,
}

pub(super) fn check_entitlement(
    entitlements: &[Entitlement],
    name: &str,
    [agency, account, role]: [&str; 3],
    lifetime: u32,
) -> EntitlementResult {
    let fits = |one: &&Entitlement| {
        one.agency == agency
            && (one.account_name == account || one.account.id() == account)
            && one.role == role
    };
    let mut fitting = entitlements.iter().filter(fits).peekable();
    if fitting.peek().is_none() {
        return EntitlementResult::Unknown;
    }
    match fitting.find(|one| one.name == name).map(|one| &one.holder) {
        Some(Holder::Role(role)) => {
            EntitlementResult::Given(role.session_of(name, lifetime), Some(lifetime))
        }
        Some(Holder::User(user)) => EntitlementResult::Given(user.keys(), None),
        None => EntitlementResult::Forbidden,
    }
}
