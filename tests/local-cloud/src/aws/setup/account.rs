//! An account: whom and what it has.

use serde_json::Value;

use super::{Group, Keys, Role, SecretSeen, User, keys, refused, secret};
use crate::aws::{
    Aws,
    iam::check_document,
    partition,
    policy::DocumentKind,
    store::{self, AccountKey, AttachedPolicies, Owner, PolicyText},
};

/// An account of a partition.
#[derive(Debug, Clone)]
pub struct Account {
    pub(super) aws: Aws,
    pub(super) home: AccountKey,
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
        let new =
            store::Group { name: name.into(), id, created, grants: AttachedPolicies::default() };
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
        let trust =
            PolicyText::read(&trust.to_string(), DocumentKind::Trust).expect("a sound document");
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
        let text = self.parse_identity_policy(document);
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
        let text = self.parse_identity_policy(document);
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
            .map(secret::snapshot)
            .collect()
    }

    /// A secret by name, in whatever region.
    pub fn secret(&self, name: &str) -> Option<SecretSeen> {
        self.secrets().into_iter().find(|secret| secret.name == name)
    }

    pub(crate) const fn aws(&self) -> &Aws {
        &self.aws
    }

    pub(in crate::aws) const fn home(&self) -> &AccountKey {
        &self.home
    }

    pub(super) fn parse_identity_policy(&self, document: &Value) -> PolicyText {
        let text = PolicyText::read(&document.to_string(), DocumentKind::Identity);
        let text = text.unwrap_or_else(|fault| refused(&fault, document));
        check_document(&text, &self.home.0).unwrap_or_else(|fault| refused(&fault, document));
        text
    }
}
