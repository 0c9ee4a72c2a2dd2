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

fn down() -> PortError {
    PortError::Unavailable { service: "the world", source: "cut off".into() }
}

impl World {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Does `work` as one call.
    pub(super) fn call<T>(
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

    pub(super) fn end_state(&self) -> State {
        State { calls: 0, cut: None, ..self.state().clone() }
    }

    pub(super) fn known(&self, name: &str) -> Known {
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
        let method = registration.credential.method();
        self.call(|state| {
            let Some(kept) = state.secrets.get_mut(secret.as_str()) else {
                let kept = (version.clone(), None, None);
                drop(state.secrets.insert(secret.to_string(), kept));
                return Ok(Some(Staged { secret, method, version, standing: Standing::New }));
            };
            if kept.0 != version {
                kept.1 = Some(version.clone());
            }
            let standing = match kept.2.clone() {
                None => Standing::Unused,
                Some(uid) if kept.0 == version => Standing::InUse(uid),
                Some(_) => Standing::Used,
            };
            Ok(Some(Staged { secret, method, version, standing }))
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

    async fn condemn(
        &self,
        Owner { uid, .. }: Owner<'_>,
        keep: Option<&SecretArn>,
    ) -> Result<Condemned, PortError> {
        self.call(|state| {
            let going = state.secrets.iter().filter(|(name, kept)| {
                kept.2.as_ref() == Some(uid) && keep.is_none_or(|arn| arn.as_str() != *name)
            });
            Ok(Condemned(going.map(|(name, _)| name.parse().unwrap()).collect()))
        })
    }

    async fn retire(&self, _uid: &Uid, condemned: Condemned) -> Result<usize, PortError> {
        self.call(|state| {
            for arn in &condemned.0 {
                drop(state.secrets.remove(arn.as_str()));
            }
            Ok(condemned.0.len())
        })
    }

    async fn spare(&self, _condemned: Condemned) -> Result<(), PortError> {
        self.call(|_state| Ok(()))
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
