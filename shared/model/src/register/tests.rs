//! A registration cut off at every call it makes, and run again.

mod world;

use std::sync::Mutex;

use super::*;
use crate::{
    AccessKey, AccountName, AssumedRole, AuthMethod, Credential, NAME_AVAILABLE, Partition,
    PermissionProfile, Scope, StoredCredential,
    stores::{PendingDeletion, SecretStatus, StagedSecret},
};
use world::{Cut, State, World};

const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
const NEW_KEY: &str = "AKIAI44QH8DHBEXAMPLE";

fn keys(id: &str) -> Credential {
    Credential::AccessKey(AccessKey {
        id: id.parse().unwrap(),
        secret: secrecy::SecretString::from("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
            .try_into()
            .unwrap(),
        certificate_authority: None,
    })
}

fn role() -> Credential {
    Credential::AssumedRole(AssumedRole {
        role: "arn:aws:iam::123456789012:role/SpectroCloudRole".parse().unwrap(),
        external_id: "external".to_owned(),
    })
}

fn wanted(credential: Credential) -> Registration {
    Registration {
        name: "prod".parse().unwrap(),
        description: None,
        partition: Partition::Aws,
        account: "123456789012".parse().unwrap(),
        scope: Scope::Tenant,
        policies: Vec::new(),
        gateway: None,
        profile: PermissionProfile::CoreEks,
        credential,
    }
}

/// A caller's whole run: look, then conclude.
fn run(
    world: &World,
    intent: &Operation,
    registration: &Registration,
) -> Result<Receipt, RegistrationError> {
    let mut known = world.known(registration.name.as_str());
    if let Operation::Replace(uid) = intent {
        known.by_uid = world.state().accounts.get(uid.as_str()).cloned();
    }
    let report = Report {
        partition: registration.partition,
        method: registration.credential.method(),
        account: Some(registration.account),
        findings: vec![known.check_name(intent, Some(registration))],
        notices: Vec::new(),
    };
    let preflight = PreflightResult { report, registration: Some(registration.clone()), known };
    match now(preflight.conclude(intent, world, world, no_rest))? {
        Done::Receipt(receipt) => Ok(*receipt),
        Done::Report(report) => panic!("a report was not asked for: {report:?}"),
    }
}

/// Drives a future that never waits.
fn now<F: Future>(future: F) -> F::Output {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).as_mut().poll(&mut context) {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => panic!("the world answers at once"),
    }
}

/// A run that was cut off before or after any of its calls ends, when it is run again, where an undisturbed one ends.
fn converges(start: &World, intent: &Operation, registration: &Registration) {
    let undisturbed = World(Mutex::new(start.end_state()));
    drop(run(&undisturbed, intent, registration).unwrap());
    let calls = undisturbed.state().calls;
    assert!(calls > 0);
    for cut in (0..calls).flat_map(|call| [Cut::Before(call), Cut::After(call)]) {
        let world = World(Mutex::new(State { cut: Some(cut), ..start.end_state() }));
        let first = run(&world, intent, registration);
        world.state().cut = None;
        let again = run(&world, intent, registration).unwrap();
        assert_eq!(
            world.end_state(),
            undisturbed.end_state(),
            "{cut:?}, first {first:?}, then {again:?}"
        );
    }
}

fn registered(credential: Credential) -> World {
    let world = World::default();
    drop(run(&world, &Operation::Register, &wanted(credential)).unwrap());
    world
}

/// Nothing is under way that could come to its end.
async fn no_rest(_round: usize) {}

#[test]
fn a_registration_that_was_cut_off_anywhere_is_mended_by_running_it_again() {
    converges(&World::default(), &Operation::Register, &wanted(keys(KEY)));
    converges(&World::default(), &Operation::Register, &wanted(role()));
    converges(&registered(keys(KEY)), &Operation::Register, &wanted(keys(NEW_KEY)));
}

#[test]
fn a_replacement_that_was_cut_off_anywhere_leaves_no_orphan() {
    let intent = Operation::Replace("uid-0".parse().unwrap());
    let moved = Registration { account: "210987654321".parse().unwrap(), ..wanted(keys(NEW_KEY)) };
    converges(&registered(keys(KEY)), &intent, &moved);
    converges(&registered(keys(KEY)), &intent, &wanted(role()));
    converges(&registered(role()), &intent, &wanted(keys(KEY)));
}

#[test]
fn f04_a_second_time_changes_nothing_and_says_so() {
    for credential in [keys(KEY), role()] {
        let world = registered(credential.clone());
        let before = world.end_state();
        let receipt = run(&world, &Operation::Register, &wanted(credential)).unwrap();
        assert_eq!(receipt.outcome, UpsertOutcome::Unchanged);
        assert_eq!(world.end_state(), before);
    }
}

#[test]
fn other_settings_update_and_another_identity_conflicts() {
    let world = registered(keys(KEY));
    let described =
        Registration { description: "now with words".parse().ok(), ..wanted(keys(KEY)) };
    assert_eq!(
        run(&world, &Operation::Register, &described).unwrap().outcome,
        UpsertOutcome::Updated
    );
    let before = world.end_state();
    let elsewhere =
        Registration { account: "210987654321".parse().unwrap(), ..wanted(keys(NEW_KEY)) };
    for other in [elsewhere, wanted(role())] {
        let failure = run(&world, &Operation::Register, &other).unwrap_err();
        assert!(matches!(failure, RegistrationError::Conflict(_)), "{failure:?}");
        assert_eq!(world.end_state(), before);
    }
}

#[test]
fn f18_what_a_report_does_not_clear_is_not_kept() {
    let world = World::default();
    let registration = wanted(keys(KEY));
    let failed = vec![NAME_AVAILABLE.failed("seen", "mend")];
    let report = Report {
        partition: Partition::Aws,
        method: AuthMethod::StaticCredentials,
        account: None,
        findings: failed,
        notices: Vec::new(),
    };
    for registration in [Some(registration), None] {
        let known = ExistingAccounts::default();
        let preflight = PreflightResult { report: report.clone(), registration, known };
        let failure =
            now(preflight.conclude(&Operation::Register, &world, &world, no_rest)).unwrap_err();
        assert!(matches!(failure, RegistrationError::ChecksFailed(_)), "{failure:?}");
    }
    assert_eq!(world.end_state(), State::default());
}

#[test]
fn a_refused_create_is_told_not_tried_again_and_leaves_nothing() {
    for (credential, calls) in [(role(), 2), (keys(KEY), 4)] {
        let world = World::default();
        world.state().refuses_create = true;
        let failure = run(&world, &Operation::Register, &wanted(credential)).unwrap_err();
        assert_eq!(failure.to_string(), "the world refused: quota");
        assert_eq!(
            world.state().calls,
            calls,
            "(stage), one create, the look-up after it, (discard)"
        );
        assert!(world.state().secrets.is_empty());
    }
}

#[test]
fn keys_that_are_in_use_stay_when_new_ones_are_refused() {
    let world = registered(keys(KEY));
    let before = world.end_state().secrets;
    world.state().accounts.clear();
    world.state().refuses_create = true;
    drop(run(&world, &Operation::Register, &wanted(keys(KEY))).unwrap_err());
    assert_eq!(world.end_state().secrets, before);
}

#[test]
fn of_two_that_replace_keys_at_the_same_time_one_wins_in_both_stores() {
    let world = registered(keys(KEY));
    let intent = Operation::Replace("uid-0".parse().unwrap());
    for others in [1, 2, 3, 40] {
        world.state().interferes = vec![wanted(keys(KEY)); others];
        let receipt = run(&world, &intent, &wanted(keys(NEW_KEY))).unwrap();
        let state = world.end_state();
        let shown = &state.accounts[receipt.uid.as_str()].access;
        let kept = state.secrets.values().next().unwrap();
        assert_eq!(
            *shown,
            StoredCredential::AccessKey { access_key_id: kept.0.clone() },
            "{others}"
        );
    }
}

#[test]
fn keys_in_use_are_those_that_palette_has_whoever_gets_in_between() {
    // Stage, create, (find, replace,) promote.
    for (before, in_use) in [(1, KEY), (2, NEW_KEY)] {
        let world = World(Mutex::new(State { overtaken_before: Some(before), ..State::default() }));
        drop(run(&world, &Operation::Register, &wanted(keys(KEY))).unwrap());
        let end = world.end_state();
        let [account] = end.accounts.into_values().collect::<Vec<_>>().try_into().unwrap();
        assert_eq!(
            account.access,
            StoredCredential::AccessKey { access_key_id: in_use.to_owned() }
        );
        let [kept] = end.secrets.into_values().collect::<Vec<_>>().try_into().unwrap();
        assert_eq!(kept, (in_use.to_owned(), None, Some(account.uid)), "before call {before}");
    }
}
