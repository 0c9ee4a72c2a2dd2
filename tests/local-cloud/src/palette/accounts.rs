//! Creates, lists, gets, updates and deletes cloud accounts.

use http::StatusCode;
use serde_json::{Value, json};

use super::{
    behaviour::{DuplicateResponse, KeptAnnotations, NotFoundCall, SecretsOnRead},
    caller::Caller,
    paging::{self, ListQuery, PageRange},
    records::{Account, PortalToken, Records},
    response::{PaletteError, PaletteResponse},
};
use crate::clock::iso8601;

/// Names of the annotations in Palette's published API. Palette surely stores them.
const PUBLISHED_ANNOTATIONS: [&str; 3] = ["scope", "overlordUid", "description"];

/// Lists the accounts that the caller can read, one page at a time.
pub(super) fn list(
    records: &Records,
    caller: &Caller,
    query: &ListQuery,
) -> Result<PaletteResponse, PaletteError> {
    let wanted_name = parse_name_filter(query.filters.as_deref())?;
    let is_listed = |account: &&Account| {
        caller.can_read(account)
            && wanted_name.is_none_or(|name| account.name() == name)
            && !is_hidden_from(records, NotFoundCall::ListAccounts)
    };
    let listed: Vec<&Account> = records.accounts.iter().filter(is_listed).collect();
    let page = page_json(&listed, query, |account| account_to_json(records, account));
    Ok(PaletteResponse::ok("accounts", page))
}

/// Lists the accounts without their credentials.
pub(super) fn summarize(records: &Records, caller: &Caller, query: &ListQuery) -> PaletteResponse {
    let is_listed = |account: &&Account| {
        caller.can_read(account) && !is_hidden_from(records, NotFoundCall::ListAccounts)
    };
    let listed: Vec<&Account> = records.accounts.iter().filter(is_listed).collect();
    let summary = |account: &Account| json!({"kind": "aws", "metadata": {"uid": account.uid, "name": account.name()}});
    PaletteResponse::ok("accountSummaries", page_json(&listed, query, summary))
}

/// Returns the requested page of the accounts, and the number of all of them.
fn page_json(
    accounts: &[&Account],
    query: &ListQuery,
    to_json: impl Fn(&Account) -> Value,
) -> Value {
    let PageRange { offset, limit } = query.page_range();
    let items: Vec<Value> =
        accounts.iter().skip(offset).take(limit).map(|account| to_json(account)).collect();
    let end = offset + items.len();
    let next =
        if end < accounts.len() { paging::format_continue_token(end) } else { String::new() };
    let listmeta =
        json!({"continue": next, "count": accounts.len(), "limit": limit, "offset": end});
    json!({"items": items, "listmeta": listmeta})
}

/// Creates an account in the scope of the request. Returns its uid and the response.
pub(super) fn create(
    records: &mut Records,
    caller: &Caller,
    body: Value,
) -> Result<(String, PaletteResponse), PaletteError> {
    check_scope_annotation(caller, &body)?;
    let body = drop_unpublished_annotations(records, body);
    let account = Account {
        uid: records.new_uid(),
        tenant: caller.tenant.clone(),
        project: caller.project.clone(),
        body,
        in_use: false,
        portal_token: None,
    };
    if records
        .accounts
        .iter()
        .any(|existing| caller.owns_in_scope(existing) && existing.name() == account.name())
    {
        return Err(duplicate_error(records.behaviour.duplicate, account.name()));
    }
    let quota = records.tenant(&caller.tenant).map_or(0, |tenant| tenant.quota);
    let account_count =
        records.accounts.iter().filter(|existing| existing.tenant == caller.tenant).count();
    if account_count >= quota {
        let message =
            format!("Resource limit reached for 'cloudaccount': {account_count} of {quota}");
        return Err(PaletteError::new(StatusCode::BAD_REQUEST, "ResourceLimitReached", message));
    }
    let created = (account.uid.clone(), PaletteResponse::created(&account.uid));
    records.accounts.push(account);
    Ok(created)
}

/// Returns an account that the caller can read.
pub(super) fn get(
    records: &Records,
    caller: &Caller,
    uid: &str,
) -> Result<PaletteResponse, PaletteError> {
    let account = records.accounts.iter().find(|account| account.uid == uid);
    match account.filter(|_| !is_hidden_from(records, NotFoundCall::GetAccount)) {
        Some(account) if caller.can_read(account) => {
            Ok(PaletteResponse::ok("account", account_to_json(records, account)))
        }
        // If the account belongs to a project that the request does not name, Palette reports a
        // missing permission.
        Some(account) if account.tenant == caller.tenant => {
            Err(PaletteError::forbidden("cloudaccount.get"))
        }
        Some(_) | None => Err(PaletteError::not_found("cloudaccount", uid)),
    }
}

/// Replaces the contents of an account in the scope of the request.
pub(super) fn put(
    records: &mut Records,
    caller: &Caller,
    uid: &str,
    body: Value,
) -> Result<PaletteResponse, PaletteError> {
    check_scope_annotation(caller, &body)?;
    let index = find_owned_account(records, caller, uid, "cloudaccount.update")?;
    let name = body.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
    if body.pointer("/metadata/uid").and_then(Value::as_str).is_some_and(|body_uid| body_uid != uid)
    {
        let message = "metadata.uid is not the uid of the path";
        return Err(PaletteError::new(StatusCode::BAD_REQUEST, "InvalidUid", message));
    }
    let is_duplicate =
        |other: &Account| caller.owns_in_scope(other) && other.name() == name && other.uid != uid;
    if records.accounts.iter().any(is_duplicate) {
        return Err(duplicate_error(records.behaviour.duplicate, name));
    }
    let body = drop_unpublished_annotations(records, body);
    if let Some(account) = records.accounts.get_mut(index) {
        account.body = body;
    }
    Ok(PaletteResponse::no_content())
}

/// Deletes an account in the scope of the request, unless a cluster uses it.
pub(super) fn delete(
    records: &mut Records,
    caller: &Caller,
    uid: &str,
) -> Result<PaletteResponse, PaletteError> {
    let index = find_owned_account(records, caller, uid, "cloudaccount.delete")?;
    if is_hidden_from(records, NotFoundCall::DeleteAccount) {
        return Err(PaletteError::not_found("cloudaccount", uid));
    }
    if records.accounts.get(index).is_some_and(|account| account.in_use) {
        let message = "Cloud account is in use by a cluster";
        return Err(PaletteError::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "CloudAccountInUse",
            message,
        ));
    }
    records.accounts.remove(index);
    Ok(PaletteResponse::no_content())
}

/// Returns `true` if the call must answer as if no account existed.
fn is_hidden_from(records: &Records, call: NotFoundCall) -> bool {
    records.behaviour.not_found_calls.contains(&call)
}

/// Returns the index of the account with this uid if it belongs to the scope of the request.
///
/// # Errors
/// 404 if the tenant has no such account, 403 with `permission` if the account belongs to another
/// scope.
fn find_owned_account(
    records: &Records,
    caller: &Caller,
    uid: &str,
    permission: &str,
) -> Result<usize, PaletteError> {
    let index = records
        .accounts
        .iter()
        .position(|account| account.uid == uid && account.tenant == caller.tenant)
        .ok_or_else(|| PaletteError::not_found("cloudaccount", uid))?;
    match records.accounts.get(index) {
        Some(account) if caller.owns_in_scope(account) => Ok(index),
        Some(_) | None => Err(PaletteError::forbidden(permission)),
    }
}

/// Removes the annotations that Palette does not publish, if the fake behaves so.
fn drop_unpublished_annotations(records: &Records, mut body: Value) -> Value {
    if records.behaviour.annotations == KeptAnnotations::Published
        && let Some(annotations) =
            body.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut)
    {
        annotations.retain(|name, _| PUBLISHED_ANNOTATIONS.contains(&name.as_str()));
    }
    body
}

/// Checks that the annotation `scope` of an account matches the scope of the request.
fn check_scope_annotation(caller: &Caller, body: &Value) -> Result<(), PaletteError> {
    let annotation = body.pointer("/metadata/annotations/scope").and_then(Value::as_str);
    let expected = if caller.project.is_some() { "project" } else { "tenant" };
    if annotation == Some(expected) {
        return Ok(());
    }
    let message =
        format!("annotation scope is {annotation:?}, but the request is in {expected} scope");
    Err(PaletteError::new(StatusCode::BAD_REQUEST, "InvalidScope", message))
}

/// Returns the name in the filter `metadata.name=NAME`. Palette accepts no other filter.
fn parse_name_filter(filters: Option<&str>) -> Result<Option<&str>, PaletteError> {
    match filters {
        None | Some("") => Ok(None),
        Some(filters) => filters.strip_prefix("metadata.name=").map(Some).ok_or_else(|| {
            let message = format!("Field in filters {filters:?} is not indexed");
            PaletteError::new(StatusCode::BAD_REQUEST, "InvalidFilter", message)
        }),
    }
}

fn duplicate_error(response: DuplicateResponse, name: &str) -> PaletteError {
    let message = format!("Cloud account with name '{name}' already exists");
    match response {
        DuplicateResponse::Conflict => {
            PaletteError::new(StatusCode::CONFLICT, "CloudAccountAlreadyExists", message)
        }
        DuplicateResponse::BadRequest => {
            PaletteError::new(StatusCode::BAD_REQUEST, "AlreadyExists", message)
        }
        DuplicateResponse::OperationalError => {
            PaletteError::new(StatusCode::INTERNAL_SERVER_ERROR, "ResourceAlreadyExists", message)
        }
    }
}

/// Returns an account as Palette's API shows it, with the members that Palette adds.
fn account_to_json(records: &Records, account: &Account) -> Value {
    let mut body = account.body.clone();
    if let Some(metadata) = body.pointer_mut("/metadata").and_then(Value::as_object_mut) {
        metadata.insert("uid".into(), account.uid.clone().into());
        for (member, value) in [
            ("creationTimestamp", "2026-11-23T08:00:00.000Z"),
            ("lastModifiedTimestamp", "2026-11-23T08:00:00.000Z"),
            ("deletionTimestamp", "0001-01-01T00:00:00.000Z"),
        ] {
            metadata.insert(member.into(), value.into());
        }
    }
    if records.behaviour.secrets == SecretsOnRead::MaskedWithoutAccessKeyId
        && let Some(id) = body.pointer_mut("/spec/accessKey")
    {
        *id = "".into();
    }
    if records.behaviour.secrets != SecretsOnRead::Plain {
        for pointer in ["/spec/secretKey", "/spec/secretToken", "/spec/secretSpec/tls/key"] {
            if let Some(secret) = body.pointer_mut(pointer) {
                *secret = "**********".into();
            }
        }
    }
    let status = match &account.portal_token {
        None => json!({"state": "Running"}),
        Some(None) => json!({"state": "Error"}),
        Some(Some(PortalToken { generated, expires })) => json!({
            "state": "Running", "tokenGenerationTime": iso8601(*generated), "tokenExpiry": expires,
        }),
    };
    if let Some(account) = body.as_object_mut() {
        account.insert("kind".into(), "CloudAccount".into());
        account.insert("apiVersion".into(), "cluster.spectrocloud.com/v1".into());
        account.insert("status".into(), status);
    }
    body
}
