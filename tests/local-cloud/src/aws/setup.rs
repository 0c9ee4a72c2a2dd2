//! Fixtures of AWS.
//!
//! Policy documents must follow AWS's rules: an invalid document fails the test.
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

/// Access key id and secret access key, with a session token for temporary credentials.
#[derive(Clone, PartialEq, Eq)]
pub struct AwsCredentials {
    /// The id of the access key: `AKIA…`, or `ASIA…` for a session.
    pub id: String,
    pub secret: String,
    pub token: Option<String>,
}

impl std::fmt::Debug for AwsCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Aws {
    /// Returns a handle to an account. Creates the account if necessary.
    ///
    /// # Panics
    /// If the partition is unknown or the id does not have 12 digits.
    pub fn account(&self, partition: &str, id: &str) -> Account {
        assert!(partition::exists(partition), "no partition {partition}");
        assert!(id.len() == 12 && id.chars().all(|c| c.is_ascii_digit()), "no account id: {id}");
        let account_key = (partition.to_owned(), id.to_owned());
        self.store().account_mut(&account_key);
        Account { aws: self.clone(), account_key }
    }

    /// Hides each new role, policy and secret from its first `reads` reads.
    pub fn hide_new_resources(&self, reads: u32) {
        self.store().hide_new_for_reads = reads;
    }

    /// Lets AWS refuse each new access key for its first `calls` calls: IAM takes seconds to make it known.
    pub fn delay_new_keys(&self, calls: u32) {
        self.store().new_keys_unknown_for = calls;
    }

    /// Sets `aws:SourceIp` of all calls. The default is 127.0.0.1.
    pub fn set_source_ip(&self, address: &str) {
        address.clone_into(&mut self.store().source_ip);
    }
}

#[expect(clippy::panic, reason = "an invalid fixture must fail the test")]
fn panic_invalid_document<T>(fault: &str, document: &Value) -> T {
    panic!("AWS would reject this document: {fault}\n{document:#}")
}

fn long_lived_credentials(key: store::AccessKey) -> AwsCredentials {
    AwsCredentials { id: key.id, secret: key.secret, token: None }
}
