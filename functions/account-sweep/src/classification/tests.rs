use gangway_model::Partition;
use gangway_registration::EnvReader;

use super::*;
use crate::palette_index::IndexedAccount;

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
        ou_path: None,
    }
}

fn registered(registrations: &[(Option<&str>, Option<usize>, &str)]) -> PaletteIndex {
    let one = |(account, scope, name): &(Option<&str>, Option<usize>, &str)| IndexedAccount {
        account: account.map(|account| account.parse().unwrap()),
        scope: *scope,
        name: (*name).into(),
        uid: "5f0c1a2b3c4d5e6f70818293".into(),
        seen: false,
    };
    PaletteIndex::from_accounts(registrations.iter().map(one).collect())
}

#[expect(clippy::too_many_lines, reason = "one table of cases")]
#[test]
fn an_account_is_compared_with_what_palette_has() {
    let this = Some("123456789012");
    let other = Some("210987654321");
    let name = "aws-123456789012";
    let in_project = format!("{UNIT}=project:Payments");
    for (what, variables, state, palette, expected) in [
        ("new", vec![], AccountState::Active, vec![], Classification::NotRegistered),
        (
            "known",
            vec![],
            AccountState::Active,
            vec![(this, Some(0), name)],
            Classification::Registered,
        ),
        (
            "known by hand",
            vec![],
            AccountState::Active,
            vec![(this, Some(0), "prod")],
            Classification::Registered,
        ),
        (
            "known elsewhere",
            vec![],
            AccountState::Active,
            vec![(this, None, name)],
            Classification::Ignored(SkipReason::OtherScope),
        ),
        (
            "known here and elsewhere",
            vec![],
            AccountState::Active,
            vec![(this, None, "prod"), (this, Some(0), name)],
            Classification::Registered,
        ),
        (
            "name of another",
            vec![],
            AccountState::Active,
            vec![(other, Some(0), name)],
            Classification::Ignored(SkipReason::NameTaken),
        ),
        (
            "name of nobody known",
            vec![],
            AccountState::Active,
            vec![(None, Some(0), name)],
            Classification::Ignored(SkipReason::NameTaken),
        ),
        (
            "name in another scope",
            vec![],
            AccountState::Active,
            vec![(other, None, name)],
            Classification::NotRegistered,
        ),
        (
            "project",
            vec![("GANGWAY_OU_SCOPE_MAP", in_project.as_str())],
            AccountState::Active,
            vec![],
            Classification::NotRegistered,
        ),
        (
            "pending",
            vec![],
            AccountState::Pending,
            vec![],
            Classification::Ignored(SkipReason::NotActive),
        ),
        (
            "strange",
            vec![],
            AccountState::Unknown,
            vec![],
            Classification::Ignored(SkipReason::StateUnknown),
        ),
        (
            "closed",
            vec![],
            AccountState::Closed,
            vec![],
            Classification::Ignored(SkipReason::Closed),
        ),
        (
            "closed and known",
            vec![],
            AccountState::Closed,
            vec![(this, Some(0), name)],
            Classification::Closed { take_off: true },
        ),
        (
            "closing and known",
            vec![],
            AccountState::Closing,
            vec![(this, Some(0), name)],
            Classification::Closed { take_off: false },
        ),
        (
            "suspended and known",
            vec![],
            AccountState::Suspended,
            vec![(this, None, name)],
            Classification::Closed { take_off: false },
        ),
        (
            "closed, known, and not ours",
            vec![("GANGWAY_ACCOUNT_NAME_FILTER", "team-*")],
            AccountState::Closed,
            vec![(this, Some(0), name)],
            Classification::Closed { take_off: false },
        ),
        (
            "not chosen",
            vec![("GANGWAY_ACCOUNT_NAME_FILTER", "team-*")],
            AccountState::Active,
            vec![(this, Some(0), name)],
            Classification::Ignored(SkipReason::Excluded(ExclusionReason::Name)),
        ),
        (
            "in no unit",
            vec![("GANGWAY_INCLUDE_OUS", UNIT)],
            AccountState::Active,
            vec![],
            Classification::Ignored(SkipReason::Excluded(ExclusionReason::NoIncludedOu)),
        ),
    ] {
        let settings = settings(&variables);
        let mut registered = registered(&palette);
        assert_eq!(classify(&member(state), false, &settings, &mut registered), expected, "{what}");
        let met = palette.iter().filter(|(account, ..)| *account == this).count();
        let known = palette.iter().filter(|(account, ..)| account.is_some()).count();
        assert_eq!(registered.unseen().count(), known - met, "{what}");
    }
}

#[test]
fn the_management_account_stays_ashore() {
    let member = OrgAccount { management: true, ..member(AccountState::Active) };
    let planned = classify(&member, false, &settings(&[]), &mut PaletteIndex::default());
    assert_eq!(planned, Classification::Ignored(SkipReason::Excluded(ExclusionReason::Management)));
}

#[test]
fn a_twin_stays_ashore_and_is_not_taken_off_either() {
    for (state, palette, expected) in [
        (AccountState::Active, vec![], Classification::Ignored(SkipReason::GovCloudPair)),
        (
            AccountState::Closed,
            vec![(Some("123456789012"), Some(0), "billing")],
            Classification::Closed { take_off: false },
        ),
    ] {
        let planned = classify(&member(state), true, &settings(&[]), &mut registered(&palette));
        assert_eq!(planned, expected);
    }
}

#[test]
fn a_name_that_leaves_nothing_is_told() {
    let settings = settings(&[("GANGWAY_ACCOUNT_NAME_TEMPLATE", "{accountName}")]);
    let member = OrgAccount { name: "***".to_owned(), ..member(AccountState::Active) };
    let planned = classify(&member, false, &settings, &mut PaletteIndex::default());
    assert_eq!(planned, Classification::Ignored(SkipReason::NoName));
}
