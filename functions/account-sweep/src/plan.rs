//! What is to become of one account of the organization.

use gangway_aws::organizations::{AccountState, OrgAccount};
use gangway_model::{AccountName, RequestedScope};
use gangway_registration::vending::{ExclusionReason, VendingConfig};

use crate::registered::Registered;

/// What is to become of an account.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Plan {
    /// Palette has it.
    Aboard,
    /// It is to come aboard.
    Missing,
    /// It is closed, or on the way there, and Palette has it. Taken off where the settings say so.
    Closed {
        /// Whether it is gone for good as far as AWS says, and one of those that this deployment brings aboard.
        take_off: bool,
    },
    /// Nothing is done about it.
    Ignored(Why),
}

/// Why nothing is done about an account.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Why {
    /// The settings leave it out.
    NotChosen(ExclusionReason),
    /// It is there for the bills of its twin in GovCloud.
    GovCloudTwin,
    /// It is not in use yet.
    NotActive,
    /// It is closed or suspended, and Palette does not have it.
    Closed,
    /// Organizations tells a state of it that Gangway does not know.
    StateUnknown,
    /// Its name leaves nothing that Palette could call it.
    Nameless,
    /// Its name in Palette is that of an account that is not known to be the same.
    NameTaken,
    /// Palette has it in another scope.
    OtherScope,
}

impl Why {
    /// In a word, for counts.
    pub(crate) const fn id(self) -> &'static str {
        match self {
            Self::NotChosen(ignored) => ignored.id(),
            Self::GovCloudTwin => "govcloud-twin",
            Self::NotActive => "not-active-yet",
            Self::Closed => "closed-or-suspended",
            Self::StateUnknown => "state-unknown",
            Self::Nameless => "no-name-left",
            Self::NameTaken => "name-taken",
            Self::OtherScope => "in-another-scope",
        }
    }

    /// For people.
    pub(crate) fn text(self) -> String {
        match self {
            Self::NotChosen(ignored) => ignored.to_string(),
            Self::GovCloudTwin => {
                "it is there for the bills of its twin in GovCloud, where that comes aboard".to_owned()
            }
            Self::NotActive => "it is not active yet: a later sweep brings it aboard".to_owned(),
            Self::Closed => "it is closed or suspended, and Palette does not have it".to_owned(),
            Self::StateUnknown => {
                "Organizations tells a state of it that Gangway does not know".to_owned()
            }
            Self::Nameless => {
                "GANGWAY_PALETTE_NAME makes no name that Palette takes of its name: use {accountId}"
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

/// Compares an account with what Palette has. Of a twin it is known that it is one.
pub(crate) fn plan(
    member: &OrgAccount,
    twin: bool,
    settings: &VendingConfig,
    registered: &mut Registered,
) -> Plan {
    let lineage = member.lineage.clone().unwrap_or_default();
    let chosen = if member.management {
        Err(Why::NotChosen(ExclusionReason::Management))
    } else if twin {
        Err(Why::GovCloudTwin)
    } else {
        settings.choice.exclusion_reason(&member.name, &lineage).map_err(Why::NotChosen)
    };
    let known = registered.meet(member.id);
    match (member.state, chosen) {
        (AccountState::Closed | AccountState::Closing | AccountState::Suspended, chosen)
            if !known.is_empty() =>
        {
            Plan::Closed { take_off: member.state == AccountState::Closed && chosen.is_ok() }
        }
        (_, Err(why)) => Plan::Ignored(why),
        (AccountState::Closed | AccountState::Closing | AccountState::Suspended, Ok(())) => {
            Plan::Ignored(Why::Closed)
        }
        (AccountState::Pending, Ok(())) => Plan::Ignored(Why::NotActive),
        (AccountState::Unknown, Ok(())) => Plan::Ignored(Why::StateUnknown),
        (AccountState::Active, Ok(())) => {
            let scope = place(settings, settings.scopes.scope_for(&lineage));
            if known.iter().any(|one| one.scope == scope) {
                return Plan::Aboard;
            }
            if !known.is_empty() {
                return Plan::Ignored(Why::OtherScope);
            }
            match settings.names.name(member.id, &member.name) {
                None => Plan::Ignored(Why::Nameless),
                Some(name) if is_taken(registered, scope, &name) => Plan::Ignored(Why::NameTaken),
                Some(_) => Plan::Missing,
            }
        }
    }
}

fn place(settings: &VendingConfig, wish: &RequestedScope) -> Option<usize> {
    settings.scopes.all().into_iter().position(|scope| scope == wish)
}

fn is_taken(registered: &Registered, scope: Option<usize>, name: &AccountName) -> bool {
    scope.is_some_and(|scope| registered.has_name(scope, name.as_str()))
}

#[cfg(test)]
mod tests;
