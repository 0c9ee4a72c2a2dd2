//! IAM actions for the versions of a managed policy. A policy has at most five versions; one is the
//! default.
use super::{IamCall, check_document, write_paging};
use crate::aws::error::AwsError;
use crate::aws::policy::DocumentKind;
use crate::aws::store::{ParsedPolicy, PolicyVersion, StoredPolicy};
use crate::aws::xml::Xml;
use crate::clock::iso8601;

/// Adds the elements of a policy version to a response, without its document.
fn write_version(xml: &mut Xml, policy: &StoredPolicy, version: &PolicyVersion) {
    xml.element("VersionId", format!("v{}", version.number));
    xml.element("IsDefaultVersion", version.number == policy.default_number)
        .element("CreateDate", iso8601(version.created));
}

/// Serves `ListPolicyVersions`.
pub(super) fn list(call: &IamCall<'_>) -> Result<Xml, AwsError> {
    let policy = call.policy()?;
    let (page, marker) = call.page(policy.versions.iter().rev().collect())?;
    let mut xml = Xml::default();
    xml.list("Versions", page, |xml, version| write_version(xml, policy, version));
    write_paging(&mut xml, marker);
    Ok(xml)
}

/// Authorizes the call. Returns the managed policy that the call changes: it must be a customer
/// managed policy of the caller's account.
fn customer_policy_mut<'a>(call: &'a mut IamCall<'_>) -> Result<&'a mut StoredPolicy, AwsError> {
    let arn = call.policy()?.arn.clone();
    let message = "AWS managed policies cannot be modified.";
    let policy = call.store.account_mut(&call.caller.account_key).policies.get_mut(&arn);
    policy.ok_or_else(|| AwsError::new(403, "AccessDenied", message))
}

/// Serves `CreatePolicyVersion`.
pub(super) fn create(call: &mut IamCall<'_>) -> Result<Xml, AwsError> {
    let raw = call.form.required("PolicyDocument")?.to_owned();
    let document = call.parse_document(&raw)?;
    let (now, quota) = (call.store.now(), call.quota("VersionsPerPolicyQuota"));
    let is_default = call.form.get("SetAsDefault") == Some("true");
    let policy = customer_policy_mut(call)?;
    if policy.versions.len() >= quota {
        let message = format!(
            "A managed policy can have up to {quota} versions. Before you create a new version, you must delete an existing version."
        );
        return Err(AwsError::new(409, "LimitExceeded", message));
    }
    let version = PolicyVersion { number: policy.next_number, policy: document, created: now };
    policy.next_number += 1;
    policy.updated = now;
    if is_default {
        policy.default_number = version.number;
    }
    policy.versions.push(version.clone());
    let mut xml = Xml::default();
    xml.nested_element("PolicyVersion", |xml| write_version(xml, policy, &version));
    Ok(xml)
}

/// Serves `DeletePolicyVersion`.
pub(super) fn delete(call: &mut IamCall<'_>) -> Result<Xml, AwsError> {
    let id = call.form.required("VersionId")?.to_owned();
    let policy = customer_policy_mut(call)?;
    if format!("v{}", policy.default_number) == id {
        return Err(AwsError::new(
            409,
            "DeleteConflict",
            "Cannot delete the default version of a policy.",
        ));
    }
    let count_before = policy.versions.len();
    policy.versions.retain(|version| format!("v{}", version.number) != id);
    if policy.versions.len() == count_before {
        return Err(AwsError::no_such_entity(format!(
            "Policy {} version {id} does not exist.",
            policy.arn
        )));
    }
    Ok(Xml::default())
}

/// Serves `SetDefaultPolicyVersion`.
pub(super) fn set_default(call: &mut IamCall<'_>) -> Result<Xml, AwsError> {
    let id = call.form.required("VersionId")?.to_owned();
    let policy = customer_policy_mut(call)?;
    let found = policy
        .versions
        .iter()
        .find(|version| format!("v{}", version.number) == id)
        .map(|version| version.number);
    let missing = format!("Policy {} version {id} does not exist.", policy.arn);
    policy.default_number = found.ok_or_else(|| AwsError::no_such_entity(missing))?;
    Ok(Xml::default())
}

impl IamCall<'_> {
    /// Parses the document of a managed policy, and checks its partition and its length.
    pub(super) fn parse_document(&self, raw: &str) -> Result<ParsedPolicy, AwsError> {
        let malformed = |error| AwsError::new(400, "MalformedPolicyDocument", error);
        let policy = ParsedPolicy::parse(raw, DocumentKind::Identity).map_err(malformed)?;
        check_document(&policy, self.caller.partition()).map_err(malformed)?;
        let quota = self.quota("PolicySizeQuota");
        if raw.chars().filter(|c| !c.is_whitespace()).count() > quota {
            return Err(AwsError::new(
                409,
                "LimitExceeded",
                format!("Cannot exceed quota for PolicySize: {quota}"),
            ));
        }
        Ok(policy)
    }
}
