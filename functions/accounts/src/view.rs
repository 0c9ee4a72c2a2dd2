//! An account as callers see it: everything but secrets.

use gangway_checks::ScopedAccounts;
use gangway_lambda::{ApiError, Request, Response};
use gangway_model::{
    CloudAccount, Partition, RegistrationError, Scope, StoredCredential, Uid, UpstreamError,
    stores::CloudAccountStore as _,
};
use gangway_registration::AppContext;
use serde_json::{Value, json};

use crate::resolve_scope;

/// `GET /v1/accounts/{uid}`.
pub(crate) async fn get_account(
    uid: &str,
    request: &Request,
    deployment: &AppContext,
) -> Result<Response, ApiError> {
    let uid = Request::uid(uid)?;
    let registry = resolve_scope(request, deployment).await?;
    Ok(Response::Json(to_json(&load(&uid, &registry).await?)))
}

/// The account of this uid in this scope.
pub(crate) async fn load(
    uid: &Uid,
    registry: &ScopedAccounts<'_>,
) -> Result<CloudAccount, RegistrationError> {
    match registry.get(uid).await {
        Ok(account) => Ok(account),
        Err(UpstreamError::NotFound { .. }) => Err(not_found(uid)),
        Err(denied @ UpstreamError::AccessDenied { .. }) => {
            Err(not_found_or_denied(denied, uid, registry).await)
        }
        Err(error) => Err(error.into()),
    }
}

/// Palette says of an account of another scope that Gangway's key has no permission. So it is asked whether that is so in
/// this scope at all: the scope is the caller's to mend, the key is not.
pub(crate) async fn not_found_or_denied(
    denied: UpstreamError,
    uid: &Uid,
    registry: &ScopedAccounts<'_>,
) -> RegistrationError {
    match registry.get(uid).await {
        // A project sees the tenant's accounts, and may not change them.
        Ok(account) if account.scope != *registry.scope() => not_found(uid),
        Err(UpstreamError::AccessDenied { .. })
            if matches!(registry.contains(uid).await, Ok(false)) =>
        {
            not_found(uid)
        }
        Ok(_) | Err(_) => denied.into(),
    }
}

/// Palette shows no such account from here.
pub(crate) fn not_found(uid: &Uid) -> RegistrationError {
    RegistrationError::NotFound(format!(
        "no account {uid} in this scope; name its project with ?project=<uid or name> if it belongs to one"
    ))
}

/// The public part.
pub(crate) fn to_json(account: &CloudAccount) -> Value {
    let CloudAccount {
        uid,
        name,
        partition,
        access,
        profile,
        policies,
        description,
        gateway,
        scope,
        state,
        ..
    } = account;
    let (method, credential) = match access {
        StoredCredential::AccessKey { access_key_id } => {
            (access.method(), json!({ "accessKeyId": to_summary_json(access_key_id) }))
        }
        StoredCredential::AssumedRole { role_arn }
        | StoredCredential::PodIdentity { role_arn, .. } => {
            (access.method(), json!({ "roleArn": role_arn }))
        }
        StoredCredential::AccessPortal { agency, account, role, .. } => {
            let portal =
                partition.parse::<Partition>().ok().and_then(|it| it.info().portal.as_ref());
            let member = portal.map_or("account", |portal| portal.account);
            (access.method(), json!({ "agency": agency, member: account, "role": role }))
        }
        StoredCredential::Unrecognized(_) => (access.method(), json!({})),
    };
    let scope = match scope {
        Scope::Tenant => json!("tenant"),
        Scope::Project(uid) => json!({ "project": uid.as_str() }),
    };
    let mut view = json!({
        "uid": uid.as_str(),
        "name": name,
        "description": description,
        "partition": partition,
        "method": method.map(gangway_model::AuthMethod::id),
        "awsAccountId": account.aws_account().map(|account| account.to_string()),
        "scope": scope,
        "policyArns": policies,
        "privateCloudGateway": gateway,
        "permissionProfile": profile.map(gangway_model::PermissionProfile::id),
        "state": state,
        "credential": credential,
    });
    if let Some(members) = view.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    view
}

/// Enough of an access key id to tell keys apart.
fn to_summary_json(id: &str) -> String {
    id.parse::<gangway_model::AccessKeyId>()
        .map_or_else(|_masked| "…".to_owned(), |id| id.to_string())
}
