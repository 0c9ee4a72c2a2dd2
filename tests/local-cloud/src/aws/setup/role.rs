//! Roles with their sessions.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Account, Keys, refused};
use crate::aws::{
    authorize::Subject,
    iam::check_trust,
    policy::{Context, DocumentKind, Outcome, PolicyQuery},
    rights,
    store::{self, PolicyText, Session},
};

/// A role of an account.
#[derive(Debug, Clone)]
pub struct Role {
    pub(super) account: Account,
    pub(super) name: String,
}

impl Role {
    fn edit<R>(&self, edit: impl FnOnce(&mut store::Role) -> R) -> Option<R> {
        let mut store = self.account.aws.store();
        store
            .account_mut(&self.account.home)
            .roles
            .get_mut(&self.name.to_ascii_lowercase())
            .map(edit)
    }

    /// With its path.
    pub fn arn(&self) -> String {
        let path = self.edit(|role| role.path.clone()).unwrap_or_else(|| "/".into());
        format!("arn:{}:iam::{}:role{path}{}", self.account.home.0, self.account.home.1, self.name)
    }

    /// Sets its trust policy.
    ///
    /// # Panics
    /// For a document that IAM would refuse.
    pub fn trust(&self, document: &Value) -> &Role {
        let text = PolicyText::read(&document.to_string(), DocumentKind::Trust)
            .unwrap_or_else(|fault| refused(&fault, document));
        let checked = check_trust(&self.account.aws.store(), &text, &self.account.home);
        checked.unwrap_or_else(|fault| refused(&fault, document));
        self.edit(|role| role.trust = text);
        self
    }

    /// The longest session, in seconds.
    pub fn max_session(&self, seconds: u32) -> &Role {
        self.edit(|role| role.max_session = i64::from(seconds));
        self
    }

    /// Adds a tag.
    pub fn tag(&self, key: &str, value: &str) -> &Role {
        self.edit(|role| role.tags.insert(key.to_owned(), value.to_owned()));
        self
    }

    /// The next so many looks will not find it, as if it were new.
    pub fn unseen(&self, looks: u32) -> &Role {
        self.edit(|role| role.unseen = looks);
        self
    }

    /// Whether its policies, within its boundary and its organization's, let it: asked before a service uses it.
    pub fn may(&self, action: &str, resource: &str) -> bool {
        let store = self.account.aws.store();
        let context = Context::default();
        let query = PolicyQuery { action, resource, context: &context };
        let subject = Subject::Role(self.name.clone());
        let decision = store.decide(&self.account.home, &subject, query, None);
        let may = decision.outcome() == Outcome::Allowed;
        if may {
            rights::record(&self.name, action, &decision.identity);
        }
        may
    }

    /// Deletes it; its sessions end.
    pub fn remove(self) {
        self.account
            .aws
            .store()
            .account_mut(&self.account.home)
            .roles
            .remove(&self.name.to_ascii_lowercase());
    }

    /// Keys of a session of an hour, as a Lambda function gets them from its execution role. Trust is not asked.
    pub fn session(&self, name: &str) -> Keys {
        self.session_of(name, 3600)
    }

    /// The same of so many seconds.
    pub fn session_of(&self, name: &str, seconds: u32) -> Keys {
        let mut store = self.account.aws.store();
        let id = store.unique_id("ASIA", &self.account.home.1);
        let session = Session {
            secret: store.secret_key(),
            token: format!("IQoJb3JpZ2luX2Vj{}", store.alphanumeric(256)),
            expires: store.now() + i64::from(seconds),
            home: self.account.home.clone(),
            role: self.name.clone(),
            name: name.to_owned(),
            tags: BTreeMap::new(),
            transitive: BTreeMap::new(),
            policies: Vec::new(),
        };
        let keys = Keys {
            id: id.clone(),
            secret: session.secret.clone(),
            token: Some(session.token.clone()),
        };
        store.sessions.insert(id, session);
        keys
    }
}
