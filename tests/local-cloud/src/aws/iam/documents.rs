//! Reads managed policies and their documents.
use super::{IamCall, paging, percent_encoded};
use crate::aws::refusal::AwsError;
use crate::aws::store::Policy;
use crate::aws::xml::Xml;
use crate::clock::iso8601;

impl IamCall<'_> {
    /// Authorizes the call and returns the policy that `PolicyArn` names.
    pub(super) fn policy(&self) -> Result<&Policy, AwsError> {
        let arn = self.form.need("PolicyArn")?;
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let sound = matches!(parts.as_slice(), ["arn", partition, "iam", "", _, rest]
            if *partition == self.caller.partition() && rest.starts_with("policy/"));
        if !sound {
            return Err(AwsError::new(400, "InvalidInput", format!("ARN {arn} is not valid.")));
        }
        self.allow(arn, &format!("policy {arn}"))?;
        self.store
            .policy(&self.caller.home, arn)
            .ok_or_else(|| AwsError::missing(format!("Policy {arn} was not found.")))
    }

    /// Returns `true` if the policy exists and is visible. A new policy is hidden from its first
    /// readers.
    pub(super) fn is_visible(&mut self, arn: &str) -> bool {
        let own = self.store.account_mut(&self.caller.home).policies.get_mut(arn);
        if let Some(policy) = own.filter(|policy| policy.unseen > 0) {
            policy.unseen -= 1;
            return false;
        }
        self.store.policy(&self.caller.home, arn).is_some()
    }

    /// Number of roles, users and groups that the policy is attached to.
    fn attachments(&self, arn: &str) -> usize {
        let account = self.store.account(&self.caller.home);
        let grants = account.into_iter().flat_map(|account| {
            let roles = account.roles.values().map(|role| &role.grants);
            let users = account.users.values().map(|user| &user.grants);
            roles.chain(users).chain(account.groups.values().map(|group| &group.grants))
        });
        grants.filter(|grants| grants.attached.iter().any(|one| one == arn)).count()
    }

    fn body(&self, xml: &mut Xml, policy: &Policy) {
        xml.element("PolicyName", &policy.name)
            .element("PolicyId", &policy.id)
            .element("Arn", &policy.arn);
        xml.element("Path", &policy.path)
            .element("DefaultVersionId", format!("v{}", policy.default));
        xml.element("AttachmentCount", self.attachments(&policy.arn))
            .element("PermissionsBoundaryUsageCount", 0);
        xml.element("IsAttachable", true)
            .optional_element("Description", policy.description.as_deref());
        xml.element("CreateDate", iso8601(policy.created))
            .element("UpdateDate", iso8601(policy.updated));
    }
}

pub(super) fn policy(call: &mut IamCall<'_>) -> Result<Xml, AwsError> {
    let found = call.policy()?.clone();
    if !call.is_visible(&found.arn) {
        return Err(AwsError::missing(format!("Policy {} was not found.", found.arn)));
    }
    let mut xml = Xml::default();
    xml.nested_element("Policy", |xml| {
        call.body(xml, &found);
        // `ListPolicies` returns no tags.
        if !found.tags.is_empty() {
            xml.list("Tags", &found.tags, |xml, (key, value)| {
                xml.element("Key", key).element("Value", value);
            });
        }
    });
    Ok(xml)
}

pub(super) fn version(call: &IamCall<'_>) -> Result<Xml, AwsError> {
    let policy = call.policy()?;
    let id = call.form.need("VersionId")?;
    let found = policy.versions.iter().find(|version| format!("v{}", version.number) == id);
    let missing = || {
        AwsError::missing(format!(
            "Policy {} version {id} does not exist or is not attachable.",
            policy.arn
        ))
    };
    let found = found.ok_or_else(missing)?;
    let mut xml = Xml::default();
    xml.nested_element("PolicyVersion", |xml| {
        xml.element("Document", percent_encoded(&found.text.raw)).element("VersionId", id);
        xml.element("IsDefaultVersion", found.number == policy.default)
            .element("CreateDate", iso8601(found.created));
    });
    Ok(xml)
}

pub(super) fn list(call: &IamCall<'_>) -> Result<Xml, AwsError> {
    call.allow("*", "policy path /")?;
    let scope = call.form.get("Scope").unwrap_or("All");
    let own = call
        .store
        .account(&call.caller.home)
        .into_iter()
        .flat_map(|account| account.policies.values());
    let managed = call.store.managed(call.caller.partition());
    let mut found: Vec<&Policy> = match scope {
        "All" => own.chain(managed).collect(),
        "AWS" => managed.collect(),
        "Local" => own.collect(),
        other => {
            return Err(AwsError::validation(format!(
                "Scope must be one of All, AWS, Local, not {other}."
            )));
        }
    };
    let prefix = call.form.get("PathPrefix").unwrap_or("/");
    let only_attached = call.form.get("OnlyAttached") == Some("true");
    found.retain(|policy| {
        policy.path.starts_with(prefix) && (!only_attached || call.attachments(&policy.arn) > 0)
    });
    let (page, marker) = call.page(found)?;
    let mut xml = Xml::default();
    xml.list("Policies", page, |xml, policy| call.body(xml, policy));
    paging(&mut xml, marker);
    Ok(xml)
}
