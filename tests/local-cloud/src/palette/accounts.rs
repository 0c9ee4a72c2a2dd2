//! Creates, lists, gets, updates and deletes cloud accounts.

use http::StatusCode;
use serde_json::{Value, json};

use super::{
    behaviour::{Concealed, DuplicateResponse, KeptAnnotations, SecretsOnRead},
    caller::Caller,
    paging::{self, ListQuery, PageRange},
    records::{Account, PortalToken, Records},
    response::{PaletteError, PaletteResponse},
};
use crate::clock::iso8601;

/// The annotations that Palette's published API names, and thus surely keeps.
const PUBLISHED_ANNOTATIONS: [&str; 3] = ["scope", "overlordUid", "description"];

pub(super) fn list(
    records: &Records,
    caller: &Caller,
    query: &ListQuery,
) -> Result<PaletteResponse, PaletteError> {
    let wanted = name_filter(query.filters.as_deref())?;
    let fits = |account: &&Account| {
        caller.can_read(account)
            && wanted.is_none_or(|name| account.name() == name)
            && !is_concealed(records, Concealed::Lists)
    };
    let found: Vec<&Account> = records.accounts.iter().filter(fits).collect();
    let page = page_json(&found, query, |account| account_json(records, account));
    Ok(PaletteResponse::ok("accounts", page))
}

/// Lists the accounts without their credentials.
pub(super) fn summarize(records: &Records, caller: &Caller, query: &ListQuery) -> PaletteResponse {
    let is_listed =
        |account: &&Account| caller.can_read(account) && !is_concealed(records, Concealed::Lists);
    let found: Vec<&Account> = records.accounts.iter().filter(is_listed).collect();
    let summary = |account: &Account| json!({"kind": "aws", "metadata": {"uid": account.uid, "name": account.name()}});
    PaletteResponse::ok("accountSummaries", page_json(&found, query, summary))
}

/// Returns the requested page of the accounts, and the number of all of them.
fn page_json(
    accounts: &[&Account],
    query: &ListQuery,
    to_json: impl Fn(&Account) -> Value,
) -> Value {
    let PageRange { offset, limit } = query.page();
    let items: Vec<Value> =
        accounts.iter().skip(offset).take(limit).map(|account| to_json(account)).collect();
    let end = offset + items.len();
    let next = if end < accounts.len() { paging::token(end) } else { String::new() };
    let listmeta =
        json!({"continue": next, "count": accounts.len(), "limit": limit, "offset": end});
    json!({"items": items, "listmeta": listmeta})
}

pub(super) fn create(
    records: &mut Records,
    caller: &Caller,
    body: Value,
) -> Result<(String, PaletteResponse), PaletteError> {
    check_scope_annotation(caller, &body)?;
    let body = kept(records, body);
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
        .any(|known| caller.owns_in_scope(known) && known.name() == account.name())
    {
        return Err(duplicate_error(records.behaviour.duplicate, account.name()));
    }
    let quota = records.tenant(&caller.tenant).map_or(0, |tenant| tenant.quota);
    let used = records.accounts.iter().filter(|known| known.tenant == caller.tenant).count();
    if used >= quota {
        let message = format!("Resource limit reached for 'cloudaccount': {used} of {quota}");
        return Err(PaletteError::new(StatusCode::BAD_REQUEST, "ResourceLimitReached", message));
    }
    let created = (account.uid.clone(), PaletteResponse::created(&account.uid));
    records.accounts.push(account);
    Ok(created)
}

pub(super) fn get(
    records: &Records,
    caller: &Caller,
    uid: &str,
) -> Result<PaletteResponse, PaletteError> {
    let account = records.accounts.iter().find(|known| known.uid == uid);
    match account.filter(|_| !is_concealed(records, Concealed::Reads)) {
        Some(account) if caller.can_read(account) => {
            Ok(PaletteResponse::ok("account", account_json(records, account)))
        }
        // An account of a project that is read without the project: Palette reports a missing
        // permission.
        Some(account) if account.tenant == caller.tenant => {
            Err(PaletteError::forbidden("cloudaccount.get"))
        }
        Some(_) | None => Err(PaletteError::not_found("cloudaccount", uid)),
    }
}

pub(super) fn put(
    records: &mut Records,
    caller: &Caller,
    uid: &str,
    body: Value,
) -> Result<PaletteResponse, PaletteError> {
    check_scope_annotation(caller, &body)?;
    let index = find_owned(records, caller, uid, "cloudaccount.update")?;
    let name = body.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
    if body
        .pointer("/metadata/uid")
        .and_then(Value::as_str)
        .is_some_and(|annotation| annotation != uid)
    {
        let message = "metadata.uid is not the uid of the path";
        return Err(PaletteError::new(StatusCode::BAD_REQUEST, "InvalidUid", message));
    }
    let has_name =
        |known: &Account| caller.owns_in_scope(known) && known.name() == name && known.uid != uid;
    if records.accounts.iter().any(has_name) {
        return Err(duplicate_error(records.behaviour.duplicate, name));
    }
    let body = kept(records, body);
    if let Some(account) = records.accounts.get_mut(index) {
        account.body = body;
    }
    Ok(PaletteResponse::no_content())
}

pub(super) fn delete(
    records: &mut Records,
    caller: &Caller,
    uid: &str,
) -> Result<PaletteResponse, PaletteError> {
    let index = find_owned(records, caller, uid, "cloudaccount.delete")?;
    if is_concealed(records, Concealed::Removals) {
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

fn is_concealed(records: &Records, operation: Concealed) -> bool {
    records.behaviour.conceals.contains(&operation)
}

fn find_owned(
    records: &Records,
    caller: &Caller,
    uid: &str,
    permission: &str,
) -> Result<usize, PaletteError> {
    let index = records
        .accounts
        .iter()
        .position(|known| known.uid == uid && known.tenant == caller.tenant)
        .ok_or_else(|| PaletteError::not_found("cloudaccount", uid))?;
    match records.accounts.get(index) {
        Some(account) if caller.owns_in_scope(account) => Ok(index),
        Some(_) | None => Err(PaletteError::forbidden(permission)),
    }
}

/// Returns what Palette keeps of an account that a request sends.
fn kept(records: &Records, mut body: Value) -> Value {
    if records.behaviour.annotations == KeptAnnotations::Published
        && let Some(annotations) =
            body.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut)
    {
        annotations.retain(|name, _| PUBLISHED_ANNOTATIONS.contains(&name.as_str()));
    }
    body
}

/// Checks that the scope annotation matches the scope of the request.
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

/// Returns the name in the filter `metadata.name=X`, the only filter that is indexed.
fn name_filter(filters: Option<&str>) -> Result<Option<&str>, PaletteError> {
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

fn account_json(records: &Records, account: &Account) -> Value {
    let mut body = account.body.clone();
    if let Some(metadata) = body.pointer_mut("/metadata").and_then(Value::as_object_mut) {
        metadata.insert("uid".into(), account.uid.clone().into());
        for (stamp, value) in [
            ("creationTimestamp", "2026-11-23T08:00:00.000Z"),
            ("lastModifiedTimestamp", "2026-11-23T08:00:00.000Z"),
            ("deletionTimestamp", "0001-01-01T00:00:00.000Z"),
        ] {
            metadata.insert(stamp.into(), value.into());
        }
    }
    if records.behaviour.secrets == SecretsOnRead::MaskedWithId
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
