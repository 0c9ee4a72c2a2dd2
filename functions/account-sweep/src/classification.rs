//! Decides what to do with one account of the organization.

use gangway_aws::organizations::{AccountState, OrgAccount};
use gangway_model::{AccountName, RequestedScope};
use gangway_registration::vending::{ExclusionReason, VendingConfig};

use crate::palette_index::PaletteIndex;

/// The result of comparing one account with Palette.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Classification {
    /// Palette has the account, in the right scope.
    Registered {
        /// `true` if the account has the name that Gangway gives to vended accounts.
        is_vended: bool,
    },
    /// The account should be in Palette and is not.
    NotRegistered,
    /// The account is closed, being closed or suspended, and Palette still has it.
    Closed {
        /// `true` if AWS reports the account as closed and this deployment registers such accounts.
        /// `GANGWAY_OFFBOARDING` applies only to such accounts.
        is_removable: bool,
    },
    /// The account is skipped, for this reason.
    Ignored(SkipReason),
}

/// Why an account is skipped.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum SkipReason {
    /// The settings exclude the account.
    Excluded(ExclusionReason),
    /// The account exists only to bill its paired account in GovCloud.
    GovCloudPair,
    /// AWS is still creating the account.
    NotActive,
    /// The account is closed or suspended, and Palette does not have the account.
    Closed,
    /// Organizations reports a state that Gangway does not know.
    StateUnknown,
    /// The name template makes no name that Palette accepts.
    NoName,
    /// Palette has another account with the name that this account would get.
    NameTaken,
    /// Palette has the account in another scope than the one that the settings give.
    OtherScope,
}

impl SkipReason {
    /// Returns the identifier of the reason, for counts in the response.
    pub(crate) const fn id(self) -> &'static str {
        match self {
            Self::Excluded(reason) => reason.id(),
            Self::GovCloudPair => "govcloud-pair",
            Self::NotActive => "not-active-yet",
            Self::Closed => "closed-or-suspended",
            Self::StateUnknown => "state-unknown",
            Self::NoName => "no-name-left",
            Self::NameTaken => "name-taken",
            Self::OtherScope => "in-another-scope",
        }
    }

    /// Returns the reason as a sentence without a subject.
    pub(crate) fn description(self) -> String {
        match self {
            Self::Excluded(reason) => reason.to_string(),
            Self::GovCloudPair => {
                "it exists only to bill its paired account in GovCloud, which a GovCloud deployment registers".to_owned()
            }
            Self::NotActive => "AWS is still creating it: a later sweep registers it".to_owned(),
            Self::Closed => "it is closed or suspended, and Palette does not have it".to_owned(),
            Self::StateUnknown => {
                "Organizations reports a state that Gangway does not know".to_owned()
            }
            Self::NoName => {
                "the parameter AccountNameTemplate makes no valid Palette name from its name: use {accountId} in it"
                    .to_owned()
            }
            Self::NameTaken => {
                "another account in Palette has its name: rename or remove that account"
                    .to_owned()
            }
            Self::OtherScope => {
                "Palette has it in another scope than the settings say, and Palette cannot move it: if no event asked for that scope, remove it there, and the next sweep registers it in the right scope"
                    .to_owned()
            }
        }
    }
}

/// Compares an account of the organization with the accounts in Palette. `is_govcloud_pair` is
/// `true` for an account that exists only to bill a GovCloud account.
pub(crate) fn classify(
    account: &OrgAccount,
    is_govcloud_pair: bool,
    config: &VendingConfig,
    palette_index: &mut PaletteIndex,
) -> Classification {
    let ou_path = account.ou_path.clone().unwrap_or_default();
    let selection = if account.management {
        Err(SkipReason::Excluded(ExclusionReason::Management))
    } else if is_govcloud_pair {
        Err(SkipReason::GovCloudPair)
    } else {
        config
            .account_filter
            .exclusion_reason(&account.name, &ou_path)
            .map_err(SkipReason::Excluded)
    };
    let palette_accounts = palette_index.mark_seen(account.id);
    match (account.state, selection) {
        (AccountState::Closed | AccountState::Closing | AccountState::Suspended, selection)
            if !palette_accounts.is_empty() =>
        {
            Classification::Closed {
                is_removable: account.state == AccountState::Closed && selection.is_ok(),
            }
        }
        (_, Err(reason)) => Classification::Ignored(reason),
        (AccountState::Closed | AccountState::Closing | AccountState::Suspended, Ok(())) => {
            Classification::Ignored(SkipReason::Closed)
        }
        (AccountState::Pending, Ok(())) => Classification::Ignored(SkipReason::NotActive),
        (AccountState::Unknown, Ok(())) => Classification::Ignored(SkipReason::StateUnknown),
        (AccountState::Active, Ok(())) => {
            let scope = scope_index(config, config.ou_scope_map.scope_for(&ou_path));
            let name = config.name_template.name(account.id, &account.name);
            let mut registered =
                palette_accounts.iter().filter(|registered| registered.scope == scope).peekable();
            if registered.peek().is_some() {
                let has_name =
                    |name: &AccountName| registered.any(|one| &*one.name == name.as_str());
                return Classification::Registered {
                    is_vended: name.as_ref().is_some_and(has_name),
                };
            }
            if !palette_accounts.is_empty() {
                return Classification::Ignored(SkipReason::OtherScope);
            }
            match name {
                None => Classification::Ignored(SkipReason::NoName),
                Some(name) if is_name_taken(palette_index, scope, &name) => {
                    Classification::Ignored(SkipReason::NameTaken)
                }
                Some(_) => Classification::NotRegistered,
            }
        }
    }
}

/// Returns the index of a scope in the list of scopes that the settings name.
fn scope_index(config: &VendingConfig, requested: &RequestedScope) -> Option<usize> {
    config.ou_scope_map.all().into_iter().position(|scope| scope == requested)
}

fn is_name_taken(palette_index: &PaletteIndex, scope: Option<usize>, name: &AccountName) -> bool {
    scope.is_some_and(|scope| palette_index.has_name(scope, name.as_str()))
}

#[cfg(test)]
mod tests;
