//! Fixtures of roles and their sessions.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Account, AwsCredentials, panic_invalid_document};
use crate::aws::{
    authorize::Subject,
    iam::check_trust_policy,
    policy::{Context, DocumentKind, Outcome, PolicyQuery},
    store::{self, ParsedPolicy, Session},
    used_permissions,
};

/// A handle to a role.
#[derive(Debug, Clone)]
pub struct Role {
    pub(super) account: Account,
    pub(super) name: String,
}

impl Role {
    fn update<R>(&self, edit: impl FnOnce(&mut store::StoredRole) -> R) -> Option<R> {
        let mut store = self.account.aws.store();
        store
            .account_mut(&self.account.account_key)
            .roles
            .get_mut(&self.name.to_ascii_lowercase())
            .map(edit)
    }

    /// Returns the ARN, including the path.
    pub fn arn(&self) -> String {
        let path = self.update(|role| role.path.clone()).unwrap_or_else(|| "/".into());
        format!(
            "arn:{}:iam::{}:role{path}{}",
            self.account.account_key.0, self.account.account_key.1, self.name
        )
    }

    /// Sets the trust policy.
    ///
    /// # Panics
    /// If IAM would reject the document.
    pub fn set_trust_policy(&self, document: &Value) -> &Role {
        let text = ParsedPolicy::parse(&document.to_string(), DocumentKind::Trust)
            .unwrap_or_else(|fault| panic_invalid_document(&fault, document));
        let checked =
            check_trust_policy(&self.account.aws.store(), &text, &self.account.account_key);
        checked.unwrap_or_else(|fault| panic_invalid_document(&fault, document));
        self.update(|role| role.trust = text);
        self
    }

    /// Sets the maximum session duration, in seconds.
    pub fn set_max_session(&self, seconds: u32) -> &Role {
        self.update(|role| role.max_session = i64::from(seconds));
        self
    }

    pub fn tag(&self, key: &str, value: &str) -> &Role {
        self.update(|role| role.tags.insert(key.to_owned(), value.to_owned()));
        self
    }

    /// Hides the role from the next `reads` readers, like a new role.
    pub fn hide_for_reads(&self, reads: u32) -> &Role {
        self.update(|role| role.hidden_reads = reads);
        self
    }

    /// Returns `true` if the role's policies, boundary and SCPs allow the action.
    pub fn is_allowed(&self, action: &str, resource: &str) -> bool {
        let store = self.account.aws.store();
        let context = Context::default();
        let query = PolicyQuery { action, resource, context: &context };
        let subject = Subject::Role(self.name.clone());
        let decision = store.decide_for_subject(&self.account.account_key, &subject, query, None);
        let may = decision.outcome() == Outcome::Allowed;
        if may {
            used_permissions::record_use(&self.name, action, &decision.identity);
        }
        may
    }

    /// Returns the names of the sessions of this role, those that have expired too.
    pub fn session_names(&self) -> Vec<String> {
        let store = self.account.aws.store();
        let is_own = |session: &&Session| {
            session.account_key == self.account.account_key && session.role == self.name
        };
        store.sessions.values().filter(is_own).map(|session| session.name.clone()).collect()
    }

    /// Returns the credentials of the sessions of this role, those that have expired too.
    pub fn session_credentials(&self) -> Vec<AwsCredentials> {
        let store = self.account.aws.store();
        let sessions = store.sessions.iter().filter(|(_, session)| {
            session.account_key == self.account.account_key && session.role == self.name
        });
        let credentials = sessions.map(|(id, session)| AwsCredentials {
            id: id.clone(),
            secret: session.secret.clone(),
            token: Some(session.token.clone()),
        });
        credentials.collect()
    }

    /// Deletes the role. Its sessions become invalid.
    pub fn delete(self) {
        self.account
            .aws
            .store()
            .account_mut(&self.account.account_key)
            .roles
            .remove(&self.name.to_ascii_lowercase());
    }

    /// Creates a session of one hour, as for a Lambda function. The trust policy is not checked.
    pub fn session(&self, name: &str) -> AwsCredentials {
        self.session_with_duration(name, 3600)
    }

    /// Creates a session like `session`, with a duration in seconds.
    pub fn session_with_duration(&self, name: &str, seconds: u32) -> AwsCredentials {
        let mut store = self.account.aws.store();
        let id = store.generate_id("ASIA", &self.account.account_key.1);
        let session = Session {
            secret: store.generate_secret_key(),
            token: format!("IQoJb3JpZ2luX2Vj{}", store.generate_alphanumeric(256)),
            expires: store.now() + i64::from(seconds),
            account_key: self.account.account_key.clone(),
            role: self.name.clone(),
            name: name.to_owned(),
            tags: BTreeMap::new(),
            transitive: BTreeMap::new(),
            policies: Vec::new(),
        };
        let keys = AwsCredentials {
            id: id.clone(),
            secret: session.secret.clone(),
            token: Some(session.token.clone()),
        };
        store.sessions.insert(id, session);
        keys
    }
}
