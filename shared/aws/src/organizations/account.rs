use std::time::SystemTime;

use aws_sdk_organizations::types::{self, Account, AccountStatus};
use gangway_model::{AccountId, Arn};

use crate::organizations::OuPath;

/// An account of the organization, as AWS Organizations returns it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OrgAccount {
    pub id: AccountId,
    /// Name in Organizations: any text of up to 50 characters.
    pub name: String,
    pub state: AccountState,
    /// When the account joined the organization, if Organizations returns it.
    pub joined: Option<SystemTime>,
    /// `true` if this account is the management account of the organization.
    pub management: bool,
    /// OU path of the account. `None` if the response of Organizations does not contain the path;
    /// then call
    /// [`OrganizationsClient::ou_path`](crate::organizations::OrganizationsClient::ou_path).
    pub ou_path: Option<OuPath>,
}

/// State of an account, from its creation until AWS has closed it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AccountState {
    /// AWS is creating the account.
    Pending,
    /// The account can be used.
    Active,
    /// AWS has suspended the account, and can end the suspension. The older member `Status` also
    /// has this value for closed accounts.
    Suspended,
    /// AWS is closing the account. This takes minutes and can fail.
    Closing,
    /// The account is closed. AWS can reopen it within 90 days.
    Closed,
    /// A state that Gangway does not know.
    Unknown,
}

impl AccountState {
    /// Returns the value that Organizations uses for this state.
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

    /// Converts the member `State` of a response, or the older member `Status` if there is no
    /// `State`.
    fn from_values(state: Option<&types::AccountState>, status: Option<&AccountStatus>) -> Self {
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
    /// Converts an account of the SDK. Returns `None` if it has no valid id.
    pub(crate) fn from_sdk(account: &Account) -> Option<Self> {
        let id: AccountId = account.id()?.parse().ok()?;
        // The ARN contains the management account:
        // arn:<partition>:organizations::<management account>:account/<organization>/<account>
        let management_account = account.arn().and_then(Arn::parse).map(Arn::account);
        Some(Self {
            id,
            name: account.name().unwrap_or_default().to_owned(),
            state: AccountState::from_values(account.state(), account.status()),
            joined: account.joined_timestamp().and_then(|time| (*time).try_into().ok()),
            management: management_account == Some(id.as_str()),
            ou_path: account.paths().iter().find_map(|path| OuPath::from_path(path)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_state_is_read_from_state_before_status() {
        for (state, status, expected) in [
            (Some("ACTIVE"), Some("SUSPENDED"), AccountState::Active),
            (Some("CLOSED"), None, AccountState::Closed),
            (Some("PENDING_ACTIVATION"), None, AccountState::Pending),
            (None, Some("PENDING_CLOSURE"), AccountState::Closing),
            (None, Some("SUSPENDED"), AccountState::Suspended),
            (Some("MOTHBALLED"), Some("ACTIVE"), AccountState::Unknown),
            (None, None, AccountState::Unknown),
        ] {
            let actual = AccountState::from_values(
                state.map(types::AccountState::from).as_ref(),
                status.map(AccountStatus::from).as_ref(),
            );
            assert_eq!(actual, expected, "{state:?} {status:?}");
        }
    }

    #[test]
    fn management_account_is_recognized_by_its_arn() {
        let arn = |id: &str| {
            format!("arn:aws-us-gov:organizations::111122223333:account/o-a1b2c3d4e5/{id}")
        };
        let account = |id: &str| Account::builder().id(id).arn(arn(id)).name("payments").build();
        assert!(OrgAccount::from_sdk(&account("111122223333")).unwrap().management);
        let member = OrgAccount::from_sdk(&account("123456789012")).unwrap();
        assert!(!member.management);
        assert_eq!((member.name.as_str(), member.ou_path), ("payments", None));
        assert_eq!(OrgAccount::from_sdk(&account("Not Available")), None);
    }
}
