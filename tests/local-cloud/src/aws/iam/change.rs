//! IAM actions that create policies and users, and functions that create entities, which tests use
//! too.
use std::collections::BTreeMap;

use super::IamCall;
use crate::aws::error::AwsError;
use crate::aws::store::{
    AccessKey, AccountKey, Owner, ParsedPolicy, PolicyVersion, PrincipalPolicies, Store,
    StoredPolicy, StoredRole, StoredUser,
};
use crate::aws::xml::Xml;
use crate::clock::iso8601;

/// Checks that every resource ARN in a policy document is in this partition.
///
/// # Errors
/// AWS's message, with the ARN that is in another partition.
pub(crate) fn check_document(policy: &ParsedPolicy, partition: &str) -> Result<(), String> {
    let is_other_partition = |arn: &&str| {
        let found = arn.strip_prefix("arn:").and_then(|rest| rest.split(':').next());
        found.is_some_and(|found| found != partition && !found.contains(['*', '?', '$']))
    };
    match policy.document.resources().find(is_other_partition) {
        Some(arn) => {
            let found = arn.split(':').nth(1).unwrap_or_default();
            Err(format!("Partition \"{found}\" is not valid for resource \"{arn}\"."))
        }
        None => Ok(()),
    }
}

/// Checks that every principal in a trust policy exists in the partition of the role.
///
/// # Errors
/// AWS's message, with the principal that does not exist.
pub(crate) fn check_trust_policy(
    store: &Store,
    policy: &ParsedPolicy,
    account_key: &AccountKey,
) -> Result<(), String> {
    for principals in
        policy.document.statements.iter().filter_map(|statement| statement.principals.as_ref())
    {
        if let Some(name) =
            principals.aws.iter().find(|name| !principal_exists(store, name, &account_key.0))
        {
            return Err(format!("Invalid principal in policy: \"AWS\":\"{name}\""));
        }
        // Pod Identity is not offered in the Top Secret partition. AWS does not document the Secret
        // partition.
        let has_pod_identity = account_key.0 != "aws-iso";
        let is_known = |name: &str| {
            name.contains(".amazonaws.com")
                && (has_pod_identity || name != "pods.eks.amazonaws.com")
        };
        if let Some(name) = principals.services.iter().find(|name| !is_known(name)) {
            return Err(format!("Invalid principal in policy: \"SERVICE\":\"{name}\""));
        }
    }
    Ok(())
}

/// Returns `true` if a principal exists in a partition. `name` is `*`, an account id or an ARN.
fn principal_exists(store: &Store, name: &str, partition: &str) -> bool {
    let is_account_id = |text: &str| text.len() == 12 && text.chars().all(|c| c.is_ascii_digit());
    let parts: Vec<&str> = name.splitn(6, ':').collect();
    match parts.as_slice() {
        ["*"] => true,
        [account] => is_account_id(account),
        ["arn", found, "iam" | "sts", "", account, resource]
            if *found == partition && is_account_id(account) =>
        {
            let account = store.account(&(partition.to_owned(), (*account).to_owned()));
            let name = resource.rsplit('/').next().unwrap_or_default();
            match resource.split_once('/').map_or(*resource, |(kind, _)| kind) {
                "root" | "assumed-role" => true,
                "user" => account.is_some_and(|account| account.users.contains_key(name)),
                "role" => account
                    .is_some_and(|account| account.roles.contains_key(&name.to_ascii_lowercase())),
                _ => false,
            }
        }
        _ => false,
    }
}

impl Store {
    /// Creates an active access key for a user or for the root user.
    pub(crate) fn create_access_key(
        &mut self,
        account_key: &AccountKey,
        owner: Owner,
    ) -> AccessKey {
        let (id, secret) = (self.generate_id("AKIA", &account_key.1), self.generate_secret_key());
        let (account_key, created) = (account_key.clone(), self.now());
        let key = AccessKey {
            id: id.clone(),
            secret,
            account_key,
            owner,
            active: true,
            created,
            rejected_calls: self.new_key_rejected_calls,
            last_use: None,
        };
        self.keys.insert(id, key.clone());
        key
    }

    /// Builds a user without policies. It is not stored yet.
    pub(crate) fn new_user(
        &mut self,
        account_key: &AccountKey,
        name: &str,
        path: &str,
    ) -> StoredUser {
        let (id, created) = (self.generate_id("AIDA", &account_key.1), self.now());
        StoredUser {
            name: name.into(),
            path: path.into(),
            id,
            created,
            policies: PrincipalPolicies::default(),
            groups: Vec::new(),
            tags: BTreeMap::new(),
        }
    }

    /// Builds a role without permission policies. It is not stored yet.
    pub(crate) fn new_role(
        &mut self,
        account_key: &AccountKey,
        name: &str,
        path: &str,
        trust: ParsedPolicy,
    ) -> StoredRole {
        StoredRole {
            name: name.into(),
            path: path.into(),
            id: self.generate_id("AROA", &account_key.1),
            created: self.now(),
            description: None,
            trust,
            max_session: 3600,
            policies: PrincipalPolicies::default(),
            tags: BTreeMap::new(),
            hidden_reads: self.hide_new_for_reads,
        }
    }

    /// Builds a managed policy with one version. It is not stored yet.
    pub(crate) fn new_policy(
        &mut self,
        account_key: &AccountKey,
        name: &str,
        path: &str,
        document: ParsedPolicy,
    ) -> StoredPolicy {
        let created = self.now();
        StoredPolicy {
            arn: format!("arn:{}:iam::{}:policy{path}{name}", account_key.0, account_key.1),
            name: name.into(),
            path: path.into(),
            id: self.generate_id("ANPA", &account_key.1),
            description: None,
            created,
            updated: created,
            versions: vec![PolicyVersion { number: 1, policy: document, created }],
            default_number: 1,
            next_number: 2,
            tags: BTreeMap::new(),
            hidden_reads: self.hide_new_for_reads,
        }
    }
}

impl IamCall<'_> {
    /// Parses the name and the path of a new entity. `member` is the parameter with the name, and
    /// `max_length` the maximum length of the name.
    ///
    /// # Errors
    /// AWS's validation error.
    pub(super) fn parse_name_and_path(
        &self,
        member: &str,
        max_length: usize,
    ) -> Result<(String, String), AwsError> {
        let name = self.form.required(member)?;
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
        if name.len() > max_length || !name.chars().all(is_allowed) {
            return Err(AwsError::validation(format!(
                "The specified value for {member} is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-"
            )));
        }
        let path = self.form.get("Path").unwrap_or("/");
        if !path.starts_with('/') || !path.ends_with('/') {
            return Err(AwsError::validation(
                "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.",
            ));
        }
        Ok((name.to_owned(), path.to_owned()))
    }
}

/// Serves `TagPolicy`.
pub(super) fn tag_policy(call: &mut IamCall<'_>) -> Result<Xml, AwsError> {
    let (arn, tags) = (call.policy()?.arn.clone(), call.form.tags());
    if let Some(policy) = call.store.account_mut(&call.caller.account_key).policies.get_mut(&arn) {
        policy.tags.extend(tags);
    }
    Ok(Xml::default())
}

/// Serves `CreatePolicy`.
pub(super) fn create_policy(call: &mut IamCall<'_>) -> Result<Xml, AwsError> {
    let (name, path) = call.parse_name_and_path("PolicyName", 128)?;
    let arn = call.arn(&format!("policy{path}{name}"));
    call.authorize(&arn, &format!("policy {name}"))?;
    call.authorize_tags("iam:TagPolicy", &arn)?;
    let raw = call.form.required("PolicyDocument")?;
    let document = call.parse_document(raw)?;
    let account_key = call.caller.account_key.clone();
    // Two policies may not have the same name, even with other paths, and even if case differs.
    let has_same_name = |policy: &StoredPolicy| policy.name.eq_ignore_ascii_case(&name);
    if call
        .store
        .account(&account_key)
        .is_some_and(|account| account.policies.values().any(has_same_name))
    {
        let message =
            format!("A policy called {name} already exists. Duplicate names are not allowed.");
        return Err(AwsError::new(409, "EntityAlreadyExists", message));
    }
    let mut policy = call.store.new_policy(&account_key, &name, &path, document);
    policy.description = call.form.get("Description").map(str::to_owned);
    policy.tags = call.form.tags();
    let mut xml = Xml::default();
    xml.nested_element("Policy", |xml| {
        xml.element("PolicyName", &name)
            .element("PolicyId", &policy.id)
            .element("Arn", &arn)
            .element("Path", &path);
        xml.element("DefaultVersionId", "v1")
            .element("AttachmentCount", 0)
            .element("IsAttachable", true);
        xml.element("CreateDate", iso8601(policy.created))
            .element("UpdateDate", iso8601(policy.updated));
    });
    call.store.account_mut(&account_key).policies.insert(arn, policy);
    Ok(xml)
}

/// Serves `CreateUser`.
pub(super) fn create_user(call: &mut IamCall<'_>) -> Result<Xml, AwsError> {
    let (name, path) = call.parse_name_and_path("UserName", 64)?;
    let arn = call.arn(&format!("user{path}{name}"));
    call.authorize(&arn, &arn)?;
    let account_key = call.caller.account_key.clone();
    if call.store.account(&account_key).is_some_and(|account| account.users.contains_key(&name)) {
        return Err(AwsError::new(
            409,
            "EntityAlreadyExists",
            format!("User with name {name} already exists."),
        ));
    }
    let user = call.store.new_user(&account_key, &name, &path);
    let mut xml = Xml::default();
    xml.nested_element("User", |xml| {
        xml.element("Path", &path)
            .element("UserName", &name)
            .element("UserId", &user.id)
            .element("Arn", &arn);
        xml.element("CreateDate", iso8601(user.created));
    });
    call.store.account_mut(&account_key).users.insert(name, user);
    Ok(xml)
}
