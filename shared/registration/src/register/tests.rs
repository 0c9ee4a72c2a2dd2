//! Tests registrations that are interrupted at each of their calls and then repeated, and runs that
//! change the same account at the same time.

mod fake_stores;

use super::*;
use fake_stores::{FakeSecret, FakeState, FakeStores, Interruption};
use gangway_checks::catalogue::palette::NAME_AVAILABLE;
use gangway_checks::palette_account::check_name_among;
use gangway_model::{
    AccessKey, AccountName, AuthMethod, Credential, Partition, PermissionProfile, Report, Scope,
    StoredCredential, StsRole,
    stores::{PendingDeletion, SecretStatus, StagedSecret},
};

const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
const NEW_KEY: &str = "AKIAI44QH8DHBEXAMPLE";

fn access_key(id: &str) -> Credential {
    Credential::AccessKey(AccessKey {
        id: id.parse().unwrap(),
        secret: secrecy::SecretString::from("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
            .try_into()
            .unwrap(),
        certificate_authority: None,
    })
}

fn role() -> Credential {
    Credential::StsRole(StsRole {
        role: "arn:aws:iam::123456789012:role/SpectroCloudRole".parse().unwrap(),
        external_id: "external".to_owned(),
    })
}

fn registration(credential: Credential) -> Registration {
    Registration {
        name: "prod".parse().unwrap(),
        description: None,
        partition: Partition::Aws,
        account: "123456789012".parse().unwrap(),
        scope: Scope::Tenant,
        policies: Vec::new(),
        gateway: None,
        profile: PermissionProfile::CoreEks,
        region: None,
        waived_checks: Vec::new(),
        credential,
        incoming_secret: None,
    }
}

/// Looks for accounts with the same name or uid, then registers the account.
fn run(
    stores: &FakeStores,
    operation: &Operation,
    registration: &Registration,
) -> Result<Receipt, RegistrationError> {
    let mut existing = stores.existing(registration.name.as_str());
    if let Operation::Replace(uid) = operation {
        existing.by_uid = stores.state().accounts.get(uid.as_str()).cloned();
    }
    let report = Report {
        partition: registration.partition,
        method: registration.credential.method(),
        account: Some(registration.account),
        findings: vec![check_name_among(&existing, operation, Some(registration))],
        notices: Vec::new(),
        is_proven: true,
    };
    let registration = Some(registration.clone());
    poll_once(
        workflow(stores).register(PreflightResult { report, registration, existing }, operation),
    )
}

fn workflow(stores: &FakeStores) -> RegistrationWorkflow<'_, FakeStores, FakeStores> {
    let retry_policy = RetryPolicy::CONFLICT.with_first_delay(Duration::ZERO);
    let replica_delay = Duration::ZERO;
    RegistrationWorkflow {
        secrets: stores,
        accounts: stores,
        annotations: &stores.annotations,
        retry_policy,
        replica_delay,
    }
}

/// Returns the output of a future that is ready at the first poll.
fn poll_once<F: Future>(future: F) -> F::Output {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).as_mut().poll(&mut context) {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => panic!("the fake stores answer at once"),
    }
}

/// Asserts that a registration has the same end state with and without interruption. Interrupts a
/// run before and after each of its calls, and then runs the registration again.
fn assert_converges(start: &FakeStores, operation: &Operation, registration: &Registration) {
    let uninterrupted = FakeStores::new(start.end_state());
    drop(run(&uninterrupted, operation, registration).unwrap());
    let calls = uninterrupted.state().calls;
    assert!(calls > 0);
    let interruptions =
        (0..calls).flat_map(|call| [Interruption::Before(call), Interruption::After(call)]);
    for interruption in interruptions {
        let stores =
            FakeStores::new(FakeState { interruption: Some(interruption), ..start.end_state() });
        let first = run(&stores, operation, registration);
        stores.state().interruption = None;
        let second = run(&stores, operation, registration).unwrap();
        assert_eq!(
            stores.end_state(),
            uninterrupted.end_state(),
            "{interruption:?}, first {first:?}, second {second:?}"
        );
    }
}

fn stores_with_account(credential: Credential) -> FakeStores {
    let stores = FakeStores::default();
    drop(run(&stores, &Operation::Register, &registration(credential)).unwrap());
    stores
}

#[test]
fn an_interrupted_registration_is_completed_by_running_it_again() {
    assert_converges(&FakeStores::default(), &Operation::Register, &registration(access_key(KEY)));
    assert_converges(&FakeStores::default(), &Operation::Register, &registration(role()));
    assert_converges(
        &stores_with_account(access_key(KEY)),
        &Operation::Register,
        &registration(access_key(NEW_KEY)),
    );
}

#[test]
fn an_interrupted_replacement_that_is_run_again_leaves_no_unused_secret() {
    let operation = Operation::Replace("uid-0".parse().unwrap());
    let moved = Registration {
        account: "210987654321".parse().unwrap(),
        ..registration(access_key(NEW_KEY))
    };
    assert_converges(&stores_with_account(access_key(KEY)), &operation, &moved);
    assert_converges(&stores_with_account(access_key(KEY)), &operation, &registration(role()));
    assert_converges(&stores_with_account(role()), &operation, &registration(access_key(KEY)));
}

#[test]
fn the_same_registration_again_changes_nothing() {
    for credential in [access_key(KEY), role()] {
        let stores = stores_with_account(credential.clone());
        let before = stores.end_state();
        let receipt = run(&stores, &Operation::Register, &registration(credential)).unwrap();
        assert_eq!(receipt.outcome, UpsertOutcome::Unchanged);
        assert_eq!(stores.end_state(), before);
    }
}

#[test]
fn a_new_description_updates_and_another_aws_account_conflicts() {
    let stores = stores_with_account(access_key(KEY));
    let described =
        Registration { description: "a description".parse().ok(), ..registration(access_key(KEY)) };
    assert_eq!(
        run(&stores, &Operation::Register, &described).unwrap().outcome,
        UpsertOutcome::Updated
    );
    let before = stores.end_state();
    let elsewhere = Registration {
        account: "210987654321".parse().unwrap(),
        ..registration(access_key(NEW_KEY))
    };
    for other in [elsewhere, registration(role())] {
        let error = run(&stores, &Operation::Register, &other).unwrap_err();
        assert!(matches!(error, RegistrationError::Conflict(_)), "{error:?}");
        assert_eq!(stores.end_state(), before);
    }
}

#[test]
fn nothing_is_stored_if_a_blocking_check_failed() {
    let stores = FakeStores::default();
    let registration = registration(access_key(KEY));
    let failed = vec![NAME_AVAILABLE.failed("observed", "remedy")];
    let report = Report {
        partition: Partition::Aws,
        method: AuthMethod::StaticCredentials,
        account: None,
        findings: failed,
        notices: Vec::new(),
        is_proven: true,
    };
    for registration in [Some(registration), None] {
        let existing = ExistingAccounts::default();
        let preflight = PreflightResult { report: report.clone(), registration, existing };
        let error = poll_once(workflow(&stores).register(preflight, &Operation::Register));
        let error = error.unwrap_err();
        assert!(matches!(error, RegistrationError::ChecksFailed(_)), "{error:?}");
    }
    assert_eq!(stores.end_state(), FakeState::default());
}

#[test]
fn a_refused_create_is_not_retried_and_leaves_no_secret() {
    for (credential, calls) in [(role(), 2), (access_key(KEY), 4)] {
        let stores = FakeStores::default();
        stores.state().rejects_create = true;
        let error = run(&stores, &Operation::Register, &registration(credential)).unwrap_err();
        assert_eq!(error.to_string(), "the fake store rejected the request: quota");
        assert_eq!(
            stores.state().calls,
            calls,
            "(stage), one create, the lookup after it, (delete)"
        );
        assert!(stores.state().secrets.is_empty());
    }
}

#[test]
fn a_secret_in_use_is_kept_when_the_create_is_refused() {
    let stores = stores_with_account(access_key(KEY));
    let before = stores.end_state().secrets;
    stores.state().accounts.clear();
    stores.state().rejects_create = true;
    drop(run(&stores, &Operation::Register, &registration(access_key(KEY))).unwrap_err());
    assert_eq!(stores.end_state().secrets, before);
}

#[test]
fn concurrent_replacements_leave_one_access_key_in_both_stores() {
    let stores = stores_with_account(access_key(KEY));
    let operation = Operation::Replace("uid-0".parse().unwrap());
    for concurrent_runs in [1, 2, 3, 40] {
        stores.state().concurrent_replacements =
            vec![registration(access_key(KEY)); concurrent_runs];
        let receipt = run(&stores, &operation, &registration(access_key(NEW_KEY))).unwrap();
        let state = stores.end_state();
        let shown = &state.accounts[receipt.uid.as_str()].access;
        let secret = state.secrets.values().next().unwrap();
        assert_eq!(
            *shown,
            StoredCredential::AccessKey { access_key_id: secret.current.clone() },
            "{concurrent_runs}"
        );
    }
}

#[test]
fn a_concurrent_run_leaves_the_same_access_key_in_both_stores() {
    // The calls of the run are: stage, create, find and update after a conflict, promote.
    for (before, in_use) in [(1, KEY), (2, NEW_KEY)] {
        let stores = FakeStores::new(FakeState {
            concurrent_run_before: Some(before),
            ..FakeState::default()
        });
        drop(run(&stores, &Operation::Register, &registration(access_key(KEY))).unwrap());
        let end = stores.end_state();
        let [account] = end.accounts.into_values().collect::<Vec<_>>().try_into().unwrap();
        assert_eq!(
            account.access,
            StoredCredential::AccessKey { access_key_id: in_use.to_owned() }
        );
        let [secret] = end.secrets.into_values().collect::<Vec<_>>().try_into().unwrap();
        let expected =
            FakeSecret { current: in_use.to_owned(), pending: None, uid: Some(account.uid) };
        assert_eq!(secret, expected, "before call {before}");
    }
}
