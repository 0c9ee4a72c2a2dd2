use gangway_model::Partition;
use serde_json::Value;

use super::*;
use crate::request::{Change, RESOURCE_TYPE, StackId};

const NOW: SystemTime = UNIX_EPOCH;

fn request(id: &str, seconds: u64) -> StackRequest {
    let stack = "arn:aws:cloudformation:us-east-1:333333333333:stack/team/8f6c";
    StackRequest {
        change: Change::Create,
        id: id.to_owned(),
        stack: StackId::parse(stack, Partition::Aws, "us-east-1").unwrap(),
        logical_id: "Account".to_owned(),
        resource_type: RESOURCE_TYPE.to_owned(),
        physical_id: None,
        properties: Value::Null,
        sent: UNIX_EPOCH + Duration::from_secs(seconds),
    }
}

fn message(id: &str, deliveries: u32) -> SqsMessage {
    let (id, body) = (id.to_owned(), String::new());
    SqsMessage { id, body, sent: None, deliveries, function_account: None }
}

fn account(uid: &str) -> OwnedAccount {
    let (uid, scope, name) = (uid.to_owned(), "tenant".to_owned(), format!("name-{uid}"));
    OwnedAccount { uid, scope, name }
}

#[test]
fn a_request_is_handled_by_one_message_at_a_time() {
    let mut state = ResourceState::default();
    let create = request("c", 1);
    assert!(matches!(state.try_claim(&create, &message("m1", 1), NOW), Admission::Begun));
    assert!(matches!(state.try_claim(&create, &message("m2", 1), NOW), Admission::Claimed));
    assert!(matches!(state.try_claim(&create, &message("m1", 1), NOW), Admission::Claimed));
    // The function of the first delivery has ended.
    assert!(matches!(state.try_claim(&create, &message("m1", 2), NOW), Admission::Begun));
    assert!(matches!(
        state.try_claim(&create, &message("m2", 1), NOW + CLAIM_DURATION),
        Admission::Begun
    ));
    let answer = Answer::failed(&create, "no".to_owned());
    state.record_answer(&create, &answer, true);
    for message in [message("m1", 3), message("m2", 2), message("m3", 1)] {
        let admission = state.try_claim(&create, &message, NOW);
        let Admission::Answered(known) = admission else { panic!("{admission:?}") };
        assert_eq!(known, answer);
    }
}

#[test]
fn a_request_is_superseded_by_a_later_one() {
    let mut state = ResourceState::default();
    let (create, delete) = (request("c", 1), request("d", 2));
    assert!(matches!(state.try_claim(&create, &message("m1", 1), NOW), Admission::Begun));
    state.release_claim();
    assert!(matches!(state.try_claim(&delete, &message("m2", 1), NOW), Admission::Begun));
    state.release_claim();
    assert!(matches!(state.try_claim(&create, &message("m1", 2), NOW), Admission::Superseded));
    assert!(matches!(state.try_claim(&delete, &message("m2", 2), NOW), Admission::Begun));
}

#[test]
fn a_delete_removes_accounts_that_the_stack_no_longer_has() {
    let with = |accounts: &[&str], current: Option<&str>, removed: &[&str]| ResourceState {
        accounts: accounts.iter().map(|uid| account(uid)).collect(),
        current: current.map(str::to_owned),
        removed: removed.iter().map(|uid| (*uid).to_owned()).collect(),
        ..ResourceState::default()
    };
    for (state, physical_id, expected) in [
        // Nothing was registered.
        (with(&[], None, &[]), "not-registered", Removal::Nothing),
        (with(&[], None, &["a"]), "a", Removal::Nothing),
        // The stack is deleted.
        (with(&["a"], Some("a"), &[]), "a", Removal::All),
        // An update has replaced the account; the delete of the old one comes twice.
        (with(&["a", "b"], Some("b"), &[]), "a", Removal::One("a".to_owned())),
        (with(&["b"], Some("b"), &["a"]), "a", Removal::Nothing),
        // The rollback of that update.
        (with(&["a", "b"], Some("a"), &[]), "b", Removal::One("b".to_owned())),
        // The answer of the create was lost, or came too late.
        (with(&["a"], None, &[]), "team-Account-1X2Y", Removal::All),
        (with(&["a"], Some("a"), &[]), "team-Account-1X2Y", Removal::All),
        // The answer of an update was lost, and then the stack was deleted.
        (with(&["a", "b"], Some("a"), &[]), "a", Removal::All),
    ] {
        assert_eq!(state.accounts_to_remove(physical_id), expected, "{physical_id} {state:?}");
    }
    let mut intended = ResourceState::default();
    intended.record_intent("tenant", "prod");
    assert_eq!(intended.accounts_to_remove("not-registered"), Removal::All);
}

#[test]
fn a_resource_owns_its_accounts_until_their_removal() {
    let mut state = ResourceState::default();
    state.record_intent("tenant", "name-a");
    state.record_intent("tenant", "name-a");
    assert!(state.owns("a", "tenant", "name-a") && !state.owns("a", "project/1", "name-a"));
    state.record_registration(account("a"));
    assert!(state.owns("a", "", "") && state.intents.is_empty());
    state.record_registration(account("b"));
    assert_eq!(state.accounts_unknown_to_stack([Some("b"), Some("x")]), [account("a")]);
    assert_eq!(state.accounts_unknown_to_stack([Some("b"), Some("a")]), []);
    state.record_removal("a");
    state.record_removal("a");
    assert!(!state.owns("a", "", "") && state.removed == ["a"]);
    let text = serde_json::json!(state).to_string();
    assert_eq!(serde_json::from_str::<ResourceState>(&text).unwrap(), state);
}
