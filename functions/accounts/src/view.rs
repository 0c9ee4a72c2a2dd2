//! Converts accounts to JSON. The JSON contains no secret.

use gangway_model::{CloudAccount, Partition, Region, Scope, StoredCredential, time::to_rfc3339};
use serde_json::{Value, json};

/// Returns a scope as JSON, in the form that requests use.
pub(crate) fn scope_json(scope: &Scope) -> Value {
    match scope {
        Scope::Tenant => json!("tenant"),
        Scope::Project(uid) => json!({ "project": uid.as_str() }),
    }
}

/// Returns an account as JSON. `readiness` is the JSON of its state, if the watch has one.
pub(crate) fn to_json(account: &CloudAccount, readiness: Option<&Value>) -> Value {
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
        region,
        waived_checks,
        token_expiry,
        ..
    } = account;
    let (method, credential) = match access {
        StoredCredential::AccessKey { access_key_id } => {
            (access.method(), json!({ "accessKeyId": shorten_key_id(access_key_id) }))
        }
        StoredCredential::StsRole { role_arn } | StoredCredential::PodIdentity { role_arn, .. } => {
            (access.method(), json!({ "roleArn": role_arn }))
        }
        StoredCredential::AccessPortal { agency, account, role, .. } => {
            let portal =
                partition.parse::<Partition>().ok().and_then(|it| it.info().portal.as_ref());
            let account_field = portal.map_or("account", |portal| portal.account);
            (access.method(), json!({ "agency": agency, account_field: account, "role": role }))
        }
        StoredCredential::Unrecognized(_) => (access.method(), json!({})),
    };
    let mut body = json!({
        "uid": uid.as_str(),
        "name": name,
        "description": description,
        "partition": partition,
        "method": method.map(gangway_model::AuthMethod::id),
        "awsAccountId": account.aws_account().map(|account| account.to_string()),
        "scope": scope_json(scope),
        "policyArns": policies,
        "privateCloudGateway": gateway,
        "permissionProfile": profile.map(gangway_model::PermissionProfile::id),
        "region": region.as_ref().map(Region::as_str),
        "waivedChecks": waived_checks,
        "state": state,
        "tokenExpiry": token_expiry.map(to_rfc3339),
        "credential": credential,
        "readiness": readiness,
    });
    if let Some(fields) = body.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    body
}

/// Returns the first and last characters of an access key id. They are enough to distinguish keys.
fn shorten_key_id(id: &str) -> String {
    id.parse::<gangway_model::AccessKeyId>()
        .map_or_else(|_masked| "…".to_owned(), |id| id.to_string())
}
