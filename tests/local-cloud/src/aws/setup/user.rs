//! Fixtures of users and groups.

use super::{Account, AwsCredentials, long_lived_credentials};
use crate::aws::store::Owner;

/// A handle to a user.
#[derive(Debug, Clone)]
pub struct User {
    pub(super) account: Account,
    pub(super) name: String,
}

/// A handle to a group.
#[derive(Debug, Clone)]
pub struct Group {
    pub(super) account: Account,
    pub(super) name: String,
}

impl User {
    /// Returns `arn:…:user/<name>`.
    pub fn arn(&self) -> String {
        format!(
            "arn:{}:iam::{}:user/{}",
            self.account.account_key.0, self.account.account_key.1, self.name
        )
    }

    /// Creates an access key.
    pub fn create_access_key(&self) -> AwsCredentials {
        long_lived_credentials(
            self.account
                .aws
                .store()
                .create_access_key(&self.account.account_key, Owner::User(self.name.clone())),
        )
    }

    /// Creates an access key with a given id and secret.
    pub fn import_access_key(&self, id: &str, secret: &str) -> AwsCredentials {
        let mut store = self.account.aws.store();
        let mut key =
            store.create_access_key(&self.account.account_key, Owner::User(self.name.clone()));
        store.keys.remove(&key.id);
        (key.id, key.secret) = (id.to_owned(), secret.to_owned());
        store.keys.insert(key.id.clone(), key.clone());
        long_lived_credentials(key)
    }

    pub fn deactivate_key(&self, keys: &AwsCredentials) -> &User {
        if let Some(key) = self.account.aws.store().keys.get_mut(&keys.id) {
            key.active = false;
        }
        self
    }

    /// Deletes a key.
    pub fn delete_key(&self, keys: &AwsCredentials) -> &User {
        self.account.aws.store().keys.remove(&keys.id);
        self
    }

    /// Activates a deactivated key.
    pub fn activate_key(&self, id: &str) -> &User {
        if let Some(key) = self.account.aws.store().keys.get_mut(id) {
            key.active = true;
        }
        self
    }

    /// Returns the user's access keys, oldest first, and whether they are active.
    pub fn access_keys(&self) -> Vec<(AwsCredentials, bool)> {
        let store = self.account.aws.store();
        let owner = Owner::User(self.name.clone());
        let own = store
            .keys
            .values()
            .filter(|key| key.account_key == self.account.account_key && key.owner == owner);
        let mut keys: Vec<_> = own.cloned().collect();
        keys.sort_by(|a, b| (a.created, &a.id).cmp(&(b.created, &b.id)));
        keys.into_iter()
            .map(|key| (key.active, key))
            .map(|(on, key)| (long_lived_credentials(key), on))
            .collect()
    }

    /// Makes a key older by a number of days.
    pub fn set_key_age(&self, keys: &AwsCredentials, days: u32) -> &User {
        if let Some(key) = self.account.aws.store().keys.get_mut(&keys.id) {
            key.created -= i64::from(days) * 86_400;
        }
        self
    }

    pub fn tag(&self, key: &str, value: &str) -> &User {
        let mut store = self.account.aws.store();
        let users = &mut store.account_mut(&self.account.account_key).users;
        if let Some(user) = users.get_mut(&self.name) {
            user.tags.insert(key.to_owned(), value.to_owned());
        }
        self
    }

    /// Adds the user to a group.
    pub fn add_to_group(&self, group: &Group) -> &User {
        if let Some(user) = self
            .account
            .aws
            .store()
            .account_mut(&self.account.account_key)
            .users
            .get_mut(&self.name)
        {
            user.groups.push(group.name.clone());
        }
        self
    }

    /// Deletes the user and its access keys.
    pub fn delete(self) {
        let mut store = self.account.aws.store();
        store.account_mut(&self.account.account_key).users.remove(&self.name);
        let owner = Owner::User(self.name.clone());
        store
            .keys
            .retain(|_, key| key.account_key != self.account.account_key || key.owner != owner);
    }
}
