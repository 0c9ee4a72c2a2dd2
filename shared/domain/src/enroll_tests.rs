//! A registration cut off at every call it makes, and run again.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard},
};

use super::*;
use crate::{
    Access, AssumedRole, Credential, NAME_FREE, PermissionProfile, Scope, StaticKeys,
    ports::{Staged, Standing},
};

/// The outside, in memory. Each call may be cut off before or after it does its work.
#[derive(Default)]
struct World(Mutex<State>);

#[derive(Clone, Debug, Default)]
struct State {
    accounts: BTreeMap<String, CloudAccount>,
    /// Secret name → (current version, pending version, account it is in use for).
    secrets: BTreeMap<String, (String, Option<String>, Option<Uid>)>,
    calls: usize,
    cut: Option<Cut>,
    refuses_create: bool,
    /// Before which call another run puts other keys in use.
    overtaken_before: Option<usize>,
    /// Registrations that come in between, each once.
    interferes: Vec<Registration>,
}

impl PartialEq for State {
    fn eq(&self, other: &Self) -> bool {
        (&self.accounts, &self.secrets) == (&other.accounts, &other.secrets)
    }
}

impl State {
    /// What another run does: Palette has its keys, and so has the secret.
    fn overtake(&mut self) {
        let other = wanted(keys(NEW_KEY));
        let uid = self.accounts.values().next().map(|known| known.uid.clone());
        let uid = uid.unwrap_or_else(|| "uid-0".parse().unwrap());
        drop(self.accounts.insert(uid.to_string(), as_known(&other, &uid)));
        let kept = (NEW_KEY.to_owned(), None, Some(uid));
        drop(self.secrets.insert(secret_arn(&other).to_string(), kept));
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Cut {
    Before(usize),
    After(usize),
}

fn down() -> PortError {
    PortError::Unavailable { service: "the world", source: "cut off".into() }
}

impl World {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Does `work` as one call.
    fn call<T>(
        &self,
        work: impl FnOnce(&mut State) -> Result<T, PortError>,
    ) -> Result<T, PortError> {
        let mut state = self.state();
        let number = state.calls;
        state.calls += 1;
        if state.overtaken_before == Some(number) {
            state.overtake();
        }
        if state.cut == Some(Cut::Before(number)) {
            return Err(down());
        }
        let done = work(&mut state)?;
        if state.cut == Some(Cut::After(number)) { Err(down()) } else { Ok(done) }
    }

    fn end_state(&self) -> State {
        State { calls: 0, cut: None, ..self.state().clone() }
    }

    fn known(&self, name: &str) -> Known {
        let namesake = self.state().accounts.values().find(|known| known.name == name).cloned();
        Known { target: None, namesake }
    }
}

fn secret_arn(registration: &Registration) -> SecretArn {
    let Registration { partition, account, name, .. } = registration;
    format!("arn:{partition}:secretsmanager:us-east-1:111122223333:secret:gangway/{account}/{name}")
        .parse()
        .unwrap()
}

impl Vault for World {
    async fn stage(&self, registration: &Registration) -> Result<Option<Staged>, PortError> {
        let Credential::StaticKeys(keys) = &registration.credential else { return Ok(None) };
        let (secret, version) = (secret_arn(registration), keys.id.as_str().to_owned());
        self.call(|state| {
            let Some(kept) = state.secrets.get_mut(secret.as_str()) else {
                let kept = (version.clone(), None, None);
                drop(state.secrets.insert(secret.to_string(), kept));
                return Ok(Some(Staged { secret, version, standing: Standing::New }));
            };
            if kept.0 != version {
                kept.1 = Some(version.clone());
            }
            let standing = match kept.2.clone() {
                None => Standing::Unused,
                Some(uid) if kept.0 == version => Standing::InUse(uid),
                Some(_) => Standing::Used,
            };
            Ok(Some(Staged { secret, version, standing }))
        })
    }

    async fn promote(&self, staged: &Staged, uid: &Uid) -> Result<(), PortError> {
        if staged.standing.in_use_for() == Some(uid) {
            return Ok(());
        }
        self.call(|state| {
            if staged.standing == Standing::New {
                // Which version is current is not looked at.
                let kept = state.secrets.get_mut(staged.secret.as_str()).ok_or_else(down)?;
                kept.2 = Some(uid.clone());
                return Ok(());
            }
            let kept = (staged.version.clone(), None, Some(uid.clone()));
            drop(state.secrets.insert(staged.secret.to_string(), kept));
            Ok(())
        })?;
        Ok(())
    }

    async fn holds(&self, staged: &Staged, uid: &Uid) -> Result<bool, PortError> {
        self.call(|state| {
            let kept = state.secrets.get(staged.secret.as_str());
            Ok(kept.is_some_and(|kept| kept.0 == staged.version && kept.2.as_ref() == Some(uid)))
        })
    }

    async fn discard(&self, staged: Staged) -> Result<(), PortError> {
        self.call(|state| {
            drop(state.secrets.remove(staged.secret.as_str()));
            Ok(())
        })
    }

    async fn retire(
        &self,
        Owner { uid, .. }: Owner<'_>,
        keep: Option<&SecretArn>,
    ) -> Result<usize, PortError> {
        self.call(|state| {
            let before = state.secrets.len();
            state.secrets.retain(|name, kept| {
                kept.2.as_ref() != Some(uid) || keep.is_some_and(|arn| arn.as_str() == name)
            });
            Ok(before - state.secrets.len())
        })
    }
}

fn as_known(registration: &Registration, uid: &Uid) -> CloudAccount {
    let access = match &registration.credential {
        Credential::StaticKeys(keys) => {
            Access::StaticKeys { access_key_id: keys.id.as_str().to_owned() }
        }
        Credential::AssumedRole(assumed) => {
            Access::AssumedRole { role_arn: assumed.role.to_string() }
        }
        Credential::PodIdentity(pod_identity) => Access::PodIdentity {
            role_arn: pod_identity.role.to_string(),
            permission_boundary_arn: String::new(),
        },
        Credential::AccessPortal(portal) => Access::AccessPortal {
            agency: portal.agency.to_string(),
            account: portal.account.to_string(),
            role: portal.role.to_string(),
            prefix: String::new(),
            permission_boundary_arn: String::new(),
        },
    };
    CloudAccount {
        uid: uid.clone(),
        name: registration.name.to_string(),
        partition: registration.partition.id().to_owned(),
        access,
        account: Some(registration.account),
        profile: Some(registration.profile),
        policies: registration.policies.iter().map(ToString::to_string).collect(),
        annotations: BTreeMap::new(),
        labels: BTreeMap::new(),
        description: registration.description.as_ref().map(ToString::to_string),
        gateway: registration.gateway.as_ref().map(ToString::to_string),
        scope: registration.scope.clone(),
        state: None,
    }
}

impl Registry for World {
    async fn find(&self, name: &AccountName) -> Result<Option<CloudAccount>, PortError> {
        self.call(|state| {
            Ok(state.accounts.values().find(|known| known.name == name.as_str()).cloned())
        })
    }

    async fn get(&self, uid: &Uid) -> Result<CloudAccount, PortError> {
        self.call(|state| {
            let found = state.accounts.get(uid.as_str()).cloned();
            found.ok_or(PortError::Missing { service: "the world", what: "account" })
        })
    }

    async fn create(&self, registration: &Registration) -> Result<Uid, PortError> {
        self.call(|state| {
            if state.refuses_create {
                return Err(PortError::Refused {
                    service: "the world",
                    reason: "quota".to_owned(),
                });
            }
            if state.accounts.values().any(|known| known.name == registration.name.as_str()) {
                return Err(PortError::Duplicate { service: "the world" });
            }
            let uid: Uid = format!("uid-{}", state.accounts.len()).parse().unwrap();
            drop(state.accounts.insert(uid.to_string(), as_known(registration, &uid)));
            Ok(uid)
        })
    }

    async fn replace(
        &self,
        known: &CloudAccount,
        registration: &Registration,
    ) -> Result<(), PortError> {
        self.call(|state| {
            let uid = &known.uid;
            drop(state.accounts.insert(uid.to_string(), as_known(registration, uid)));
            Ok(())
        })?;
        let mut others = std::mem::take(&mut self.state().interferes);
        if let Some(other) = others.pop() {
            // Another run comes from its beginning to its end, undisturbed, while this one has yet to promote.
            drop(run(self, &Intent::Replace(known.uid.clone()), &other).unwrap());
        }
        self.state().interferes = others;
        Ok(())
    }
}

const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
const NEW_KEY: &str = "AKIAI44QH8DHBEXAMPLE";

fn keys(id: &str) -> Credential {
    Credential::StaticKeys(StaticKeys {
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
fn run(world: &World, intent: &Intent, registration: &Registration) -> Result<Receipt, Failure> {
    let mut known = world.known(registration.name.as_str());
    if let Intent::Replace(uid) = intent {
        known.target = world.state().accounts.get(uid.as_str()).cloned();
    }
    let report = Report {
        partition: registration.partition,
        method: registration.credential.method(),
        account: Some(registration.account),
        findings: vec![known.name_finding(intent, Some(registration))],
        notices: Vec::new(),
    };
    let preflight = Preflight { report, registration: Some(registration.clone()), known };
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
fn converges(start: &World, intent: &Intent, registration: &Registration) {
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
    drop(run(&world, &Intent::Register, &wanted(credential)).unwrap());
    world
}

/// Nothing is under way that could come to its end.
async fn no_rest(_round: usize) {}

#[test]
fn a_registration_that_was_cut_off_anywhere_is_mended_by_running_it_again() {
    converges(&World::default(), &Intent::Register, &wanted(keys(KEY)));
    converges(&World::default(), &Intent::Register, &wanted(role()));
    converges(&registered(keys(KEY)), &Intent::Register, &wanted(keys(NEW_KEY)));
}

#[test]
fn a_replacement_that_was_cut_off_anywhere_leaves_no_orphan() {
    let intent = Intent::Replace("uid-0".parse().unwrap());
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
        let receipt = run(&world, &Intent::Register, &wanted(credential)).unwrap();
        assert_eq!(receipt.outcome, Enrolled::Unchanged);
        assert_eq!(world.end_state(), before);
    }
}

#[test]
fn other_settings_update_and_another_identity_conflicts() {
    let world = registered(keys(KEY));
    let described =
        Registration { description: "now with words".parse().ok(), ..wanted(keys(KEY)) };
    assert_eq!(run(&world, &Intent::Register, &described).unwrap().outcome, Enrolled::Updated);
    let before = world.end_state();
    let elsewhere =
        Registration { account: "210987654321".parse().unwrap(), ..wanted(keys(NEW_KEY)) };
    for other in [elsewhere, wanted(role())] {
        let failure = run(&world, &Intent::Register, &other).unwrap_err();
        assert!(matches!(failure, Failure::Conflict(_)), "{failure:?}");
        assert_eq!(world.end_state(), before);
    }
}

#[test]
fn f18_what_a_report_does_not_clear_is_not_kept() {
    let world = World::default();
    let registration = wanted(keys(KEY));
    let failed = vec![NAME_FREE.failed("seen", "mend")];
    let report = Report {
        partition: Partition::Aws,
        method: Method::StaticCredentials,
        account: None,
        findings: failed,
        notices: Vec::new(),
    };
    for registration in [Some(registration), None] {
        let known = Known::default();
        let preflight = Preflight { report: report.clone(), registration, known };
        let failure =
            now(preflight.conclude(&Intent::Register, &world, &world, no_rest)).unwrap_err();
        assert!(matches!(failure, Failure::Blocked(_)), "{failure:?}");
    }
    assert_eq!(world.end_state(), State::default());
}

#[test]
fn a_refused_create_is_told_not_tried_again_and_leaves_nothing() {
    for (credential, calls) in [(role(), 2), (keys(KEY), 4)] {
        let world = World::default();
        world.state().refuses_create = true;
        let failure = run(&world, &Intent::Register, &wanted(credential)).unwrap_err();
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
    drop(run(&world, &Intent::Register, &wanted(keys(KEY))).unwrap_err());
    assert_eq!(world.end_state().secrets, before);
}

#[test]
fn of_two_that_replace_keys_at_the_same_time_one_wins_in_both_stores() {
    let world = registered(keys(KEY));
    let intent = Intent::Replace("uid-0".parse().unwrap());
    for others in [1, 2, 3, 40] {
        world.state().interferes = vec![wanted(keys(KEY)); others];
        let receipt = run(&world, &intent, &wanted(keys(NEW_KEY))).unwrap();
        let state = world.end_state();
        let shown = &state.accounts[receipt.uid.as_str()].access;
        let kept = state.secrets.values().next().unwrap();
        assert_eq!(*shown, Access::StaticKeys { access_key_id: kept.0.clone() }, "{others}");
    }
}

#[test]
fn keys_in_use_are_those_that_palette_has_whoever_gets_in_between() {
    // Stage, create, (find, replace,) promote.
    for (before, in_use) in [(1, KEY), (2, NEW_KEY)] {
        let world = World(Mutex::new(State { overtaken_before: Some(before), ..State::default() }));
        drop(run(&world, &Intent::Register, &wanted(keys(KEY))).unwrap());
        let end = world.end_state();
        let [account] = end.accounts.into_values().collect::<Vec<_>>().try_into().unwrap();
        assert_eq!(account.access, Access::StaticKeys { access_key_id: in_use.to_owned() });
        let [kept] = end.secrets.into_values().collect::<Vec<_>>().try_into().unwrap();
        assert_eq!(kept, (in_use.to_owned(), None, Some(account.uid)), "before call {before}");
    }
}
