//! An account of the organization.

use std::time::SystemTime;

use aws_sdk_organizations::types::{self, Account, AccountStatus};
use gangway_model::{AccountId, Arn};

use crate::organizations::OuPath;

/// An account of the organization, as Organizations tells of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OrgAccount {
    /// Its number.
    pub id: AccountId,
    /// What people call it. Texts of any kind, up to 50 characters.
    pub name: String,
    /// Where it is in its life.
    pub state: AccountState,
    /// When it came to the organization, where Organizations says.
    pub joined: Option<SystemTime>,
    /// Whether it is the management account itself.
    pub management: bool,
    /// The units that it is in, where Organizations tells them along; else ask
    /// [`Organization::ou_path`](crate::organizations::Organization::ou_path).
    pub ou_path: Option<OuPath>,
}

/// Where an account is in its life.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AccountState {
    /// It was made, and cannot be used yet.
    Pending,
    /// It can be used.
    Active,
    /// AWS has suspended it; it may come back. Where Organizations tells the older status only, it may also be closed.
    Suspended,
    /// It is being closed, which takes minutes and can fail.
    Closing,
    /// It is closed. For 90 days AWS can open it again.
    Closed,
    /// In none of the states that Gangway knows.
    Unknown,
}

impl AccountState {
    /// As Organizations spells it.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Pending => "PENDING_ACTIVATION",
            Self::Active => "ACTIVE",
            Self::Suspended => "SUSPENDED",
            Self::Closing => "PENDING_CLOSURE",
            Self::Closed => "CLOSED",
            Self::Unknown => "UNKNOWN",
        }
    }

    /// `State` says it; `Status`, which it replaces, where there is no `State`.
    fn of(state: Option<&types::AccountState>, status: Option<&AccountStatus>) -> Self {
        match state.map(types::AccountState::as_str).or(status.map(AccountStatus::as_str)) {
            Some("PENDING_ACTIVATION") => Self::Pending,
            Some("ACTIVE") => Self::Active,
            Some("SUSPENDED") => Self::Suspended,
            Some("PENDING_CLOSURE") => Self::Closing,
            Some("CLOSED") => Self::Closed,
            Some(_) | None => Self::Unknown,
        }
    }
}

impl OrgAccount {
    /// `None` where the account has no number.
    pub(crate) fn of(account: &Account) -> Option<Self> {
        let id: AccountId = account.id()?.parse().ok()?;
        // arn:<partition>:organizations::<management account>:account/<organization>/<account>
        let management = account.arn().and_then(Arn::parse).map(Arn::account);
        Some(Self {
            id,
            name: account.name().unwrap_or_default().to_owned(),
            state: AccountState::of(account.state(), account.status()),
            joined: account.joined_timestamp().and_then(|time| (*time).try_into().ok()),
            management: management == Some(id.as_str()),
            ou_path: account.paths().iter().find_map(|path| OuPath::from_path(path)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_rules_and_the_status_stands_in_for_it() {
        for (state, status, expected) in [
            (Some("ACTIVE"), Some("SUSPENDED"), AccountState::Active),
            (Some("CLOSED"), None, AccountState::Closed),
            (Some("PENDING_ACTIVATION"), None, AccountState::Pending),
            (None, Some("PENDING_CLOSURE"), AccountState::Closing),
            (None, Some("SUSPENDED"), AccountState::Suspended),
            (Some("MOTHBALLED"), Some("ACTIVE"), AccountState::Unknown),
            (None, None, AccountState::Unknown),
        ] {
            let told = AccountState::of(
                state.map(types::AccountState::from).as_ref(),
                status.map(AccountStatus::from).as_ref(),
            );
            assert_eq!(told, expected, "{state:?} {status:?}");
        }
    }

    #[test]
    fn the_management_account_is_told_by_the_arn() {
        let arn = |id: &str| {
            format!("arn:aws-us-gov:organizations::111122223333:account/o-a1b2c3d4e5/{id}")
        };
        let account = |id: &str| Account::builder().id(id).arn(arn(id)).name("payments").build();
        assert!(OrgAccount::of(&account("111122223333")).unwrap().management);
        let member = OrgAccount::of(&account("123456789012")).unwrap();
        assert!(!member.management);
        assert_eq!((member.name.as_str(), member.ou_path), ("payments", None));
        assert_eq!(OrgAccount::of(&account("Not Available")), None);
    }
}
