//! Fixtures of an account: principals, policies, SCPs, quotas.

use serde_json::Value;

use super::{
    AwsCredentials, Group, Role, SecretSnapshot, User, long_lived_credentials,
    panic_invalid_document, secret,
};
use crate::aws::{
    Aws,
    iam::check_document,
    key_policy::KeyPolicy,
    partition,
    policy::DocumentKind,
    secrets_manager::{Payload, SecretVersion, StoredSecret},
    store::{self, AccountKey, Owner, ParsedPolicy, PrincipalPolicies},
};

/// A handle to an account. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Account {
    pub(super) aws: Aws,
    pub(super) account_key: AccountKey,
}

impl Account {
    /// Returns the account id.
    pub fn id(&self) -> &str {
        &self.account_key.1
    }

    pub fn partition(&self) -> &str {
        &self.account_key.0
    }

    /// Returns the id of the organization that the account is in.
    pub fn organization_id(&self) -> Option<String> {
        self.aws.store().organization_id(&self.account_key).map(str::to_owned)
    }

    /// Returns the region in whose scope IAM calls are signed.
    pub fn iam_region(&self) -> &'static str {
        partition::iam_region(&self.account_key.0)
    }

    /// Returns `arn:…:iam::<id>:root`.
    pub fn root_arn(&self) -> String {
        format!("arn:{}:iam::{}:root", self.account_key.0, self.account_key.1)
    }

    /// Returns the ARN of an AWS managed policy, for example `AdministratorAccess`.
    pub fn managed_policy_arn(&self, name: &str) -> String {
        format!("arn:{}:iam::aws:policy/{name}", self.account_key.0)
    }

    /// Creates an access key of the root user.
    pub fn create_root_access_key(&self) -> AwsCredentials {
        long_lived_credentials(self.aws.store().create_access_key(&self.account_key, Owner::Root))
    }

    /// Returns a user. Creates the user if necessary.
    pub fn user(&self, name: &str) -> User {
        let mut store = self.aws.store();
        let new = store.new_user(&self.account_key, name, "/");
        store.account_mut(&self.account_key).users.entry(name.to_owned()).or_insert(new);
        User { account: self.clone(), name: name.to_owned() }
    }

    /// Returns a group. Creates the group if necessary.
    pub fn group(&self, name: &str) -> Group {
        let mut store = self.aws.store();
        let (id, created) = (store.generate_id("AGPA", &self.account_key.1), store.now());
        let new = store::StoredGroup {
            name: name.into(),
            id,
            created,
            policies: PrincipalPolicies::default(),
        };
        store.account_mut(&self.account_key).groups.entry(name.to_owned()).or_insert(new);
        Group { account: self.clone(), name: name.to_owned() }
    }

    /// Returns a role. Creates it if necessary, with a trust policy for its own account.
    pub fn role(&self, name: &str) -> Role {
        self.role_with_path("/", name)
    }

    /// Creates a role like `role`, with a path such as `/team/`.
    ///
    /// # Panics
    /// Never.
    pub fn role_with_path(&self, path: &str, name: &str) -> Role {
        let trust = serde_json::json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Principal": { "AWS": self.root_arn() }, "Action": "sts:AssumeRole" }] });
        let trust =
            ParsedPolicy::parse(&trust.to_string(), DocumentKind::Trust).expect("a valid document");
        let mut store = self.aws.store();
        let mut new = store.new_role(&self.account_key, name, path, trust);
        new.hidden_reads = 0;
        store.account_mut(&self.account_key).roles.entry(name.to_ascii_lowercase()).or_insert(new);
        Role { account: self.clone(), name: name.to_owned() }
    }

    /// Creates a managed policy or a new default version of it. Returns its ARN.
    ///
    /// # Panics
    /// If IAM would reject the document.
    pub fn policy(&self, name: &str, document: &Value) -> String {
        self.policy_with_path("/", name, document)
    }

    /// Creates a policy like `policy`, with a path such as `/team/`.
    ///
    /// # Panics
    /// If IAM would reject the document.
    pub fn policy_with_path(&self, path: &str, name: &str, document: &Value) -> String {
        let text = self.parse_identity_policy(document);
        let mut store = self.aws.store();
        let mut new = store.new_policy(&self.account_key, name, path, text);
        new.hidden_reads = 0;
        let arn = new.arn.clone();
        let policies = &mut store.account_mut(&self.account_key).policies;
        match policies.get_mut(&arn) {
            None => drop(policies.insert(arn.clone(), new)),
            Some(existing) => {
                let version = new.versions.into_iter().map(|version| store::PolicyVersion {
                    number: existing.next_number,
                    ..version
                });
                existing.versions.extend(version);
                existing.default_number = existing.next_number;
                existing.next_number += 1;
            }
        }
        arn
    }

    /// Deletes a managed policy, even if it is attached.
    pub fn delete_policy(&self, arn: &str) {
        self.aws.store().account_mut(&self.account_key).policies.remove(arn);
    }

    /// Attaches an SCP beside `FullAWSAccess`.
    ///
    /// # Panics
    /// If IAM would reject the document.
    pub fn attach_scp(&self, name: &str, document: &Value) -> &Account {
        let full = serde_json::json!({ "Version": "2012-10-17",
            "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] });
        self.attach_only_scp("FullAWSAccess", &full).attach_only_scp(name, document)
    }

    /// Attaches an SCP without `FullAWSAccess`: what no SCP allows is denied.
    ///
    /// # Panics
    /// If IAM would reject the document.
    pub fn attach_only_scp(&self, name: &str, document: &Value) -> &Account {
        let text = self.parse_identity_policy(document);
        let mut store = self.aws.store();
        let scps = &mut store.account_mut(&self.account_key).scps;
        scps.retain(|(one, _)| one != name);
        scps.push((name.to_owned(), text));
        drop(store);
        self
    }

    /// Detaches an SCP.
    pub fn detach_scp(&self, name: &str) -> &Account {
        self.aws.store().account_mut(&self.account_key).scps.retain(|(one, _)| one != name);
        self
    }

    /// Closes the account, or opens it again. All calls to a closed account fail.
    pub fn set_closed(&self, closed: bool) -> &Account {
        self.aws.store().account_mut(&self.account_key).closed = closed;
        self
    }

    /// Sets a quota by its name in `GetAccountSummary`, for example `AttachedPoliciesPerRoleQuota`.
    pub fn set_quota(&self, name: &str, value: u32) -> &Account {
        self.aws.store().account_mut(&self.account_key).quotas.insert(name.to_owned(), value);
        self
    }

    /// Returns all secrets of all regions, including those in a recovery window.
    pub fn secrets(&self) -> Vec<SecretSnapshot> {
        let store = self.aws.store();
        store
            .account(&self.account_key)
            .into_iter()
            .flat_map(|account| account.secrets.values())
            .map(secret::snapshot)
            .collect()
    }

    /// Sets the policy of a customer managed KMS key. Without one, IAM policies alone decide who
    /// uses the key.
    ///
    /// # Panics
    /// If KMS would reject the policy.
    pub fn set_key_policy(&self, key_arn: &str, policy: &Value) {
        let policy = KeyPolicy::new(key_arn, policy);
        let mut store = self.aws.store();
        store.account_mut(&self.account_key).key_policies.insert(key_arn.to_owned(), policy);
    }

    /// Creates a secret with tags, as an interrupted run leaves one.
    pub fn leave_secret(&self, region: &str, name: &str, value: &str, tags: &[(&str, &str)]) {
        let mut store = self.aws.store();
        let (now, (partition, account)) = (store.now(), &self.account_key);
        let stages = ["AWSCURRENT".to_owned()].into();
        let payload = Payload::Text(value.to_owned());
        let version = SecretVersion { id: "1".repeat(32), payload, stages, created: now };
        let tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let secret = StoredSecret {
            arn: format!("arn:{partition}:secretsmanager:{region}:{account}:secret:{name}-AbCdEf"),
            name: name.to_owned(),
            description: None,
            kms_key: None,
            tags: tags.collect(),
            versions: vec![version],
            created: now,
            changed: now,
            accessed: None,
            deletion_date: None,
            deletion_days: None,
            hidden_reads: 0,
            rotation: None,
        };
        let key = (region.to_owned(), name.to_owned());
        store.account_mut(&self.account_key).secrets.insert(key, secret);
    }

    /// Returns a secret by name, in any region.
    pub fn secret(&self, name: &str) -> Option<SecretSnapshot> {
        self.secrets().into_iter().find(|secret| secret.name == name)
    }

    pub(crate) const fn aws(&self) -> &Aws {
        &self.aws
    }

    pub(in crate::aws) const fn account_key(&self) -> &AccountKey {
        &self.account_key
    }

    pub(super) fn parse_identity_policy(&self, document: &Value) -> ParsedPolicy {
        let text = ParsedPolicy::parse(&document.to_string(), DocumentKind::Identity);
        let text = text.unwrap_or_else(|fault| panic_invalid_document(&fault, document));
        check_document(&text, &self.account_key.0)
            .unwrap_or_else(|fault| panic_invalid_document(&fault, document));
        text
    }
}
