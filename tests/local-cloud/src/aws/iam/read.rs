//! IAM actions that read roles, users, groups and the account summary.
use std::collections::BTreeMap;

use super::{IamCall, percent_encoded, role_resource, user_resource, write_paging};
use crate::aws::error::AwsError;
use crate::aws::store::{PrincipalPolicies, StoredRole};
use crate::aws::xml::Xml;
use crate::clock::iso8601;

/// AWS's default quotas, by their names in `GetAccountSummary`.
const DEFAULT_QUOTAS: [(&str, u32); 14] = [
    ("AccessKeysPerUserQuota", 2),
    ("AssumeRolePolicySizeQuota", 2048),
    ("AttachedPoliciesPerGroupQuota", 10),
    ("AttachedPoliciesPerRoleQuota", 10),
    ("AttachedPoliciesPerUserQuota", 10),
    ("GroupPolicySizeQuota", 5120),
    ("GroupsPerUserQuota", 10),
    ("GroupsQuota", 300),
    ("PoliciesQuota", 1500),
    ("PolicySizeQuota", 6144),
    ("RolePolicySizeQuota", 10_240),
    ("RolesQuota", 1000),
    ("UserPolicySizeQuota", 2048),
    ("VersionsPerPolicyQuota", 5),
];

impl IamCall<'_> {
    /// Returns a quota of the caller's account by its name in `GetAccountSummary`.
    pub(super) fn quota(&self, name: &str) -> usize {
        let changed = self
            .store
            .account(&self.caller.account_key)
            .and_then(|account| account.quotas.get(name))
            .copied();
        let default =
            DEFAULT_QUOTAS.iter().find(|(quota, _)| *quota == name).map(|(_, value)| *value);
        changed.or(default).and_then(|quota| usize::try_from(quota).ok()).unwrap_or(usize::MAX)
    }
}

/// Serves `GetRole`. A new role can be hidden from its first reads.
pub(super) fn get_role(call: &mut IamCall<'_>) -> Result<Xml, AwsError> {
    let found = call.role()?.clone();
    let stored = call
        .store
        .account_mut(&call.caller.account_key)
        .roles
        .get_mut(&found.name.to_ascii_lowercase());
    if let Some(role) = stored.filter(|role| role.hidden_reads > 0) {
        role.hidden_reads -= 1;
        return Err(AwsError::no_such_entity(format!(
            "The role with name {} cannot be found.",
            found.name
        )));
    }
    let mut xml = Xml::default();
    xml.nested_element("Role", |xml| write_role(xml, &call.arn(&role_resource(&found)), &found));
    Ok(xml)
}

/// Adds the elements of a role to a response.
pub(super) fn write_role(xml: &mut Xml, arn: &str, role: &StoredRole) {
    xml.element("Path", &role.path)
        .element("RoleName", &role.name)
        .element("RoleId", &role.id)
        .element("Arn", arn);
    xml.element("CreateDate", iso8601(role.created));
    xml.element("AssumeRolePolicyDocument", percent_encoded(&role.trust.raw));
    xml.optional_element("Description", role.description.as_deref())
        .element("MaxSessionDuration", role.max_session);
    write_boundary_and_tags(xml, &role.policies, &role.tags);
    xml.nested_element("RoleLastUsed", |_| ());
}

/// Adds the permissions boundary and the tags of a role or user to a response, if there are any.
fn write_boundary_and_tags(
    xml: &mut Xml,
    policies: &PrincipalPolicies,
    tags: &BTreeMap<String, String>,
) {
    if let Some(arn) = &policies.boundary {
        xml.nested_element("PermissionsBoundary", |xml| {
            xml.element("PermissionsBoundaryType", "Policy").element("PermissionsBoundaryArn", arn);
        });
    }
    if !tags.is_empty() {
        xml.list("Tags", tags, |xml, (key, value)| {
            xml.element("Key", key).element("Value", value);
        });
    }
}

/// Serves `GetUser`.
pub(super) fn get_user(call: &IamCall<'_>) -> Result<Xml, AwsError> {
    let user = call.user()?;
    let mut xml = Xml::default();
    xml.nested_element("User", |xml| {
        xml.element("Path", &user.path).element("UserName", &user.name).element("UserId", &user.id);
        xml.element("Arn", call.arn(&user_resource(user)))
            .element("CreateDate", iso8601(user.created));
        write_boundary_and_tags(xml, &user.policies, &user.tags);
    });
    Ok(xml)
}

/// Serves `ListGroupsForUser`.
pub(super) fn list_groups_for_user(call: &IamCall<'_>) -> Result<Xml, AwsError> {
    let names = &call.user()?.groups;
    let groups = call.store.account(&call.caller.account_key).map(|account| &account.groups);
    let found: Vec<_> = names.iter().filter_map(|name| groups?.get(name)).collect();
    let (page, marker) = call.page(found)?;
    let mut xml = Xml::default();
    xml.list("Groups", page, |xml, group| {
        xml.element("Path", "/").element("GroupName", &group.name).element("GroupId", &group.id);
        xml.element("Arn", call.arn(&format!("group/{}", group.name)))
            .element("CreateDate", iso8601(group.created));
    });
    write_paging(&mut xml, marker);
    Ok(xml)
}

/// Serves `GetAccountSummary`.
pub(super) fn get_account_summary(call: &IamCall<'_>) -> Result<Xml, AwsError> {
    call.authorize("*", "*")?;
    let mut entries: BTreeMap<String, usize> =
        DEFAULT_QUOTAS.iter().map(|(name, _)| ((*name).to_owned(), call.quota(name))).collect();
    if let Some(account) = call.store.account(&call.caller.account_key) {
        let counts = [
            ("Users", account.users.len()),
            ("Groups", account.groups.len()),
            ("Roles", account.roles.len()),
            ("Policies", account.policies.len()),
            ("AccountMFAEnabled", 1),
            ("AccountAccessKeysPresent", 0),
        ];
        entries.extend(counts.map(|(name, count)| (name.to_owned(), count)));
    }
    let mut xml = Xml::default();
    xml.nested_element("SummaryMap", |map| {
        for (key, value) in entries {
            map.nested_element("entry", |entry| {
                entry.element("key", key).element("value", value);
            });
        }
    });
    Ok(xml)
}
