//! How a test furnishes AWS and looks at what became of it.
//!
//! Everything is held to AWS's own rules for documents: a fixture that AWS would refuse ends the test.
mod account;
mod grants;
mod role;
mod secret;
mod user;

use serde_json::Value;

use super::{Aws, partition, store};

pub use self::{
    account::Account,
    role::Role,
    secret::SecretSeen,
    user::{Group, User},
};

/// An access key pair, with a session token where it is temporary.
#[derive(Clone, PartialEq, Eq)]
pub struct Keys {
    /// `AKIA…`, or `ASIA…` of a session.
    pub id: String,
    /// The secret access key.
    pub secret: String,
    /// The session token.
    pub token: Option<String>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Aws {
    /// The account with this id, founded if need be. `partition` is `aws`, `aws-us-gov`, `aws-iso` or `aws-iso-b`.
    ///
    /// # Panics
    /// For a partition that is not served here, or an id that is not 12 digits.
    pub fn account(&self, partition: &str, id: &str) -> Account {
        assert!(partition::exists(partition), "no partition {partition}");
        assert!(id.len() == 12 && id.chars().all(|c| c.is_ascii_digit()), "no account id: {id}");
        let home = (partition.to_owned(), id.to_owned());
        self.store().account_mut(&home);
        Account { aws: self.clone(), home }
    }

    /// What is created by API from now on is not seen by its next so many readers: roles, policies, secrets.
    pub fn settle_after(&self, looks: u32) {
        self.store().settling = looks;
    }

    /// Where calls seem to come from (`aws:SourceIp`); at first 127.0.0.1.
    pub fn source_ip(&self, address: &str) {
        address.clone_into(&mut self.store().source_ip);
    }
}

#[expect(clippy::panic, reason = "a fixture that AWS would refuse proves nothing")]
fn refused<T>(fault: &str, document: &Value) -> T {
    panic!("AWS would refuse this document: {fault}\n{document:#}")
}

fn keys(key: store::AccessKey) -> Keys {
    Keys { id: key.id, secret: key.secret, token: None }
}
