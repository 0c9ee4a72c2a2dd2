//! IAM actions that read managed policies and their documents.
use super::{IamCall, percent_encoded, write_paging};
use crate::aws::error::AwsError;
use crate::aws::store::StoredPolicy;
use crate::aws::xml::Xml;
use crate::clock::iso8601;

impl IamCall<'_> {
    /// Authorizes the call. Returns the managed policy that the parameter `PolicyArn` names.
    pub(super) fn policy(&self) -> Result<&StoredPolicy, AwsError> {
        let arn = self.form.required("PolicyArn")?;
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let is_valid = matches!(parts.as_slice(), ["arn", partition, "iam", "", _, resource]
            if *partition == self.caller.partition() && resource.starts_with("policy/"));
        if !is_valid {
            return Err(AwsError::new(400, "InvalidInput", format!("ARN {arn} is not valid.")));
        }
        self.authorize(arn, &format!("policy {arn}"))?;
        self.store
            .policy(&self.caller.account_key, arn)
            .ok_or_else(|| AwsError::no_such_entity(format!("Policy {arn} was not found.")))
    }

    /// Returns `true` if the managed policy with this ARN exists and is not hidden. Each check of a
    /// hidden policy counts as one of the reads from which it is hidden.
    pub(super) fn check_visible(&mut self, arn: &str) -> bool {
        let customer_policy =
            self.store.account_mut(&self.caller.account_key).policies.get_mut(arn);
        if let Some(policy) = customer_policy.filter(|policy| policy.hidden_reads > 0) {
            policy.hidden_reads -= 1;
            return false;
        }
        self.store.policy(&self.caller.account_key, arn).is_some()
    }

    /// Counts the roles, users and groups that the managed policy with this ARN is attached to.
    fn count_attachments(&self, arn: &str) -> usize {
        let account = self.store.account(&self.caller.account_key);
        let policies = account.into_iter().flat_map(|account| {
            let roles = account.roles.values().map(|role| &role.policies);
            let users = account.users.values().map(|user| &user.policies);
            roles.chain(users).chain(account.groups.values().map(|group| &group.policies))
        });
        policies.filter(|policies| policies.attached.iter().any(|attached| attached == arn)).count()
    }

    /// Adds the elements of a managed policy to a response, without its tags.
    fn write_policy(&self, xml: &mut Xml, policy: &StoredPolicy) {
        xml.element("PolicyName", &policy.name)
            .element("PolicyId", &policy.id)
            .element("Arn", &policy.arn);
        xml.element("Path", &policy.path)
            .element("DefaultVersionId", format!("v{}", policy.default_number));
        xml.element("AttachmentCount", self.count_attachments(&policy.arn))
            .element("PermissionsBoundaryUsageCount", 0);
        xml.element("IsAttachable", true)
            .optional_element("Description", policy.description.as_deref());
        xml.element("CreateDate", iso8601(policy.created))
            .element("UpdateDate", iso8601(policy.updated));
    }
}

/// Serves `GetPolicy`.
pub(super) fn get_policy(call: &mut IamCall<'_>) -> Result<Xml, AwsError> {
    let found = call.policy()?.clone();
    if !call.check_visible(&found.arn) {
        return Err(AwsError::no_such_entity(format!("Policy {} was not found.", found.arn)));
    }
    let mut xml = Xml::default();
    xml.nested_element("Policy", |xml| {
        call.write_policy(xml, &found);
        // Only `GetPolicy` returns tags, not `ListPolicies`.
        if !found.tags.is_empty() {
            xml.list("Tags", &found.tags, |xml, (key, value)| {
                xml.element("Key", key).element("Value", value);
            });
        }
    });
    Ok(xml)
}

/// Serves `GetPolicyVersion`.
pub(super) fn get_policy_version(call: &IamCall<'_>) -> Result<Xml, AwsError> {
    let policy = call.policy()?;
    let id = call.form.required("VersionId")?;
    let version = policy.versions.iter().find(|version| format!("v{}", version.number) == id);
    let missing = || {
        AwsError::no_such_entity(format!(
            "Policy {} version {id} does not exist or is not attachable.",
            policy.arn
        ))
    };
    let version = version.ok_or_else(missing)?;
    let mut xml = Xml::default();
    xml.nested_element("PolicyVersion", |xml| {
        xml.element("Document", percent_encoded(&version.policy.raw)).element("VersionId", id);
        xml.element("IsDefaultVersion", version.number == policy.default_number)
            .element("CreateDate", iso8601(version.created));
    });
    Ok(xml)
}

/// Serves `ListPolicies`.
pub(super) fn list_policies(call: &IamCall<'_>) -> Result<Xml, AwsError> {
    call.authorize("*", "policy path /")?;
    let scope = call.form.get("Scope").unwrap_or("All");
    let customer_managed = call
        .store
        .account(&call.caller.account_key)
        .into_iter()
        .flat_map(|account| account.policies.values());
    let aws_managed = call.store.managed_policies(call.caller.partition());
    let mut found: Vec<&StoredPolicy> = match scope {
        "All" => customer_managed.chain(aws_managed).collect(),
        "AWS" => aws_managed.collect(),
        "Local" => customer_managed.collect(),
        other => {
            return Err(AwsError::validation(format!(
                "Scope must be one of All, AWS, Local, not {other}."
            )));
        }
    };
    let prefix = call.form.get("PathPrefix").unwrap_or("/");
    let only_attached = call.form.get("OnlyAttached") == Some("true");
    found.retain(|policy| {
        policy.path.starts_with(prefix)
            && (!only_attached || call.count_attachments(&policy.arn) > 0)
    });
    let (page, marker) = call.page(found)?;
    let mut xml = Xml::default();
    xml.list("Policies", page, |xml, policy| call.write_policy(xml, policy));
    write_paging(&mut xml, marker);
    Ok(xml)
}
