//! Decides what to do with one account of the organization.

use gangway_aws::organizations::{AccountState, OrgAccount};
use gangway_model::{AccountName, RequestedScope};
use gangway_registration::vending::{ExclusionReason, VendingConfig};

use crate::palette_index::PaletteIndex;

/// The result of comparing one account with Palette.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Classification {
    /// Palette has the account, in the right scope.
    Registered,
    /// The account should be in Palette and is not.
    NotRegistered,
    /// The account is closed, being closed or suspended, and Palette still has it.
    Closed {
        /// `true` if AWS reports the account as closed and this deployment registers such accounts.
        /// Only then the setting `GANGWAY_OFFBOARDING` applies.
        take_off: bool,
    },
    /// The account is skipped, for this reason.
    Ignored(SkipReason),
}

/// Why an account is skipped.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum SkipReason {
    /// The settings exclude it.
    Excluded(ExclusionReason),
    /// It exists only to bill its paired account in GovCloud.
    GovCloudPair,
    /// AWS is still creating it.
    NotActive,
    /// It is closed or suspended, and Palette does not have it.
    Closed,
    /// Organizations reports a state that Gangway does not know.
    StateUnknown,
    /// The name template makes no name that Palette accepts.
    NoName,
    /// Another account in Palette, or one whose AWS account is unknown, has its name.
    NameTaken,
    /// Palette has it in another scope than the settings say.
    OtherScope,
}

impl SkipReason {
    /// Returns the identifier of the reason, for counts in the response.
    pub(crate) const fn id(self) -> &'static str {
        match self {
            Self::Excluded(ignored) => ignored.id(),
            Self::GovCloudPair => "govcloud-twin",
            Self::NotActive => "not-active-yet",
            Self::Closed => "closed-or-suspended",
            Self::StateUnknown => "state-unknown",
            Self::NoName => "no-name-left",
            Self::NameTaken => "name-taken",
            Self::OtherScope => "in-another-scope",
        }
    }

    /// Returns the reason as a sentence without a subject.
    pub(crate) fn text(self) -> String {
        match self {
            Self::Excluded(ignored) => ignored.to_string(),
            Self::GovCloudPair => {
                "it is there for the bills of its twin in GovCloud, where that comes aboard".to_owned()
            }
            Self::NotActive => "it is not active yet: a later sweep brings it aboard".to_owned(),
            Self::Closed => "it is closed or suspended, and Palette does not have it".to_owned(),
            Self::StateUnknown => {
                "Organizations tells a state of it that Gangway does not know".to_owned()
            }
            Self::NoName => {
                "GANGWAY_ACCOUNT_NAME_TEMPLATE makes no name that Palette takes of its name: use {accountId}"
                    .to_owned()
            }
            Self::NameTaken => {
                "an account that is not known to be this one has its name in Palette: rename or remove that one"
                    .to_owned()
            }
            Self::OtherScope => {
                "Palette has it in another scope than the settings say, from where nothing moves it: an event may have named that; if not, remove it there, and the next sweep brings it aboard here"
                    .to_owned()
            }
        }
    }
}

/// Compares an account with what Palette has. `is_govcloud_pair` is `true` for an account that
/// exists only to bill a GovCloud account.
pub(crate) fn classify(
    member: &OrgAccount,
    twin: bool,
    settings: &VendingConfig,
    registered: &mut PaletteIndex,
) -> Classification {
    let ou_path = member.ou_path.clone().unwrap_or_default();
    let chosen = if member.management {
        Err(SkipReason::Excluded(ExclusionReason::Management))
    } else if twin {
        Err(SkipReason::GovCloudPair)
    } else {
        settings
            .account_filter
            .exclusion_reason(&member.name, &ou_path)
            .map_err(SkipReason::Excluded)
    };
    let known = registered.mark_seen(member.id);
    match (member.state, chosen) {
        (AccountState::Closed | AccountState::Closing | AccountState::Suspended, chosen)
            if !known.is_empty() =>
        {
            Classification::Closed {
                take_off: member.state == AccountState::Closed && chosen.is_ok(),
            }
        }
        (_, Err(why)) => Classification::Ignored(why),
        (AccountState::Closed | AccountState::Closing | AccountState::Suspended, Ok(())) => {
            Classification::Ignored(SkipReason::Closed)
        }
        (AccountState::Pending, Ok(())) => Classification::Ignored(SkipReason::NotActive),
        (AccountState::Unknown, Ok(())) => Classification::Ignored(SkipReason::StateUnknown),
        (AccountState::Active, Ok(())) => {
            let scope = target_scope(settings, settings.ou_scope_map.scope_for(&ou_path));
            if known.iter().any(|one| one.scope == scope) {
                return Classification::Registered;
            }
            if !known.is_empty() {
                return Classification::Ignored(SkipReason::OtherScope);
            }
            match settings.name_template.name(member.id, &member.name) {
                None => Classification::Ignored(SkipReason::NoName),
                Some(name) if is_taken(registered, scope, &name) => {
                    Classification::Ignored(SkipReason::NameTaken)
                }
                Some(_) => Classification::NotRegistered,
            }
        }
    }
}

fn target_scope(settings: &VendingConfig, requested: &RequestedScope) -> Option<usize> {
    settings.ou_scope_map.all().into_iter().position(|scope| scope == requested)
}

fn is_taken(registered: &PaletteIndex, scope: Option<usize>, name: &AccountName) -> bool {
    scope.is_some_and(|scope| registered.has_name(scope, name.as_str()))
}

#[cfg(test)]
mod tests;
