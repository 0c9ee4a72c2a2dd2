//! Rotation of secrets: `RotateSecret`, `CancelRotateSecret`, and what a rotation leaves.
use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::call::{SecretsCall, invalid_parameter, invalid_request};
use super::{Payload, SecretVersion, StoredSecret};
use crate::aws::error::AwsError;
use crate::aws::setup::Account;
use crate::aws::store::Store;

/// Length of a day, in seconds.
const DAY: i64 = 86_400;

/// The rotation of a secret.
#[derive(Debug, Clone)]
pub(crate) struct StoredRotation {
    pub(crate) enabled: bool,
    /// ARN of the rotation function.
    pub(crate) lambda: String,
    pub(crate) rules: Value,
    pub(crate) last: Option<i64>,
    /// Since when the rules hold.
    since: i64,
    /// What Secrets Manager has not done yet.
    due: Option<(RotationKind, String)>,
}

impl StoredRotation {
    /// Returns when the secret is rotated next, by a rule in days.
    pub(crate) fn next(&self) -> Option<i64> {
        let days = self.rules.get("AutomaticallyAfterDays").and_then(Value::as_i64)?;
        self.enabled.then(|| self.last.unwrap_or(self.since) + days * DAY)
    }
}

/// Which steps of the rotation function Secrets Manager calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RotationKind {
    /// All four steps.
    Rotation,
    /// Only the step `testSecret`, after rotation was configured.
    Test,
}

/// A rotation that Secrets Manager is to start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueRotation {
    pub kind: RotationKind,
    /// ARN of the secret.
    pub secret: String,
    /// `ClientRequestToken`: the id of the version that the rotation fills.
    pub token: String,
    /// ARN of the rotation function.
    pub lambda: String,
}

fn rules(call: &SecretsCall<'_>) -> Result<Option<Value>, AwsError> {
    let Some(rules) = call.member("RotationRules") else { return Ok(None) };
    let days = rules.get("AutomaticallyAfterDays");
    let expression = rules.get("ScheduleExpression");
    match (days, expression) {
        (Some(_), Some(_)) | (None, None) => Err(invalid_parameter(
            "You must specify either AutomaticallyAfterDays or ScheduleExpression.",
        )),
        (Some(days), None) if days.as_i64().is_none_or(|days| !(1..=1000).contains(&days)) => {
            Err(invalid_parameter("AutomaticallyAfterDays must be between 1 and 1000."))
        }
        (Some(_), None) | (None, Some(_)) => Ok(Some(rules.clone())),
    }
}

pub(super) fn rotate(call: &mut SecretsCall<'_>) -> Result<Value, AwsError> {
    let token = call.token()?;
    let (lambda, rules) = (call.string("RotationLambdaARN")?.map(str::to_owned), rules(call)?);
    let now_or_later = call.member("RotateImmediately").and_then(Value::as_bool).unwrap_or(true);
    let name = call.authorized_secret_with(|context| match &lambda {
        Some(lambda) => context.with("secretsmanager:RotationLambdaARN", lambda),
        None => context,
    })?;
    let secret = call.active_secret_mut(&name)?.clone();
    let known = secret.rotation.as_ref();
    let Some(function) = lambda.or_else(|| known.map(|known| known.lambda.clone())) else {
        return Err(invalid_request(
            "No Lambda rotation function ARN is associated with this secret.",
        ));
    };
    let Some(rules) = rules.or_else(|| known.map(|known| known.rules.clone())) else {
        return Err(invalid_parameter("You must specify RotationRules."));
    };
    let context = call.store.context(call.caller);
    let action = "lambda:InvokeFunction";
    call.store.authorize(call.caller, action, &function, &function, &context)?;
    let account = call.store.account(&call.caller.account_key);
    if !account.is_some_and(|account| account.rotation_functions.contains(&function)) {
        return Err(AwsError::new(
            400,
            "AccessDeniedException",
            "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com.",
        ));
    }
    let pending = secret.version_with_stage("AWSPENDING");
    let unfinished = pending.filter(|version| !version.stages.contains("AWSCURRENT"));
    let kind = if now_or_later { RotationKind::Rotation } else { RotationKind::Test };
    let now = call.store.now();
    let last = known.and_then(|known| known.last);
    let is_same = known.is_some_and(|known| known.enabled && known.rules == rules);
    let since = known.filter(|_| is_same).map_or(now, |known| known.since);
    if let Some(unfinished) = unfinished.map(|version| version.id.clone()).filter(|_| now_or_later)
    {
        let again = known.is_some_and(|known| known.enabled);
        if let Some(rotation) = call.active_secret_mut(&name)?.rotation.as_mut().filter(|_| again) {
            rotation.due = Some((RotationKind::Rotation, unfinished.clone()));
        }
        if unfinished != token {
            return Err(invalid_request(
                "A previous rotation isn't complete. That rotation will be reattempted.",
            ));
        }
    }
    let secret = call.active_secret_mut(&name)?;
    let due = Some((kind, token.clone()));
    secret.rotation =
        Some(StoredRotation { enabled: true, lambda: function, rules, last, since, due });
    if now_or_later {
        add_empty_version(secret, &token, now);
    }
    Ok(json!({ "ARN": secret.arn, "Name": name, "VersionId": token }))
}

/// Adds the version that the rotation function is to fill.
fn add_empty_version(secret: &mut StoredSecret, token: &str, now: i64) {
    if secret.version(token).is_some() {
        return;
    }
    super::values::move_label(secret, "AWSPENDING");
    let stages = BTreeSet::from(["AWSPENDING".to_owned()]);
    let id = token.to_owned();
    secret.versions.push(SecretVersion { id, payload: Payload::Missing, stages, created: now });
}

/// Turns rotation off. A rotation in progress ends, and its version keeps the label `AWSPENDING`.
pub(super) fn cancel(call: &mut SecretsCall<'_>) -> Result<Value, AwsError> {
    let name = call.authorized_secret()?;
    let secret = call.active_secret_mut(&name)?;
    if let Some(rotation) = &mut secret.rotation {
        rotation.enabled = false;
        rotation.due = None;
    }
    Ok(json!({ "ARN": secret.arn, "Name": name }))
}

impl Account {
    /// Lets Secrets Manager invoke a function: the permission `AWS::Lambda::Permission` of a
    /// template.
    pub fn allow_rotation_by(&self, function: &str) {
        let mut store = self.aws().store();
        let account = store.account_mut(self.account_key());
        account.rotation_functions.insert(function.to_owned());
    }

    /// Returns the rotations that were requested, and those whose time has come.
    pub fn due_rotations(&self) -> Vec<DueRotation> {
        let mut store = self.aws().store();
        let now = store.now();
        let count = store.account_mut(self.account_key()).secrets.len();
        let tokens: Vec<_> = (0..count).map(|_| store.generate_request_id()).collect();
        let secrets = &mut store.account_mut(self.account_key()).secrets;
        let mut due = Vec::new();
        for (secret, token) in secrets.values_mut().zip(tokens) {
            let Some(rotation) =
                secret.rotation.as_mut().filter(|_| secret.deletion_date.is_none())
            else {
                continue;
            };
            if rotation.due.is_none() && rotation.next().is_some_and(|next| next <= now) {
                rotation.due = Some((RotationKind::Rotation, token.clone()));
                add_empty_version(secret, &token, now);
            }
            let Some(rotation) = &secret.rotation else { continue };
            if let Some((kind, token)) = rotation.due.clone() {
                let (secret, lambda) = (secret.arn.clone(), rotation.lambda.clone());
                due.push(DueRotation { kind, secret, token, lambda });
            }
        }
        due
    }

    /// Ends a rotation whose steps succeeded. Returns `false` if it did not leave its version
    /// current.
    pub fn end_rotation(&self, due: &DueRotation) -> bool {
        let mut store = self.aws().store();
        end(&mut store, self, due)
    }
}

fn end(store: &mut Store, account: &Account, due: &DueRotation) -> bool {
    let now = store.now();
    let secrets = &mut store.account_mut(account.account_key()).secrets;
    let Some(secret) = secrets.values_mut().find(|secret| secret.arn == due.secret) else {
        return false;
    };
    let current = secret.version_with_stage("AWSCURRENT").map(|version| version.id.clone());
    let pending = secret.version_with_stage("AWSPENDING").map(|version| version.id.clone());
    let is_done = due.kind == RotationKind::Test
        || current.as_deref() == Some(&due.token) && (pending.is_none() || pending == current);
    if let Some(rotation) = secret.rotation.as_mut().filter(|_| is_done) {
        rotation.due = None;
        if due.kind == RotationKind::Rotation {
            rotation.last = Some(now);
        }
    }
    is_done
}
