use gangway_model::Partition;
use gangway_registration::EnvReader;

use super::*;
use crate::registered::Registration;

const UNIT: &str = "ou-abcd-workload";

fn settings(variables: &[(&str, &str)]) -> VendingConfig {
    let find = |name: &str| variables.iter().find(|(known, _)| *known == name);
    let mut variables =
        EnvReader::new(|name: &str| find(name).map(|(_, value)| (*value).to_owned()));
    VendingConfig::from_variables(&mut variables, Partition::Aws).unwrap()
}

fn member(state: AccountState) -> OrgAccount {
    let id = "123456789012".parse().unwrap();
    OrgAccount {
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
fn an_account_is_compared_with_what_palette_has() {
    let this = Some("123456789012");
    let other = Some("210987654321");
    let name = "aws-123456789012";
    let in_project = format!("{UNIT}=project:Payments");
    for (what, variables, state, palette, expected) in [
        ("new", vec![], AccountState::Active, vec![], Plan::Missing),
        ("known", vec![], AccountState::Active, vec![(this, Some(0), name)], Plan::Aboard),
        (
            "known by hand",
            vec![],
            AccountState::Active,
            vec![(this, Some(0), "prod")],
            Plan::Aboard,
        ),
        (
            "known elsewhere",
            vec![],
            AccountState::Active,
            vec![(this, None, name)],
            Plan::Ignored(Why::OtherScope),
        ),
        (
            "known here and elsewhere",
            vec![],
            AccountState::Active,
            vec![(this, None, "prod"), (this, Some(0), name)],
            Plan::Aboard,
        ),
        (
            "name of another",
            vec![],
            AccountState::Active,
            vec![(other, Some(0), name)],
            Plan::Ignored(Why::NameTaken),
        ),
        (
            "name of nobody known",
            vec![],
            AccountState::Active,
            vec![(None, Some(0), name)],
            Plan::Ignored(Why::NameTaken),
        ),
        (
            "name in another scope",
            vec![],
            AccountState::Active,
            vec![(other, None, name)],
            Plan::Missing,
        ),
        (
            "project",
            vec![("GANGWAY_SCOPES", in_project.as_str())],
            AccountState::Active,
            vec![],
            Plan::Missing,
        ),
        ("pending", vec![], AccountState::Pending, vec![], Plan::Ignored(Why::NotActive)),
        ("strange", vec![], AccountState::Unknown, vec![], Plan::Ignored(Why::StateUnknown)),
        ("closed", vec![], AccountState::Closed, vec![], Plan::Ignored(Why::Closed)),
        (
            "closed and known",
            vec![],
            AccountState::Closed,
            vec![(this, Some(0), name)],
            Plan::Closed { take_off: true },
        ),
        (
            "closing and known",
            vec![],
            AccountState::Closing,
            vec![(this, Some(0), name)],
            Plan::Closed { take_off: false },
        ),
        (
            "suspended and known",
            vec![],
            AccountState::Suspended,
            vec![(this, None, name)],
            Plan::Closed { take_off: false },
        ),
        (
            "closed, known, and not ours",
            vec![("GANGWAY_ACCOUNT_NAMES", "team-*")],
            AccountState::Closed,
            vec![(this, Some(0), name)],
            Plan::Closed { take_off: false },
        ),
        (
            "not chosen",
            vec![("GANGWAY_ACCOUNT_NAMES", "team-*")],
            AccountState::Active,
            vec![(this, Some(0), name)],
            Plan::Ignored(Why::NotChosen(ExclusionReason::Name)),
        ),
        (
            "in no unit",
            vec![("GANGWAY_OUS_IN", UNIT)],
            AccountState::Active,
            vec![],
            Plan::Ignored(Why::NotChosen(ExclusionReason::NoIncludedOu)),
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
    let member = OrgAccount { management: true, ..member(AccountState::Active) };
    let planned = plan(&member, false, &settings(&[]), &mut Registered::default());
    assert_eq!(planned, Plan::Ignored(Why::NotChosen(ExclusionReason::Management)));
}

#[test]
fn a_twin_stays_ashore_and_is_not_taken_off_either() {
    for (state, palette, expected) in [
        (AccountState::Active, vec![], Plan::Ignored(Why::GovCloudTwin)),
        (
            AccountState::Closed,
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
    let member = OrgAccount { name: "***".to_owned(), ..member(AccountState::Active) };
    let planned = plan(&member, false, &settings, &mut Registered::default());
    assert_eq!(planned, Plan::Ignored(Why::Nameless));
}
