//! What is to become of one account of the organization.

use domain::{AccountName, ScopeWish};
use organizations::{Ignored, Member, Settings, State};

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
    NotChosen(Ignored),
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
    member: &Member,
    twin: bool,
    settings: &Settings,
    registered: &mut Registered,
) -> Plan {
    let lineage = member.lineage.clone().unwrap_or_default();
    let chosen = if member.management {
        Err(Why::NotChosen(Ignored::Management))
    } else if twin {
        Err(Why::GovCloudTwin)
    } else {
        settings.choice.of(&member.name, &lineage).map_err(Why::NotChosen)
    };
    let known = registered.meet(member.id);
    match (member.state, chosen) {
        (State::Closed | State::Closing | State::Suspended, chosen) if !known.is_empty() => {
            Plan::Closed { take_off: member.state == State::Closed && chosen.is_ok() }
        }
        (_, Err(why)) => Plan::Ignored(why),
        (State::Closed | State::Closing | State::Suspended, Ok(())) => Plan::Ignored(Why::Closed),
        (State::Pending, Ok(())) => Plan::Ignored(Why::NotActive),
        (State::Unknown, Ok(())) => Plan::Ignored(Why::StateUnknown),
        (State::Active, Ok(())) => {
            let scope = place(settings, settings.scopes.of(&lineage));
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

fn place(settings: &Settings, wish: &ScopeWish) -> Option<usize> {
    settings.scopes.all().into_iter().position(|scope| scope == wish)
}

fn is_taken(registered: &Registered, scope: Option<usize>, name: &AccountName) -> bool {
    scope.is_some_and(|scope| registered.has_name(scope, name.as_str()))
}

#[cfg(test)]
mod tests {
    use domain::{Partition, Variables};

    use super::*;
    use crate::registered::Registration;

    const UNIT: &str = "ou-abcd-workload";

    fn settings(variables: &[(&str, &str)]) -> Settings {
        let find = |name: &str| variables.iter().find(|(known, _)| *known == name);
        let mut variables =
            Variables::new(|name: &str| find(name).map(|(_, value)| (*value).to_owned()));
        Settings::read(&mut variables, Partition::Aws).unwrap()
    }

    fn member(state: State) -> Member {
        let id = "123456789012".parse().unwrap();
        Member {
            id,
            name: "payments".to_owned(),
            state,
            joined: None,
            management: false,
            lineage: None,
        }
    }

    fn registered(registrations: &[(Option<&str>, Option<usize>, &str)]) -> Registered {
        let one = |(account, scope, name): &(Option<&str>, Option<usize>, &str)| Registration {
            account: account.map(|account| account.parse().unwrap()),
            scope: *scope,
            name: (*name).into(),
            uid: "5f0c1a2b3c4d5e6f70818293".into(),
            met: false,
        };
        Registered::of(registrations.iter().map(one).collect())
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn an_account_is_compared_with_what_palette_has() {
        let this = Some("123456789012");
        let other = Some("210987654321");
        let name = "aws-123456789012";
        let in_project = format!("{UNIT}=project:Payments");
        for (what, variables, state, palette, expected) in [
            ("new", vec![], State::Active, vec![], Plan::Missing),
            ("known", vec![], State::Active, vec![(this, Some(0), name)], Plan::Aboard),
            ("known by hand", vec![], State::Active, vec![(this, Some(0), "prod")], Plan::Aboard),
            (
                "known elsewhere",
                vec![],
                State::Active,
                vec![(this, None, name)],
                Plan::Ignored(Why::OtherScope),
            ),
            (
                "known here and elsewhere",
                vec![],
                State::Active,
                vec![(this, None, "prod"), (this, Some(0), name)],
                Plan::Aboard,
            ),
            (
                "name of another",
                vec![],
                State::Active,
                vec![(other, Some(0), name)],
                Plan::Ignored(Why::NameTaken),
            ),
            (
                "name of nobody known",
                vec![],
                State::Active,
                vec![(None, Some(0), name)],
                Plan::Ignored(Why::NameTaken),
            ),
            (
                "name in another scope",
                vec![],
                State::Active,
                vec![(other, None, name)],
                Plan::Missing,
            ),
            (
                "project",
                vec![("GANGWAY_SCOPES", in_project.as_str())],
                State::Active,
                vec![],
                Plan::Missing,
            ),
            ("pending", vec![], State::Pending, vec![], Plan::Ignored(Why::NotActive)),
            ("strange", vec![], State::Unknown, vec![], Plan::Ignored(Why::StateUnknown)),
            ("closed", vec![], State::Closed, vec![], Plan::Ignored(Why::Closed)),
            (
                "closed and known",
                vec![],
                State::Closed,
                vec![(this, Some(0), name)],
                Plan::Closed { take_off: true },
            ),
            (
                "closing and known",
                vec![],
                State::Closing,
                vec![(this, Some(0), name)],
                Plan::Closed { take_off: false },
            ),
            (
                "suspended and known",
                vec![],
                State::Suspended,
                vec![(this, None, name)],
                Plan::Closed { take_off: false },
            ),
            (
                "closed, known, and not ours",
                vec![("GANGWAY_ACCOUNT_NAMES", "team-*")],
                State::Closed,
                vec![(this, Some(0), name)],
                Plan::Closed { take_off: false },
            ),
            (
                "not chosen",
                vec![("GANGWAY_ACCOUNT_NAMES", "team-*")],
                State::Active,
                vec![(this, Some(0), name)],
                Plan::Ignored(Why::NotChosen(Ignored::Name)),
            ),
            (
                "in no unit",
                vec![("GANGWAY_OUS_IN", UNIT)],
                State::Active,
                vec![],
                Plan::Ignored(Why::NotChosen(Ignored::NoUnitIn)),
            ),
        ] {
            let settings = settings(&variables);
            let mut registered = registered(&palette);
            assert_eq!(plan(&member(state), false, &settings, &mut registered), expected, "{what}");
            let met = palette.iter().filter(|(account, ..)| *account == this).count();
            let known = palette.iter().filter(|(account, ..)| account.is_some()).count();
            assert_eq!(registered.unmet().count(), known - met, "{what}");
        }
    }

    #[test]
    fn the_management_account_stays_ashore() {
        let member = Member { management: true, ..member(State::Active) };
        let planned = plan(&member, false, &settings(&[]), &mut Registered::default());
        assert_eq!(planned, Plan::Ignored(Why::NotChosen(Ignored::Management)));
    }

    #[test]
    fn a_twin_stays_ashore_and_is_not_taken_off_either() {
        for (state, palette, expected) in [
            (State::Active, vec![], Plan::Ignored(Why::GovCloudTwin)),
            (
                State::Closed,
                vec![(Some("123456789012"), Some(0), "billing")],
                Plan::Closed { take_off: false },
            ),
        ] {
            let planned = plan(&member(state), true, &settings(&[]), &mut registered(&palette));
            assert_eq!(planned, expected);
        }
    }

    #[test]
    fn a_name_that_leaves_nothing_is_told() {
        let settings = settings(&[("GANGWAY_PALETTE_NAME", "{accountName}")]);
        let member = Member { name: "***".to_owned(), ..member(State::Active) };
        let planned = plan(&member, false, &settings, &mut Registered::default());
        assert_eq!(planned, Plan::Ignored(Why::Nameless));
    }
}
