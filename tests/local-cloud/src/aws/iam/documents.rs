//! Managed policies: one, its document, or all of them.
use super::{Call, encoded, paging};
use crate::aws::refusal::Refusal;
use crate::aws::store::Policy;
use crate::aws::xml::Xml;
use crate::clock::iso8601;

impl Call<'_> {
    /// The policy that `PolicyArn` names, after the caller was let through to it.
    pub(super) fn policy(&self) -> Result<&Policy, Refusal> {
        let arn = self.form.need("PolicyArn")?;
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let sound = matches!(parts.as_slice(), ["arn", partition, "iam", "", _, rest]
            if *partition == self.caller.partition() && rest.starts_with("policy/"));
        if !sound {
            return Err(Refusal::new(400, "InvalidInput", format!("ARN {arn} is not valid.")));
        }
        self.allow(arn, &format!("policy {arn}"))?;
        self.store
            .policy(&self.caller.home, arn)
            .ok_or_else(|| Refusal::missing(format!("Policy {arn} was not found.")))
    }

    /// Whether a policy is there, and is seen: one that was just made is overlooked some times.
    pub(super) fn sees(&mut self, arn: &str) -> bool {
        let own = self.store.account_mut(&self.caller.home).policies.get_mut(arn);
        if let Some(policy) = own.filter(|policy| policy.unseen > 0) {
            policy.unseen -= 1;
            return false;
        }
        self.store.policy(&self.caller.home, arn).is_some()
    }

    /// How many roles, users and groups have it.
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
        xml.leaf("PolicyName", &policy.name).leaf("PolicyId", &policy.id).leaf("Arn", &policy.arn);
        xml.leaf("Path", &policy.path).leaf("DefaultVersionId", format!("v{}", policy.default));
        xml.leaf("AttachmentCount", self.attachments(&policy.arn))
            .leaf("PermissionsBoundaryUsageCount", 0);
        xml.leaf("IsAttachable", true).maybe("Description", policy.description.as_deref());
        xml.leaf("CreateDate", iso8601(policy.created)).leaf("UpdateDate", iso8601(policy.updated));
    }
}

pub(super) fn policy(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let found = call.policy()?.clone();
    if !call.sees(&found.arn) {
        return Err(Refusal::missing(format!("Policy {} was not found.", found.arn)));
    }
    let mut xml = Xml::default();
    xml.node("Policy", |xml| {
        call.body(xml, &found);
        // Lists do not have them.
        if !found.tags.is_empty() {
            xml.list("Tags", &found.tags, |xml, (key, value)| {
                xml.leaf("Key", key).leaf("Value", value);
            });
        }
    });
    Ok(xml)
}

pub(super) fn version(call: &Call<'_>) -> Result<Xml, Refusal> {
    let policy = call.policy()?;
    let id = call.form.need("VersionId")?;
    let found = policy.versions.iter().find(|version| format!("v{}", version.number) == id);
    let missing = || {
        Refusal::missing(format!(
            "Policy {} version {id} does not exist or is not attachable.",
            policy.arn
        ))
    };
    let found = found.ok_or_else(missing)?;
    let mut xml = Xml::default();
    xml.node("PolicyVersion", |xml| {
        xml.leaf("Document", encoded(&found.text.raw)).leaf("VersionId", id);
        xml.leaf("IsDefaultVersion", found.number == policy.default)
            .leaf("CreateDate", iso8601(found.created));
    });
    Ok(xml)
}

pub(super) fn list(call: &Call<'_>) -> Result<Xml, Refusal> {
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
            return Err(Refusal::validation(format!(
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
