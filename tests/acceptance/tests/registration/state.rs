//! Reads what a registration has stored: accounts in Palette and secrets in Secrets Manager.

use acceptance::{
    HttpResponse, TestApp,
    initiator::{remove_initiator, tags_without_initiator},
};
use local_cloud::aws::{AwsCredentials, SecretSnapshot};
use serde_json::{Value, json};

use gangway_model::AuthMethod;

/// What Palette and Secrets Manager store under one account name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct State {
    /// The accounts in Palette, each with its uid, its project and the body of the last write
    /// request.
    pub(crate) accounts: Vec<Value>,
    /// The secrets of the account, including those that are scheduled for deletion.
    pub(crate) secrets: Vec<SecretSnapshot>,
}

impl State {
    /// Reads what is stored now under this account name.
    pub(crate) fn snapshot(app: &TestApp, name: &str) -> Self {
        let records = app.cloud().palette().records();
        let named = records.accounts.iter().filter(|account| account.name() == name);
        let accounts = named.map(
            |account| json!({"uid": account.uid, "project": account.project, "body": account.body}),
        );
        let accounts = accounts.collect();
        drop(records);
        let (prefix, end) = (format!("gangway/{}/", app.partition()), format!("/{name}"));
        let in_project = format!("/{name}@");
        let secrets = app.deployment().gangway_account.secrets().into_iter();
        let secrets = secrets.filter(|one| {
            one.name.starts_with(&prefix)
                && (one.name.ends_with(&end) || one.name.contains(&in_project))
        });
        Self { accounts, secrets: secrets.collect() }
    }

    /// Returns the secrets that are not scheduled for deletion.
    pub(crate) fn active(&self) -> Vec<&SecretSnapshot> {
        self.secrets.iter().filter(|secret| !secret.deleted).collect()
    }

    /// Returns the only secret that is not scheduled for deletion.
    ///
    /// # Panics
    /// If there is no such secret, or more than one.
    pub(crate) fn secret(&self) -> &SecretSnapshot {
        let live = self.active();
        assert_eq!(live.len(), 1, "live secrets: {live:#?}");
        live[0]
    }

    /// Returns the only account.
    ///
    /// # Panics
    /// If there is no account, or more than one.
    pub(crate) fn account(&self) -> &Value {
        assert_eq!(self.accounts.len(), 1, "accounts: {:#?}", self.accounts);
        &self.accounts[0]
    }

    /// Returns the state as text, without what differs between two equal registrations: the
    /// initiator, the account's name and uid, and credentials that the access portal issues.
    pub(crate) fn normalized(&self, name: &str) -> String {
        let mut accounts = self.accounts.clone();
        for account in &mut accounts {
            remove_initiator(&mut account["body"]["metadata"]);
            // Gangway sends the uid when it updates an account, but not when it creates one.
            if let Some(metadata) = account["body"]["metadata"].as_object_mut() {
                metadata.remove("uid");
            }
            // The access portal issues new credentials for each registration.
            let spec = account["body"]["spec"].as_object_mut();
            let spec = spec.filter(|spec| spec.get("secretSpec").is_some());
            for (member, key) in spec.into_iter().flatten() {
                if ["accessKey", "secretKey", "secretToken"].contains(&member.as_str()) {
                    *key = "KEY".into();
                }
            }
        }
        let secrets = self.secrets.iter().map(|one| {
            json!({
                "name": one.name, "key": one.kms_key, "tags": tags_without_initiator(&one.tags), "versions": one.versions,
                "current": one.current, "pending": one.pending, "deleted": one.deleted,
            })
        });
        let secrets: Vec<Value> = secrets.collect();
        let mut text = format!("{:#}", json!({"accounts": accounts, "secrets": secrets}));
        let uids = accounts.iter().filter_map(|account| account["uid"].as_str());
        // A secret can remain after its account was deleted; then only its tag has the uid.
        let tags = self.secrets.iter().filter_map(|one| one.tags.get("gangway:palette-uid"));
        for uid in uids.chain(tags.map(String::as_str)) {
            text = text.replace(uid, "UID");
        }
        text.replace(name, "NAME")
    }
}

/// Returns the JSON that Gangway stores in a secret for this access key.
pub(crate) fn secret_document(keys: &AwsCredentials) -> Value {
    json!({"accessKeyId": keys.id, "secretAccessKey": keys.secret})
}

/// Returns the current value (`AWSCURRENT`) of a secret as JSON.
pub(crate) fn current_value(secret: &SecretSnapshot) -> Value {
    parse_json(secret.current.as_deref())
}

/// Returns the pending value (`AWSPENDING`) of a secret as JSON, or null if no other version than
/// the current one is pending.
pub(crate) fn pending_value(secret: &SecretSnapshot) -> Value {
    parse_json(secret.pending.as_deref().filter(|_| secret.pending != secret.current))
}

fn parse_json(text: Option<&str>) -> Value {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// Checks that Palette and Secrets Manager have what this receipt says about the first customer.
///
/// # Errors
/// A description of the first difference.
pub(crate) fn check_receipt(
    app: &TestApp,
    method: AuthMethod,
    name: &str,
    response: &HttpResponse,
) -> Result<(), String> {
    let (found, customer) = (State::snapshot(app, name), app.customer());
    let [account] = found.accounts.as_slice() else {
        return Err(format!("{} accounts of that name", found.accounts.len()));
    };
    let (uid, spec) = (response.uid(), &account["body"]["spec"]);
    let credential_matches = if method == AuthMethod::StaticCredentials {
        spec["accessKey"] == customer.keys.id.as_str()
            && spec["secretKey"] == customer.keys.secret.as_str()
    } else {
        spec["sts"]["arn"] == customer.role.arn().as_str()
    };
    if account["uid"] != uid || !credential_matches {
        return Err(format!("the receipt is for {uid}, and Palette has {account}"));
    }
    match (method, found.active().as_slice()) {
        (AuthMethod::Sts, []) => Ok(()),
        (AuthMethod::StaticCredentials, [secret])
            if current_value(secret) == secret_document(&customer.keys)
                && pending_value(secret).is_null()
                && secret.tags.get("gangway:state").is_some_and(|state| state == "registered")
                && secret.tags.get("gangway:palette-uid").is_some_and(|tag| tag == uid)
                && secret.arn == response.text_at("/secretArn") =>
        {
            Ok(())
        }
        (_, live) => Err(format!("secrets: {live:#?}")),
    }
}

/// Asserts that Palette and Secrets Manager have what this receipt says about the first customer.
pub(crate) fn assert_receipt_is_true(
    app: &TestApp,
    method: AuthMethod,
    name: &str,
    response: &HttpResponse,
) {
    check_receipt(app, method, name, response)
        .unwrap_or_else(|difference| panic!("{difference}\n{}", response.text));
}

/// Returns the calls that changed something in AWS or Palette since the call log was cleared,
/// without calls that publish events.
pub(crate) fn write_calls(app: &TestApp) -> Vec<String> {
    let mut calls = app.cloud().calls().all();
    // `PutEvents` reports a change and makes none.
    calls.retain(|call| call.service != "events" && !call.nested && call.is_write());
    calls.into_iter().map(|call| format!("{} {}", call.service, call.operation)).collect()
}
