//! The outside of a registration, in memory.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard},
};

use super::*;

/// The outside, in memory. Each call may be cut off before or after it does its work.
#[derive(Default)]
pub(super) struct World(pub(super) Mutex<State>);

#[derive(Clone, Debug, Default)]
pub(super) struct State {
    pub(super) accounts: BTreeMap<String, CloudAccount>,
    /// Secret name → (current version, pending version, account it is in use for).
    pub(super) secrets: BTreeMap<String, (String, Option<String>, Option<Uid>)>,
    pub(super) calls: usize,
    pub(super) cut: Option<Cut>,
    pub(super) refuses_create: bool,
    /// Before which call another run puts other keys in use.
    pub(super) overtaken_before: Option<usize>,
    /// Registrations that come in between, each once.
    pub(super) interferes: Vec<Registration>,
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
pub(super) enum Cut {
    Before(usize),
    After(usize),
}

fn down() -> UpstreamError {
    UpstreamError::Unavailable { service: "the world", source: "cut off".into() }
}

impl World {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Does `work` as one call.
    pub(super) fn call<T>(
        &self,
        work: impl FnOnce(&mut State) -> Result<T, UpstreamError>,
    ) -> Result<T, UpstreamError> {
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

    pub(super) fn end_state(&self) -> State {
        State { calls: 0, cut: None, ..self.state().clone() }
    }

    pub(super) fn known(&self, name: &str) -> ExistingAccounts {
        let namesake = self.state().accounts.values().find(|known| known.name == name).cloned();
        ExistingAccounts { by_uid: None, by_name: namesake }
    }
}

fn secret_arn(registration: &Registration) -> SecretArn {
    let Registration { partition, account, name, .. } = registration;
    format!("arn:{partition}:secretsmanager:us-east-1:111122223333:secret:gangway/{account}/{name}")
        .parse()
        .unwrap()
}

impl SecretStore for World {
    async fn stage(
        &self,
        registration: &Registration,
    ) -> Result<Option<StagedSecret>, UpstreamError> {
        let Credential::AccessKey(keys) = &registration.credential else { return Ok(None) };
        let (secret, version) = (secret_arn(registration), keys.id.as_str().to_owned());
        let method = registration.credential.method();
        self.call(|state| {
            let Some(kept) = state.secrets.get_mut(secret.as_str()) else {
                let kept = (version.clone(), None, None);
                drop(state.secrets.insert(secret.to_string(), kept));
                return Ok(Some(StagedSecret {
                    secret,
                    method,
                    version,
                    status: SecretStatus::New,
                }));
            };
            if kept.0 != version {
                kept.1 = Some(version.clone());
            }
            let standing = match kept.2.clone() {
                None => SecretStatus::NeverUsed,
                Some(uid) if kept.0 == version => SecretStatus::ActiveFor(uid),
                Some(_) => SecretStatus::OtherVersionActive,
            };
            Ok(Some(StagedSecret { secret, method, version, status: standing }))
        })
    }

    async fn promote(&self, staged: &StagedSecret, uid: &Uid) -> Result<(), UpstreamError> {
        if staged.status.active_for() == Some(uid) {
            return Ok(());
        }
        self.call(|state| {
            if staged.status == SecretStatus::New {
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

    async fn is_active(&self, staged: &StagedSecret, uid: &Uid) -> Result<bool, UpstreamError> {
        self.call(|state| {
            let kept = state.secrets.get(staged.secret.as_str());
            Ok(kept.is_some_and(|kept| kept.0 == staged.version && kept.2.as_ref() == Some(uid)))
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
            let going = state.secrets.iter().filter(|(name, kept)| {
                kept.2.as_ref() == Some(uid) && keep.is_none_or(|arn| arn.as_str() != *name)
            });
            Ok(PendingDeletion(going.map(|(name, _)| name.parse().unwrap()).collect()))
        })
    }

    async fn delete_marked(
        &self,
        _uid: &Uid,
        condemned: PendingDeletion,
    ) -> Result<usize, UpstreamError> {
        self.call(|state| {
            for arn in &condemned.0 {
                drop(state.secrets.remove(arn.as_str()));
            }
            Ok(condemned.0.len())
        })
    }

    async fn unmark(&self, _condemned: PendingDeletion) -> Result<(), UpstreamError> {
        self.call(|_state| Ok(()))
    }
}

fn as_known(registration: &Registration, uid: &Uid) -> CloudAccount {
    let access = match &registration.credential {
        Credential::AccessKey(keys) => {
            StoredCredential::AccessKey { access_key_id: keys.id.as_str().to_owned() }
        }
        Credential::AssumedRole(assumed) => {
            StoredCredential::AssumedRole { role_arn: assumed.role.to_string() }
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
        policies: registration.policies.iter().map(ToString::to_string).collect(),
        annotations: BTreeMap::new(),
        labels: BTreeMap::new(),
        description: registration.description.as_ref().map(ToString::to_string),
        gateway: registration.gateway.as_ref().map(ToString::to_string),
        scope: registration.scope.clone(),
        state: None,
    }
}

impl CloudAccountStore for World {
    async fn find_by_name(
        &self,
        name: &AccountName,
    ) -> Result<Option<CloudAccount>, UpstreamError> {
        self.call(|state| {
            Ok(state.accounts.values().find(|known| known.name == name.as_str()).cloned())
        })
    }

    async fn get(&self, uid: &Uid) -> Result<CloudAccount, UpstreamError> {
        self.call(|state| {
            let found = state.accounts.get(uid.as_str()).cloned();
            found.ok_or(UpstreamError::NotFound { service: "the world", resource: "account" })
        })
    }

    async fn create(&self, registration: &Registration) -> Result<Uid, UpstreamError> {
        self.call(|state| {
            if state.refuses_create {
                return Err(UpstreamError::Rejected {
                    service: "the world",
                    reason: "quota".to_owned(),
                });
            }
            if state.accounts.values().any(|known| known.name == registration.name.as_str()) {
                return Err(UpstreamError::AlreadyExists { service: "the world" });
            }
            let uid: Uid = format!("uid-{}", state.accounts.len()).parse().unwrap();
            drop(state.accounts.insert(uid.to_string(), as_known(registration, &uid)));
            Ok(uid)
        })
    }

    async fn update(
        &self,
        known: &CloudAccount,
        registration: &Registration,
    ) -> Result<(), UpstreamError> {
        self.call(|state| {
            let uid = &known.uid;
            drop(state.accounts.insert(uid.to_string(), as_known(registration, uid)));
            Ok(())
        })?;
        let mut others = std::mem::take(&mut self.state().interferes);
        if let Some(other) = others.pop() {
            // Another run comes from its beginning to its end, undisturbed, while this one has yet to promote.
            drop(run(self, &Operation::Replace(known.uid.clone()), &other).unwrap());
        }
        self.state().interferes = others;
        Ok(())
    }
}
