//! How a test furnishes AWS and looks at what became of it.
//!
//! Everything is held to AWS's own rules for documents: a fixture that AWS would refuse ends the test.
use std::collections::BTreeMap;

use serde_json::Value;

use super::Aws;
use super::authorize::Subject;
use super::iam::{check_document, check_trust};
use super::partition;
use super::policy::{Context, Kind, Outcome, Query};
use super::rights;
use super::secrets::Payload;
use super::store::{self, Grants, Home, Owner, Session, Text};

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

/// An account of a partition.
#[derive(Debug, Clone)]
pub struct Account {
    aws: Aws,
    home: Home,
}

/// A user of an account.
#[derive(Debug, Clone)]
pub struct User {
    account: Account,
    name: String,
}

/// A group of an account.
#[derive(Debug, Clone)]
pub struct Group {
    account: Account,
    name: String,
}

/// A role of an account.
#[derive(Debug, Clone)]
pub struct Role {
    account: Account,
    name: String,
}

/// A secret as a test sees it, with no permission asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretSeen {
    /// With its six random characters.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// The key it is encrypted with, as its creator named it.
    pub kms_key: Option<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Version ids and their labels, oldest first, unlabelled ones too.
    pub versions: Vec<(String, Vec<String>)>,
    /// The value of AWSCURRENT: text, or base64 of bytes.
    pub current: Option<String>,
    /// The value of AWSPENDING.
    pub pending: Option<String>,
    /// In its recovery window.
    pub deleted: bool,
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

impl Account {
    /// 12 digits.
    pub fn id(&self) -> &str {
        &self.home.1
    }

    /// Its partition.
    pub fn partition(&self) -> &str {
        &self.home.0
    }

    /// The region that its partition's IAM is signed for.
    pub fn iam_region(&self) -> &'static str {
        partition::iam_region(&self.home.0)
    }

    /// `arn:…:iam::<id>:root`
    pub fn root_arn(&self) -> String {
        format!("arn:{}:iam::{}:root", self.home.0, self.home.1)
    }

    /// The ARN of one of AWS's own policies: `AdministratorAccess`, `service-role/AmazonEBSCSIDriverPolicy`.
    pub fn managed(&self, name: &str) -> String {
        format!("arn:{}:iam::aws:policy/{name}", self.home.0)
    }

    /// Keys of the root user.
    pub fn root_keys(&self) -> Keys {
        keys(self.aws.store().new_key(&self.home, Owner::Root))
    }

    /// A user, created if need be.
    pub fn user(&self, name: &str) -> User {
        let mut store = self.aws.store();
        let new = store.new_user(&self.home, name, "/");
        store.account_mut(&self.home).users.entry(name.to_owned()).or_insert(new);
        User { account: self.clone(), name: name.to_owned() }
    }

    /// A group, created if need be.
    pub fn group(&self, name: &str) -> Group {
        let mut store = self.aws.store();
        let (id, created) = (store.unique_id("AGPA", &self.home.1), store.now());
        let new = store::Group { name: name.into(), id, created, grants: Grants::default() };
        store.account_mut(&self.home).groups.entry(name.to_owned()).or_insert(new);
        Group { account: self.clone(), name: name.to_owned() }
    }

    /// A role, created if need be; at first it trusts its own account.
    pub fn role(&self, name: &str) -> Role {
        self.role_at("/", name)
    }

    /// The same under a path, as `/team/`.
    ///
    /// # Panics
    /// Never, as the first trust is sound.
    pub fn role_at(&self, path: &str, name: &str) -> Role {
        let trust = serde_json::json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Principal": { "AWS": self.root_arn() }, "Action": "sts:AssumeRole" }] });
        let trust = Text::read(&trust.to_string(), Kind::Trust).expect("a sound document");
        let mut store = self.aws.store();
        let mut new = store.new_role(&self.home, name, path, trust);
        new.unseen = 0;
        store.account_mut(&self.home).roles.entry(name.to_ascii_lowercase()).or_insert(new);
        Role { account: self.clone(), name: name.to_owned() }
    }

    /// A managed policy of its own, or a new version of it that is in force at once. Its ARN.
    ///
    /// # Panics
    /// For a document that IAM would refuse.
    pub fn policy(&self, name: &str, document: &Value) -> String {
        self.policy_at("/", name, document)
    }

    /// The same under a path, as `/team/`.
    ///
    /// # Panics
    /// For a document that IAM would refuse.
    pub fn policy_at(&self, path: &str, name: &str, document: &Value) -> String {
        let text = self.identity(document);
        let mut store = self.aws.store();
        let mut new = store.new_policy(&self.home, name, path, text);
        new.unseen = 0;
        let arn = new.arn.clone();
        let policies = &mut store.account_mut(&self.home).policies;
        match policies.get_mut(&arn) {
            None => drop(policies.insert(arn.clone(), new)),
            Some(there) => {
                let version = new
                    .versions
                    .into_iter()
                    .map(|version| store::Version { number: there.next, ..version });
                there.versions.extend(version);
                there.default = there.next;
                there.next += 1;
            }
        }
        arn
    }

    /// A managed policy is deleted, whoever has it attached.
    pub fn remove_policy(&self, arn: &str) {
        self.aws.store().account_mut(&self.home).policies.remove(arn);
    }

    /// Puts the account into an organization with this service control policy beside `FullAWSAccess`.
    ///
    /// # Panics
    /// For a document that IAM would refuse.
    pub fn scp(&self, name: &str, document: &Value) -> &Account {
        let full = serde_json::json!({ "Version": "2012-10-17",
            "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] });
        self.only_scp("FullAWSAccess", &full).only_scp(name, document)
    }

    /// The same without `FullAWSAccess`: what no policy of the organization allows is denied.
    ///
    /// # Panics
    /// For a document that IAM would refuse.
    pub fn only_scp(&self, name: &str, document: &Value) -> &Account {
        let text = self.identity(document);
        let mut store = self.aws.store();
        let scps = &mut store.account_mut(&self.home).scps;
        scps.retain(|(one, _)| one != name);
        scps.push((name.to_owned(), text));
        drop(store);
        self
    }

    /// Takes a service control policy away again.
    pub fn lift_scp(&self, name: &str) -> &Account {
        self.aws.store().account_mut(&self.home).scps.retain(|(one, _)| one != name);
        self
    }

    /// Shuts everybody out, as AWS does with accounts that are suspended or closed; or lets them in again.
    pub fn close(&self, closed: bool) -> &Account {
        self.aws.store().account_mut(&self.home).closed = closed;
        self
    }

    /// A quota by its name in `GetAccountSummary`: `AttachedPoliciesPerRoleQuota`.
    pub fn quota(&self, name: &str, value: u32) -> &Account {
        self.aws.store().account_mut(&self.home).quotas.insert(name.to_owned(), value);
        self
    }

    /// Every secret in every region, by name, those in their recovery window too.
    pub fn secrets(&self) -> Vec<SecretSeen> {
        let store = self.aws.store();
        store
            .account(&self.home)
            .into_iter()
            .flat_map(|account| account.secrets.values())
            .map(seen)
            .collect()
    }

    /// A secret by name, in whatever region.
    pub fn secret(&self, name: &str) -> Option<SecretSeen> {
        self.secrets().into_iter().find(|secret| secret.name == name)
    }

    pub(crate) const fn aws(&self) -> &Aws {
        &self.aws
    }

    pub(super) const fn home(&self) -> &Home {
        &self.home
    }

    fn identity(&self, document: &Value) -> Text {
        let text = Text::read(&document.to_string(), Kind::Identity);
        let text = text.unwrap_or_else(|fault| refused(&fault, document));
        check_document(&text, &self.home.0).unwrap_or_else(|fault| refused(&fault, document));
        text
    }
}

#[expect(clippy::panic, reason = "a fixture that AWS would refuse proves nothing")]
fn refused<T>(fault: &str, document: &Value) -> T {
    panic!("AWS would refuse this document: {fault}\n{document:#}")
}

fn keys(key: store::AccessKey) -> Keys {
    Keys { id: key.id, secret: key.secret, token: None }
}

fn seen(secret: &super::secrets::Secret) -> SecretSeen {
    let value = |stage| {
        secret.staged(stage).map(|version| match &version.payload {
            Payload::Text(value) | Payload::Binary(value) => value.clone(),
        })
    };
    SecretSeen {
        arn: secret.arn.clone(),
        name: secret.name.clone(),
        kms_key: secret.kms.clone(),
        tags: secret.tags.clone(),
        versions: secret
            .versions
            .iter()
            .map(|one| (one.id.clone(), one.stages.iter().cloned().collect()))
            .collect(),
        current: value("AWSCURRENT"),
        pending: value("AWSPENDING"),
        deleted: secret.deletion.is_some(),
    }
}

/// Where an account keeps somebody's grants.
type FindGrants = for<'a> fn(&'a mut store::Account, &str) -> Option<&'a mut Grants>;

/// What users, groups and roles have in common.
macro_rules! holds_grants {
    ($holder:ident, $change:expr) => {
        impl $holder {
            fn change(&self, change: impl FnOnce(&mut Grants)) -> &Self {
                let mut store = self.account.aws.store();
                let account = store.account_mut(&self.account.home);
                let find: FindGrants = $change;
                if let Some(grants) = find(account, &self.name) {
                    change(grants);
                }
                drop(store);
                self
            }

            /// Attaches a managed policy by ARN.
            ///
            /// # Panics
            /// Where there is none.
            pub fn attach(&self, arn: &str) -> &Self {
                assert!(
                    self.account.aws.store().policy(&self.account.home, arn).is_some(),
                    "no policy {arn}"
                );
                self.change(|grants| {
                    if !grants.attached.iter().any(|one| one == arn) {
                        grants.attached.push(arn.to_owned());
                    }
                })
            }

            /// Detaches a managed policy.
            pub fn detach(&self, arn: &str) -> &Self {
                self.change(|grants| grants.attached.retain(|one| one != arn))
            }

            /// Gives it an inline policy.
            ///
            /// # Panics
            /// For a document that IAM would refuse.
            pub fn inline(&self, name: &str, document: &Value) -> &Self {
                let text = self.account.identity(document);
                self.change(|grants| drop(grants.inline.insert(name.to_owned(), text)))
            }

            /// Sets its permissions boundary: the ARN of a policy.
            pub fn boundary(&self, arn: &str) -> &Self {
                self.change(|grants| grants.boundary = Some(arn.to_owned()))
            }

            /// Attached ARNs, in the order of attachment.
            pub fn attached(&self) -> Vec<String> {
                let mut attached = Vec::new();
                self.change(|grants| attached.clone_from(&grants.attached));
                attached
            }
        }
    };
}

holds_grants!(User, |account, name| account.users.get_mut(name).map(|user| &mut user.grants));
holds_grants!(Group, |account, name| account.groups.get_mut(name).map(|group| &mut group.grants));
holds_grants!(Role, |account, name| account
    .roles
    .get_mut(&name.to_ascii_lowercase())
    .map(|role| &mut role.grants));

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
        let text = Text::read(&document.to_string(), Kind::Trust)
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
        let query = Query { action, resource, context: &context };
        let subject = Subject::Role(self.name.clone());
        let decision = store.decide(&self.account.home, &subject, query, None);
        let may = decision.outcome() == Outcome::Allowed;
        if may {
            rights::used(&self.name, action, &decision.identity);
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
            token: format!("IQoJb3JpZ2luX2Vj{}", store.letters(256)),
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
