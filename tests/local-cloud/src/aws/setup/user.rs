//! Users with their keys, and groups.

use super::{Account, Keys, keys};
use crate::aws::store::Owner;

/// A user of an account.
#[derive(Debug, Clone)]
pub struct User {
    pub(super) account: Account,
    pub(super) name: String,
}

/// A group of an account.
#[derive(Debug, Clone)]
pub struct Group {
    pub(super) account: Account,
    pub(super) name: String,
}

impl User {
    /// `arn:…:user/<name>`
    pub fn arn(&self) -> String {
        format!("arn:{}:iam::{}:user/{}", self.account.home.0, self.account.home.1, self.name)
    }

    /// A new key pair.
    pub fn keys(&self) -> Keys {
        keys(self.account.aws.store().new_key(&self.account.home, Owner::User(self.name.clone())))
    }

    /// Takes a given key pair into service, as the samples of a document.
    pub fn with_keys(&self, id: &str, secret: &str) -> Keys {
        let mut store = self.account.aws.store();
        let mut key = store.new_key(&self.account.home, Owner::User(self.name.clone()));
        store.keys.remove(&key.id);
        (key.id, key.secret) = (id.to_owned(), secret.to_owned());
        store.keys.insert(key.id.clone(), key.clone());
        keys(key)
    }

    /// Makes a key inactive.
    pub fn deactivate(&self, keys: &Keys) -> &User {
        if let Some(key) = self.account.aws.store().keys.get_mut(&keys.id) {
            key.active = false;
        }
        self
    }

    /// Lets a key be so many days older than it is.
    pub fn age(&self, keys: &Keys, days: u32) -> &User {
        if let Some(key) = self.account.aws.store().keys.get_mut(&keys.id) {
            key.created -= i64::from(days) * 86_400;
        }
        self
    }

    /// Puts the user into a group.
    pub fn join(&self, group: &Group) -> &User {
        if let Some(user) =
            self.account.aws.store().account_mut(&self.account.home).users.get_mut(&self.name)
        {
            user.groups.push(group.name.clone());
        }
        self
    }

    /// Deletes the user with its keys.
    pub fn remove(self) {
        let mut store = self.account.aws.store();
        store.account_mut(&self.account.home).users.remove(&self.name);
        let owner = Owner::User(self.name.clone());
        store.keys.retain(|_, key| key.home != self.account.home || key.owner != owner);
    }
}
