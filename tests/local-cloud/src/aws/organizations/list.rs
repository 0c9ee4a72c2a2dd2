//! The `List…` operations of Organizations.
use std::collections::BTreeMap;
use std::ops::Bound;

use serde_json::{Value, json};

use super::call::{OrganizationsCall, invalid_input, not_found};
use super::page;
use super::state::{AccountCreation, StoredOrganization};
use crate::aws::error::AwsError;

/// Entries of a map, sorted by key.
type Entries<'b, T> = Box<dyn Iterator<Item = (&'b String, &'b T)> + 'b>;

/// Returns the entries of a map whose keys follow `after`; without `after`, all entries.
fn entries_after<'b, T>(map: &'b BTreeMap<String, T>, after: Option<&str>) -> Entries<'b, T> {
    match after {
        None => Box::new(map.iter()),
        Some(after) => Box::new(map.range::<str, _>((Bound::Excluded(after), Bound::Unbounded))),
    }
}

/// Serves `ListAccounts`.
pub(super) fn list_accounts(call: &OrganizationsCall<'_>) -> Result<Value, AwsError> {
    let organization = call.administered_organization()?;
    call.authorize("*")?;
    let entries_from = |after: Option<&str>| entries_after(&organization.members, after);
    page::build_page(call, "", "Accounts", entries_from, |id, member| {
        organization.account_json(id, member)
    })
}

/// Serves `ListCreateAccountStatus`: lists the requests to create an account, by their states.
pub(super) fn list_create_account_status(call: &OrganizationsCall<'_>) -> Result<Value, AwsError> {
    let organization = call.administered_organization()?;
    call.authorize("*")?;
    let states = call.body.strings("States")?;
    let is_known = |state: &&str| ["IN_PROGRESS", "SUCCEEDED", "FAILED"].contains(state);
    if !states.iter().all(is_known) {
        return Err(invalid_input("States must be IN_PROGRESS, SUCCEEDED or FAILED."));
    }
    let entries_from = |after: Option<&str>| -> Entries<'_, _> {
        let states = states.clone();
        let is_selected = move |state: &str| states.is_empty() || states.contains(&state);
        let creations = entries_after(&organization.account_creations, after);
        Box::new(creations.filter(move |(_, creation)| is_selected(creation.state())))
    };
    let to_json = |id: &String, creation: &AccountCreation| creation.status_json(id);
    page::build_page(call, &states.join(","), "CreateAccountStatuses", entries_from, to_json)
}

/// Serves `ListAccountsForParent`.
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

/// Serves `ListOrganizationalUnitsForParent`.
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

/// Serves `ListParents`. An account or OU always has exactly one parent.
pub(super) fn list_parents(call: &OrganizationsCall<'_>) -> Result<Value, AwsError> {
    let organization = call.administered_organization()?;
    let child = call.required("ChildId")?;
    let child_not_found = || not_found("ChildNotFoundException", "an OU or account");
    let (arn, parent) = if child.starts_with("ou-") {
        let ou = organization.ous.get(child).ok_or_else(child_not_found)?;
        (organization.parent_arn(child), &ou.parent)
    } else {
        let id = call.required_account_id("ChildId")?;
        let member = organization.members.get(id).ok_or_else(child_not_found)?;
        (organization.account_arn(id), &member.parent)
    };
    call.authorize(&arn)?;
    let kind = if *parent == organization.root { "ROOT" } else { "ORGANIZATIONAL_UNIT" };
    Ok(json!({"Parents": [{"Id": parent, "Type": kind}]}))
}

/// Serves `ListRoots`. An organization has exactly one root.
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

/// Serves `ListTagsForResource`. Only accounts can have tags here, not OUs and roots.
pub(super) fn list_tags(call: &OrganizationsCall<'_>) -> Result<Value, AwsError> {
    let organization = call.administered_organization()?;
    let id = call.required("ResourceId")?;
    let no_tags = BTreeMap::new();
    let (arn, tags) = if organization.is_root_or_ou(id) {
        (organization.parent_arn(id), &no_tags)
    } else if id.starts_with("r-") || id.starts_with("ou-") {
        return Err(not_found("TargetNotFoundException", "a root, OU, account, or policy"));
    } else if id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit()) {
        let account_not_found =
            || not_found("TargetNotFoundException", "a root, OU, account, or policy");
        (
            organization.account_arn(id),
            &organization.members.get(id).ok_or_else(account_not_found)?.tags,
        )
    } else {
        return Err(invalid_input("ResourceId is not the id of a resource."));
    };
    call.authorize(&arn)?;
    let tags: Vec<_> =
        tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    Ok(json!({"Tags": tags}))
}
