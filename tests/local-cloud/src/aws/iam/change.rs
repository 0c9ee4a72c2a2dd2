//! Creates policies and users, and the entities that tests set up.
use std::collections::BTreeMap;

use super::IamCall;
use crate::aws::error::AwsError;
use crate::aws::store::{
    AccessKey, AccountKey, Owner, ParsedPolicy, PolicyVersion, PrincipalPolicies, Store,
    StoredPolicy, StoredRole, StoredUser,
};
use crate::aws::xml::Xml;
use crate::clock::iso8601;

/// Checks that every ARN in a document is of this partition.
pub(crate) fn check_document(text: &ParsedPolicy, partition: &str) -> Result<(), String> {
    let is_other_partition = |arn: &&str| {
        let named = arn.strip_prefix("arn:").and_then(|rest| rest.split(':').next());
        named.is_some_and(|named| named != partition && !named.contains(['*', '?', '$']))
    };
    match text.document.resources().find(is_other_partition) {
        Some(arn) => {
            let named = arn.split(':').nth(1).unwrap_or_default();
            Err(format!("Partition \"{named}\" is not valid for resource \"{arn}\"."))
        }
        None => Ok(()),
    }
}

/// Checks that every principal of a trust policy exists in the role's partition.
pub(crate) fn check_trust(
    store: &Store,
    text: &ParsedPolicy,
    account_key: &AccountKey,
) -> Result<(), String> {
    for principals in
        text.document.statements.iter().filter_map(|statement| statement.principals.as_ref())
    {
        if let Some(name) =
            principals.aws.iter().find(|name| !principal_exists(store, name, &account_key.0))
        {
            return Err(format!("Invalid principal in policy: \"AWS\":\"{name}\""));
        }
        // Pod Identity is not offered in the Top Secret partition. AWS does not document the Secret
        // partition.
        let offered = account_key.0 != "aws-iso";
        let known = |name: &str| {
            name.contains(".amazonaws.com") && (offered || name != "pods.eks.amazonaws.com")
        };
        if let Some(name) = principals.services.iter().find(|name| !known(name)) {
            return Err(format!("Invalid principal in policy: \"SERVICE\":\"{name}\""));
        }
    }
    Ok(())
}

fn principal_exists(store: &Store, name: &str, partition: &str) -> bool {
    let digits = |text: &str| text.len() == 12 && text.chars().all(|c| c.is_ascii_digit());
    let parts: Vec<&str> = name.splitn(6, ':').collect();
    match parts.as_slice() {
        ["*"] => true,
        [account] => digits(account),
        ["arn", named, "iam" | "sts", "", account, rest]
            if *named == partition && digits(account) =>
        {
            let account = store.account(&(partition.to_owned(), (*account).to_owned()));
            let name = rest.rsplit('/').next().unwrap_or_default();
            match rest.split_once('/').map_or(*rest, |(kind, _)| kind) {
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
    /// Creates an access key.
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
            unknown_for: self.new_keys_unknown_for,
            used: None,
        };
        self.keys.insert(id, key.clone());
        key
    }

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

    pub(crate) fn new_policy(
        &mut self,
        account_key: &AccountKey,
        name: &str,
        path: &str,
        text: ParsedPolicy,
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
            versions: vec![PolicyVersion { number: 1, text, created }],
            default: 1,
            next: 2,
            tags: BTreeMap::new(),
            hidden_reads: self.hide_new_for_reads,
        }
    }
}

impl IamCall<'_> {
    /// Checks name and path.
    pub(super) fn parse_name_and_path(
        &self,
        member: &str,
        longest: usize,
    ) -> Result<(String, String), AwsError> {
        let name = self.form.required(member)?;
        let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
        if name.len() > longest || !name.chars().all(allowed) {
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

pub(super) fn tag_policy(call: &mut IamCall<'_>) -> Result<Xml, AwsError> {
    let (arn, tags) = (call.policy()?.arn.clone(), call.form.tags());
    if let Some(policy) = call.store.account_mut(&call.caller.account_key).policies.get_mut(&arn) {
        policy.tags.extend(tags);
    }
    Ok(Xml::default())
}

pub(super) fn create_policy(call: &mut IamCall<'_>) -> Result<Xml, AwsError> {
    let (name, path) = call.parse_name_and_path("PolicyName", 128)?;
    let arn = call.arn(&format!("policy{path}{name}"));
    call.authorize(&arn, &format!("policy {name}"))?;
    call.authorize_tags("iam:TagPolicy", &arn)?;
    let raw = call.form.required("PolicyDocument")?;
    let text = call.parse_document(raw)?;
    let account_key = call.caller.account_key.clone();
    // Names are unique without regard to path and case.
    let taken = |policy: &StoredPolicy| policy.name.eq_ignore_ascii_case(&name);
    if call.store.account(&account_key).is_some_and(|account| account.policies.values().any(taken))
    {
        let message =
            format!("A policy called {name} already exists. Duplicate names are not allowed.");
        return Err(AwsError::new(409, "EntityAlreadyExists", message));
    }
    let mut policy = call.store.new_policy(&account_key, &name, &path, text);
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
