//! Roles, users, groups and the account's summary, as they are.
use std::collections::BTreeMap;

use super::{Call, encoded, paging, role_resource, user_resource};
use crate::aws::refusal::Refusal;
use crate::aws::store::{Grants, Role};
use crate::aws::xml::Xml;
use crate::clock::iso8601;

/// What an account may have unless AWS grants more.
const QUOTAS: [(&str, u32); 14] = [
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

impl Call<'_> {
    /// A quota of the caller's account.
    pub(super) fn quota(&self, name: &str) -> usize {
        let own = self
            .store
            .account(&self.caller.home)
            .and_then(|account| account.quotas.get(name))
            .copied();
        let usual = QUOTAS.iter().find(|(quota, _)| *quota == name).map(|(_, value)| *value);
        own.or(usual).and_then(|quota| usize::try_from(quota).ok()).unwrap_or(usize::MAX)
    }
}

pub(super) fn role(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let found = call.role()?.clone();
    let unseen =
        call.store.account_mut(&call.caller.home).roles.get_mut(&found.name.to_ascii_lowercase());
    if let Some(role) = unseen.filter(|role| role.unseen > 0) {
        role.unseen -= 1;
        return Err(Refusal::missing(format!(
            "The role with name {} cannot be found.",
            found.name
        )));
    }
    let mut xml = Xml::default();
    xml.node("Role", |xml| role_body(xml, &call.arn(&role_resource(&found)), &found));
    Ok(xml)
}

pub(super) fn role_body(xml: &mut Xml, arn: &str, role: &Role) {
    xml.leaf("Path", &role.path)
        .leaf("RoleName", &role.name)
        .leaf("RoleId", &role.id)
        .leaf("Arn", arn);
    xml.leaf("CreateDate", iso8601(role.created));
    xml.leaf("AssumeRolePolicyDocument", encoded(&role.trust.raw));
    xml.maybe("Description", role.description.as_deref())
        .leaf("MaxSessionDuration", role.max_session);
    extras(xml, &role.grants, &role.tags);
    xml.node("RoleLastUsed", |_| ());
}

fn extras(xml: &mut Xml, grants: &Grants, tags: &BTreeMap<String, String>) {
    if let Some(arn) = &grants.boundary {
        xml.node("PermissionsBoundary", |xml| {
            xml.leaf("PermissionsBoundaryType", "Policy").leaf("PermissionsBoundaryArn", arn);
        });
    }
    if !tags.is_empty() {
        xml.list("Tags", tags, |xml, (key, value)| {
            xml.leaf("Key", key).leaf("Value", value);
        });
    }
}

pub(super) fn user(call: &Call<'_>) -> Result<Xml, Refusal> {
    let user = call.user()?;
    let mut xml = Xml::default();
    xml.node("User", |xml| {
        xml.leaf("Path", &user.path).leaf("UserName", &user.name).leaf("UserId", &user.id);
        xml.leaf("Arn", call.arn(&user_resource(user))).leaf("CreateDate", iso8601(user.created));
        extras(xml, &user.grants, &user.tags);
    });
    Ok(xml)
}

pub(super) fn groups(call: &Call<'_>) -> Result<Xml, Refusal> {
    let names = &call.user()?.groups;
    let groups = call.store.account(&call.caller.home).map(|account| &account.groups);
    let found: Vec<_> = names.iter().filter_map(|name| groups?.get(name)).collect();
    let (page, marker) = call.page(found)?;
    let mut xml = Xml::default();
    xml.list("Groups", page, |xml, group| {
        xml.leaf("Path", "/").leaf("GroupName", &group.name).leaf("GroupId", &group.id);
        xml.leaf("Arn", call.arn(&format!("group/{}", group.name)))
            .leaf("CreateDate", iso8601(group.created));
    });
    paging(&mut xml, marker);
    Ok(xml)
}

pub(super) fn summary(call: &Call<'_>) -> Result<Xml, Refusal> {
    call.allow("*", "*")?;
    let mut entries: BTreeMap<String, usize> =
        QUOTAS.iter().map(|(name, _)| ((*name).to_owned(), call.quota(name))).collect();
    if let Some(account) = call.store.account(&call.caller.home) {
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
    xml.node("SummaryMap", |map| {
        for (key, value) in entries {
            map.node("entry", |entry| {
                entry.leaf("key", key).leaf("value", value);
            });
        }
    });
    Ok(xml)
}
