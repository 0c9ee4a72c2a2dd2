use gangway_model::Partition;
use gangway_registration::EnvReader;

use super::*;
use crate::palette_index::IndexedAccount;

const OU_ID: &str = "ou-abcd-workload";

fn config(variables: &[(&str, &str)]) -> VendingConfig {
    let find = |name: &str| variables.iter().find(|(variable, _)| *variable == name);
    let mut variables =
        EnvReader::new(|name: &str| find(name).map(|(_, value)| (*value).to_owned()));
    VendingConfig::from_variables(&mut variables, Partition::Aws).unwrap()
}

fn org_account(state: AccountState) -> OrgAccount {
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

fn palette_index(registrations: &[(Option<&str>, Option<usize>, &str)]) -> PaletteIndex {
    let indexed = |(account, scope, name): &(Option<&str>, Option<usize>, &str)| IndexedAccount {
        account: account.map(|account| account.parse().unwrap()),
        scope: *scope,
        name: (*name).into(),
        uid: "5f0c1a2b3c4d5e6f70818293".into(),
        is_seen: false,
    };
    PaletteIndex::from_accounts(registrations.iter().map(indexed).collect())
}

#[expect(clippy::too_many_lines, reason = "one table of cases")]
#[test]
fn account_is_classified_by_state_scope_and_name() {
    let own_account = Some("123456789012");
    let other = Some("210987654321");
    let name = "aws-123456789012";
    let in_project = format!("{OU_ID}=project:Payments");
    for (case, variables, state, palette, expected) in [
        ("new", vec![], AccountState::Active, vec![], Classification::NotRegistered),
        (
            "registered",
            vec![],
            AccountState::Active,
            vec![(own_account, Some(0), name)],
            Classification::Registered { is_vended: true },
        ),
        (
            "registered by hand",
            vec![],
            AccountState::Active,
            vec![(own_account, Some(0), "prod")],
            Classification::Registered { is_vended: false },
        ),
        (
            "registered in another scope",
            vec![],
            AccountState::Active,
            vec![(own_account, None, name)],
            Classification::Ignored(SkipReason::OtherScope),
        ),
        (
            "registered in both scopes",
            vec![],
            AccountState::Active,
            vec![(own_account, None, "prod"), (own_account, Some(0), name)],
            Classification::Registered { is_vended: true },
        ),
        (
            "name of another account",
            vec![],
            AccountState::Active,
            vec![(other, Some(0), name)],
            Classification::Ignored(SkipReason::NameTaken),
        ),
        (
            "name of an account without AWS account",
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
            "unknown state",
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
            "closed and registered",
            vec![],
            AccountState::Closed,
            vec![(own_account, Some(0), name)],
            Classification::Closed { is_removable: true },
        ),
        (
            "closing and registered",
            vec![],
            AccountState::Closing,
            vec![(own_account, Some(0), name)],
            Classification::Closed { is_removable: false },
        ),
        (
            "suspended and registered",
            vec![],
            AccountState::Suspended,
            vec![(own_account, None, name)],
            Classification::Closed { is_removable: false },
        ),
        (
            "closed, registered and excluded",
            vec![("GANGWAY_ACCOUNT_NAME_FILTER", "team-*")],
            AccountState::Closed,
            vec![(own_account, Some(0), name)],
            Classification::Closed { is_removable: false },
        ),
        (
            "name excluded",
            vec![("GANGWAY_ACCOUNT_NAME_FILTER", "team-*")],
            AccountState::Active,
            vec![(own_account, Some(0), name)],
            Classification::Ignored(SkipReason::Excluded(ExclusionReason::Name)),
        ),
        (
            "in no included OU",
            vec![("GANGWAY_INCLUDE_OUS", OU_ID)],
            AccountState::Active,
            vec![],
            Classification::Ignored(SkipReason::Excluded(ExclusionReason::NoIncludedOu)),
        ),
    ] {
        let config = config(&variables);
        let mut registered = palette_index(&palette);
        assert_eq!(
            classify(&org_account(state), false, &config, &mut registered),
            expected,
            "{case}"
        );
        let seen = palette.iter().filter(|(account, ..)| *account == own_account).count();
        let indexed_count = palette.iter().filter(|(account, ..)| account.is_some()).count();
        assert_eq!(registered.unseen_accounts().count(), indexed_count - seen, "{case}");
    }
}

#[test]
fn the_management_account_is_excluded() {
    let org_account = OrgAccount { management: true, ..org_account(AccountState::Active) };
    let result = classify(&org_account, false, &config(&[]), &mut PaletteIndex::default());
    assert_eq!(result, Classification::Ignored(SkipReason::Excluded(ExclusionReason::Management)));
}

#[test]
fn a_govcloud_pair_is_neither_registered_nor_offboarded() {
    for (state, palette, expected) in [
        (AccountState::Active, vec![], Classification::Ignored(SkipReason::GovCloudPair)),
        (
            AccountState::Closed,
            vec![(Some("123456789012"), Some(0), "billing")],
            Classification::Closed { is_removable: false },
        ),
    ] {
        let result =
            classify(&org_account(state), true, &config(&[]), &mut palette_index(&palette));
        assert_eq!(result, expected);
    }
}

#[test]
fn an_account_without_a_valid_name_is_ignored() {
    let config = config(&[("GANGWAY_ACCOUNT_NAME_TEMPLATE", "{accountName}")]);
    let org_account = OrgAccount { name: "***".to_owned(), ..org_account(AccountState::Active) };
    let result = classify(&org_account, false, &config, &mut PaletteIndex::default());
    assert_eq!(result, Classification::Ignored(SkipReason::NoName));
}
