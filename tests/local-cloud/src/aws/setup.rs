//! Handles with which tests set up AWS accounts, and read what is in them.
//!
//! Policy documents must follow AWS's rules: a document that is not valid makes the test fail.
mod account;
mod attached_policies;
mod role;
mod secret;
mod user;

use serde_json::Value;

use super::{Aws, partition, store};

pub use self::{
    account::Account,
    role::Role,
    secret::SecretSnapshot,
    user::{Group, User},
};

/// Credentials of a principal in AWS: access key id and secret access key. Temporary credentials
/// also have a session token.
#[derive(Clone, PartialEq, Eq)]
pub struct AwsCredentials {
    /// The access key id: `AKIA…`, or `ASIA…` for a session.
    pub id: String,
    /// The secret access key.
    pub secret: String,
    /// The session token of temporary credentials.
    pub token: Option<String>,
}

impl std::fmt::Debug for AwsCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Aws {
    /// Returns a handle to the account with this id. Creates the account if necessary.
    ///
    /// # Panics
    /// If the partition is unknown or the id does not have 12 digits.
    pub fn account(&self, partition: &str, id: &str) -> Account {
        assert!(partition::exists(partition), "The partition {partition} does not exist.");
        let is_account_id = id.len() == 12 && id.chars().all(|c| c.is_ascii_digit());
        assert!(is_account_id, "{id} is not an account id.");
        let account_key = (partition.to_owned(), id.to_owned());
        self.store().account_mut(&account_key);
        Account { aws: self.clone(), account_key }
    }

    /// Hides each new role, policy and secret from its first `reads` reads, as if it were not known
    /// everywhere yet.
    pub fn hide_new_resources(&self, reads: u32) {
        self.store().hide_new_for_reads = reads;
    }

    /// Makes AWS reject the first `calls` calls with each new access key. In AWS, a new key works
    /// only after some seconds.
    pub fn delay_new_keys(&self, calls: u32) {
        self.store().new_key_rejected_calls = calls;
    }

    /// Sets the condition key `aws:SourceIp` of all calls. The default is 127.0.0.1.
    pub fn set_source_ip(&self, address: &str) {
        address.clone_into(&mut self.store().source_ip);
    }
}

/// Makes the test fail because of a policy document that is not valid. `error` is AWS's message.
#[expect(clippy::panic, reason = "an invalid fixture must fail the test")]
fn panic_invalid_document<T>(error: &str, document: &Value) -> T {
    panic!("AWS would reject this document: {error}\n{document:#}")
}

fn long_lived_credentials(key: store::AccessKey) -> AwsCredentials {
    AwsCredentials { id: key.id, secret: key.secret, token: None }
}
