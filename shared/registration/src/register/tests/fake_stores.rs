//! Fakes of Palette and Secrets Manager that keep their data in memory.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard},
};

use super::*;

/// Fake of both stores. A call can be interrupted before or after its work.
#[derive(Default)]
pub(super) struct FakeStores {
    state: Mutex<FakeState>,
    pub(super) annotations: AnnotationSupport,
}

/// The data of both stores, and what the fake does with the next calls.
#[derive(Clone, Debug, Default)]
pub(super) struct FakeState {
    /// Accounts in Palette, by uid.
    pub(super) accounts: BTreeMap<String, CloudAccount>,
    /// Secrets in Secrets Manager, by ARN.
    pub(super) secrets: BTreeMap<String, FakeSecret>,
    pub(super) calls: usize,
    /// The call at which a run is interrupted.
    pub(super) interruption: Option<Interruption>,
    pub(super) rejects_create: bool,
    /// The call before which another run registers another access key.
    pub(super) concurrent_run_before: Option<usize>,
    /// Replacements by concurrent runs. After an update, each runs once and completely.
    pub(super) concurrent_replacements: Vec<Registration>,
}

impl PartialEq for FakeState {
    fn eq(&self, other: &Self) -> bool {
        (&self.accounts, &self.secrets) == (&other.accounts, &other.secrets)
    }
}

impl FakeState {
    /// Registers another access key in both stores, as a concurrent run does.
    fn run_concurrently(&mut self) {
        let other = registration(access_key(NEW_KEY));
        let uid = self.accounts.values().next().map(|account| account.uid.clone());
        let uid = uid.unwrap_or_else(|| "uid-0".parse().unwrap());
        drop(self.accounts.insert(uid.to_string(), to_cloud_account(&other, &uid)));
        let secret = FakeSecret { current: NEW_KEY.to_owned(), pending: None, uid: Some(uid) };
        drop(self.secrets.insert(secret_arn(&other).to_string(), secret));
    }
}

/// Interrupts a run before or after the work of the call with this number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Interruption {
    Before(usize),
    After(usize),
}

/// A secret: the access key ids in its versions, and the uid of the account that uses it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FakeSecret {
    pub(super) current: String,
    pub(super) pending: Option<String>,
    pub(super) uid: Option<Uid>,
}

fn unavailable() -> UpstreamError {
    UpstreamError::Unavailable { service: "the fake store", source: "interrupted".into() }
}

impl FakeStores {
    pub(super) fn new(state: FakeState) -> Self {
        Self { state: Mutex::new(state), annotations: AnnotationSupport::default() }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, FakeState> {
        self.state.lock().unwrap()
    }

    /// Counts a call and runs `work`, unless the call is interrupted.
    pub(super) fn call<T>(
        &self,
        work: impl FnOnce(&mut FakeState) -> Result<T, UpstreamError>,
    ) -> Result<T, UpstreamError> {
        let mut state = self.state();
        let number = state.calls;
        state.calls += 1;
        if state.concurrent_run_before == Some(number) {
            state.run_concurrently();
        }
        if state.interruption == Some(Interruption::Before(number)) {
            return Err(unavailable());
        }
        let done = work(&mut state)?;
        if state.interruption == Some(Interruption::After(number)) {
            Err(unavailable())
        } else {
            Ok(done)
        }
    }

    /// Returns the data of both stores after a run, for comparisons.
    pub(super) fn end_state(&self) -> FakeState {
        FakeState { calls: 0, interruption: None, ..self.state().clone() }
    }

    /// Returns the accounts that the checks of a registration with this name find.
    pub(super) fn existing(&self, name: &str) -> ExistingAccounts {
        let by_name = self.state().accounts.values().find(|account| account.name == name).cloned();
        ExistingAccounts { by_uid: None, by_name }
    }
}

fn secret_arn(registration: &Registration) -> SecretArn {
    let Registration { partition, account, name, .. } = registration;
    format!("arn:{partition}:secretsmanager:us-east-1:111122223333:secret:gangway/{account}/{name}")
        .parse()
        .unwrap()
}

impl SecretStore for FakeStores {
    async fn stage(
        &self,
        registration: &Registration,
    ) -> Result<Option<StagedSecret>, UpstreamError> {
        let Credential::AccessKey(access_key) = &registration.credential else { return Ok(None) };
        let (secret, version) = (secret_arn(registration), access_key.id.as_str().to_owned());
        let (method, settings) = (registration.credential.method(), registration.settings());
        self.call(|state| {
            let Some(stored) = state.secrets.get_mut(secret.as_str()) else {
                let new = FakeSecret { current: version.clone(), pending: None, uid: None };
                drop(state.secrets.insert(secret.to_string(), new));
                return Ok(Some(StagedSecret {
                    secret,
                    method,
                    settings,
                    version,
                    status: SecretStatus::New,
                }));
            };
            if stored.current != version {
                stored.pending = Some(version.clone());
            }
            let status = match stored.uid.clone() {
                None => SecretStatus::NeverUsed,
                Some(uid) if stored.current == version => SecretStatus::ActiveFor(uid),
                Some(_) => SecretStatus::OtherVersionActive,
            };
            Ok(Some(StagedSecret { secret, method, settings, version, status }))
        })
    }

    async fn promote(&self, staged: &StagedSecret, uid: &Uid) -> Result<(), UpstreamError> {
        if staged.status.active_for() == Some(uid) {
            return Ok(());
        }
        self.call(|state| {
            if staged.status == SecretStatus::New {
                // Promotes without reading which version is the current one.
                let stored =
                    state.secrets.get_mut(staged.secret.as_str()).ok_or_else(unavailable)?;
                stored.uid = Some(uid.clone());
                return Ok(());
            }
            let promoted = FakeSecret {
                current: staged.version.clone(),
                pending: None,
                uid: Some(uid.clone()),
            };
            drop(state.secrets.insert(staged.secret.to_string(), promoted));
            Ok(())
        })?;
        Ok(())
    }

    async fn is_active(&self, staged: &StagedSecret, uid: &Uid) -> Result<bool, UpstreamError> {
        self.call(|state| {
            let stored = state.secrets.get(staged.secret.as_str());
            Ok(stored.is_some_and(|stored| {
                stored.current == staged.version && stored.uid.as_ref() == Some(uid)
            }))
        })
    }

    async fn delete_staged(&self, staged: StagedSecret) -> Result<(), UpstreamError> {
        self.call(|state| {
            drop(state.secrets.remove(staged.secret.as_str()));
            Ok(())
        })
    }

    async fn mark_for_deletion(
        &self,
        SecretOwner { uid, .. }: SecretOwner<'_>,
        keep: Option<&SecretArn>,
    ) -> Result<PendingDeletion, UpstreamError> {
        self.call(|state| {
            let marked = state.secrets.iter().filter(|(arn, stored)| {
                stored.uid.as_ref() == Some(uid) && keep.is_none_or(|keep| keep.as_str() != *arn)
            });
            Ok(PendingDeletion(marked.map(|(arn, _)| arn.parse().unwrap()).collect()))
        })
    }

    async fn delete_marked(
        &self,
        _uid: &Uid,
        marked: PendingDeletion,
    ) -> Result<usize, UpstreamError> {
        self.call(|state| {
            for arn in &marked.0 {
                drop(state.secrets.remove(arn.as_str()));
            }
            Ok(marked.0.len())
        })
    }

    async fn unmark(&self, _marked: PendingDeletion) -> Result<(), UpstreamError> {
        self.call(|_state| Ok(()))
    }
}

fn to_cloud_account(registration: &Registration, uid: &Uid) -> CloudAccount {
    let access = match &registration.credential {
        Credential::AccessKey(access_key) => {
            StoredCredential::AccessKey { access_key_id: access_key.id.as_str().to_owned() }
        }
        Credential::StsRole(assumed) => {
            StoredCredential::StsRole { role_arn: assumed.role.to_string() }
        }
        Credential::PodIdentity(pod_identity) => StoredCredential::PodIdentity {
            role_arn: pod_identity.role.to_string(),
            permission_boundary_arn: String::new(),
        },
        Credential::AccessPortal(portal) => StoredCredential::AccessPortal {
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
        region: registration.region.clone(),
        waived_checks: registration.waived_checks.iter().map(|check| check.id.to_owned()).collect(),
        palette_cluster: registration.credential.palette_cluster().cloned(),
        policies: registration.policies.iter().map(ToString::to_string).collect(),
        portal_policy: None,
        annotations: BTreeMap::new(),
        labels: BTreeMap::new(),
        description: registration.description.as_ref().map(ToString::to_string),
        gateway: registration.gateway.as_ref().map(ToString::to_string),
        scope: registration.scope.clone(),
        state: None,
        token_expiry: None,
    }
}

impl CloudAccountStore for FakeStores {
    async fn find_by_name(
        &self,
        name: &AccountName,
    ) -> Result<Option<CloudAccount>, UpstreamError> {
        self.call(|state| {
            Ok(state.accounts.values().find(|account| account.name == name.as_str()).cloned())
        })
    }

    async fn get(&self, uid: &Uid) -> Result<CloudAccount, UpstreamError> {
        self.call(|state| {
            let found = state.accounts.get(uid.as_str()).cloned();
            found.ok_or(UpstreamError::NotFound { service: "the fake store", resource: "account" })
        })
    }

    async fn create(&self, registration: &Registration) -> Result<Uid, UpstreamError> {
        self.call(|state| {
            if state.rejects_create {
                return Err(UpstreamError::Rejected {
                    service: "the fake store",
                    reason: "quota".to_owned(),
                });
            }
            if state.accounts.values().any(|account| account.name == registration.name.as_str()) {
                return Err(UpstreamError::AlreadyExists { service: "the fake store" });
            }
            let uid: Uid = format!("uid-{}", state.accounts.len()).parse().unwrap();
            drop(state.accounts.insert(uid.to_string(), to_cloud_account(registration, &uid)));
            Ok(uid)
        })
    }

    async fn update(
        &self,
        account: &CloudAccount,
        registration: &Registration,
    ) -> Result<(), UpstreamError> {
        self.call(|state| {
            let uid = &account.uid;
            drop(state.accounts.insert(uid.to_string(), to_cloud_account(registration, uid)));
            Ok(())
        })?;
        let mut others = std::mem::take(&mut self.state().concurrent_replacements);
        if let Some(other) = others.pop() {
            // This run has not promoted its secret yet.
            drop(run(self, &Operation::Replace(account.uid.clone()), &other).unwrap());
        }
        self.state().concurrent_replacements = others;
        Ok(())
    }
}
