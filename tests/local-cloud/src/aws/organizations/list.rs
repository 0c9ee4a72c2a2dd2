//! The `List…` operations.
use std::collections::BTreeMap;
use std::ops::Bound;

use serde_json::{Value, json};

use super::call::{OrganizationsCall, invalid, not_found};
use super::page;
use super::state::{AccountCreation, StoredOrganization};
use crate::aws::error::AwsError;

type Entries<'b, T> = Box<dyn Iterator<Item = (&'b String, &'b T)> + 'b>;

/// Returns the entries after a key.
fn entries_after<'b, T>(all: &'b BTreeMap<String, T>, after: Option<&str>) -> Entries<'b, T> {
    match after {
        None => Box::new(all.iter()),
        Some(after) => Box::new(all.range::<str, _>((Bound::Excluded(after), Bound::Unbounded))),
    }
}

pub(super) fn list_accounts(call: &OrganizationsCall<'_>) -> Result<Value, AwsError> {
    let organization = call.administered_organization()?;
    call.authorize("*")?;
    let entries_from = |after: Option<&str>| entries_after(&organization.members, after);
    page::build_page(call, "", "Accounts", entries_from, |id, member| {
        organization.account_json(id, member)
    })
}

/// Lists account creation requests in the given states.
pub(super) fn list_create_account_status(call: &OrganizationsCall<'_>) -> Result<Value, AwsError> {
    let organization = call.administered_organization()?;
    call.authorize("*")?;
    let states = call.body.strings("States")?;
    let known = |state: &&str| ["IN_PROGRESS", "SUCCEEDED", "FAILED"].contains(state);
    if !states.iter().all(known) {
        return Err(invalid("States must be IN_PROGRESS, SUCCEEDED or FAILED."));
    }
    let entries_from = |after: Option<&str>| -> Entries<'_, _> {
        let states = states.clone();
        let wanted = move |state: &str| states.is_empty() || states.contains(&state);
        let all = entries_after(&organization.account_creations, after);
        Box::new(all.filter(move |(_, creation)| wanted(creation.state())))
    };
    let to_json = |id: &String, creation: &AccountCreation| creation.status_json(id);
    page::build_page(call, &states.join(","), "CreateAccountStatuses", entries_from, to_json)
}

pub(super) fn list_accounts_for_parent(call: &OrganizationsCall<'_>) -> Result<Value, AwsError> {
    let organization = call.administered_organization()?;
    let parent = call.required_parent(organization)?;
    call.authorize(&organization.parent_arn(parent))?;
    let entries_from = |after: Option<&str>| -> Entries<'_, _> {
        let members = entries_after(&organization.members, after);
        let parent = parent.to_owned();
        Box::new(members.filter(move |(_, member)| member.parent == parent))
    };
    page::build_page(call, parent, "Accounts", entries_from, |id, member| {
        organization.account_json(id, member)
    })
}

pub(super) fn list_ous_for_parent(call: &OrganizationsCall<'_>) -> Result<Value, AwsError> {
    let organization = call.administered_organization()?;
    let parent = call.required_parent(organization)?;
    call.authorize(&organization.parent_arn(parent))?;
    let entries_from = |after: Option<&str>| -> Entries<'_, _> {
        let parent = parent.to_owned();
        Box::new(entries_after(&organization.ous, after).filter(move |(_, ou)| ou.parent == parent))
    };
    let to_json = |id: &String, ou| organization.ou_json(id, ou);
    page::build_page(call, parent, "OrganizationalUnits", entries_from, to_json)
}

/// Returns the parent of an account or OU. There is always exactly one.
pub(super) fn list_parents(call: &OrganizationsCall<'_>) -> Result<Value, AwsError> {
    let organization = call.administered_organization()?;
    let child = call.required("ChildId")?;
    let unknown = || not_found("ChildNotFoundException", "an OU or account");
    let (arn, parent) = if child.starts_with("ou-") {
        let ou = organization.ous.get(child).ok_or_else(unknown)?;
        (organization.parent_arn(child), &ou.parent)
    } else {
        let id = call.required_account_id("ChildId")?;
        let member = organization.members.get(id).ok_or_else(unknown)?;
        (organization.account_arn(id), &member.parent)
    };
    call.authorize(&arn)?;
    let kind = if *parent == organization.root { "ROOT" } else { "ORGANIZATIONAL_UNIT" };
    Ok(json!({"Parents": [{"Id": parent, "Type": kind}]}))
}

pub(super) fn list_roots(call: &OrganizationsCall<'_>) -> Result<Value, AwsError> {
    let organization = call.administered_organization()?;
    call.authorize("*")?;
    let StoredOrganization { root, .. } = organization;
    Ok(json!({"Roots": [{
        "Id": root,
        "Arn": organization.parent_arn(root),
        "Name": "Root",
        "PolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}],
    }]}))
}

/// Lists the tags of an account. OUs and roots have no tags here.
pub(super) fn list_tags(call: &OrganizationsCall<'_>) -> Result<Value, AwsError> {
    let organization = call.administered_organization()?;
    let id = call.required("ResourceId")?;
    let none = BTreeMap::new();
    let (arn, tags) = if organization.has_parent(id) {
        (organization.parent_arn(id), &none)
    } else if id.starts_with("r-") || id.starts_with("ou-") {
        return Err(not_found("TargetNotFoundException", "a root, OU, account, or policy"));
    } else if id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit()) {
        let unknown = || not_found("TargetNotFoundException", "a root, OU, account, or policy");
        (organization.account_arn(id), &organization.members.get(id).ok_or_else(unknown)?.tags)
    } else {
        return Err(invalid("ResourceId is not the id of a resource."));
    };
    call.authorize(&arn)?;
    let tags: Vec<_> =
        tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    Ok(json!({"Tags": tags}))
}
