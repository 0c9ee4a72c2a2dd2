//! Invalid credentials, and requests with more than one credential.

use serde_json::{Value, json};

use super::{POLICIES, keys};
use crate::{
    KEY_ID, SECRET,
    case::{InvalidRequestCase, with, without},
    incoming_secrets,
    sts::role_arns,
};

/// The cases that need no local cloud.
pub(super) fn credentials() -> Vec<InvalidRequestCase> {
    let id = "must be an access key id: 16 to 128";
    let secret = "must be a secret access key: 16 to 128";
    let (key_id, secret_key) = ("/accessKeyId", "/secretAccessKey");
    let mut twice = keys().to_string();
    twice.insert_str(1, &format!(r#""secretAccessKey":"{SECRET}","#));
    let values: Vec<(&str, Value, &str, &str)> = vec![
        ("an empty id", with(&keys(), "accessKeyId", "".into()), key_id, id),
        ("an id that is the secret", with(&keys(), "accessKeyId", SECRET.into()), key_id, id),
        (
            "a temporary key",
            with(&keys(), "accessKeyId", "ASIAIOSFODNN7EXAMPLE".into()),
            key_id,
            "create a long-lived access key (AKIA…)",
        ),
        (
            "an id of another type",
            with(&keys(), "accessKeyId", 7.into()),
            key_id,
            "must be a string, not a number",
        ),
        (
            "a short secret key",
            with(&keys(), "secretAccessKey", "wJalrX".into()),
            secret_key,
            secret,
        ),
        (
            "a secret key in a list",
            with(&keys(), "secretAccessKey", json!([SECRET])),
            secret_key,
            "must be a string, not a list",
        ),
        (
            "a secret key that is null",
            with(&keys(), "secretAccessKey", Value::Null),
            secret_key,
            "must be a string, not null",
        ),
        ("no key id", without(&keys(), "accessKeyId"), key_id, "accessKeyId is missing"),
        (
            "no secret key",
            without(&keys(), "secretAccessKey"),
            secret_key,
            "secretAccessKey is missing",
        ),
        (
            "a token",
            with(&keys(), "sessionToken", SECRET.into()),
            "/sessionToken",
            "is not known here: remove it",
        ),
        ("a name", with(&keys(), "name", "prod".into()), "/name", "is not known here: remove it"),
        (
            "a partition",
            with(&keys(), "partition", "aws".into()),
            "/partition",
            "is not known here: remove it",
        ),
    ];
    let case = |(name, body, at, remedy): (&str, Value, &str, &str)| {
        InvalidRequestCase::post(&format!("policies: {name}"), POLICIES, body.to_string())
            .invalid(&[at], remedy)
    };
    let mut invalid_requests: Vec<_> = values.into_iter().map(case).collect();
    invalid_requests.extend([
        InvalidRequestCase::post("policies: nothing", POLICIES, "{}")
            .invalid(&[key_id, secret_key], "accessKeyId is missing"),
        InvalidRequestCase::bare("policies: no body", "POST", POLICIES)
            .invalid(&[key_id, secret_key], "accessKeyId is missing"),
        InvalidRequestCase::post("policies: two secret keys", POLICIES, twice)
            .invalid(&[secret_key], "is given 2 times: give it once"),
    ]);
    invalid_requests.extend(ways());
    invalid_requests.extend(role_arns(POLICIES, &json!({})));
    invalid_requests.extend(incoming_secrets::arns(POLICIES, &json!({})));
    invalid_requests
}

/// Invalid or ambiguous references to an account.
fn ways() -> Vec<InvalidRequestCase> {
    let uid = "uid must be a Palette uid: 1 to 36 letters, digits and '-'";
    let one = "must be left out: name one of uid, roleArn, secretArn, or accessKeyId with secretAccessKey";
    let (key_id, secret_key) = ("/accessKeyId", "/secretAccessKey");
    let role = "arn:aws:iam::300000000001:role/R";
    let arn = "arn:aws:secretsmanager:us-east-1:100000000001:secret:gangway/incoming/x-AbCdEf";
    let values: Vec<(&str, Value, &str, &str)> = vec![
        ("an empty uid", json!({ "uid": "" }), "/uid", uid),
        ("a uid that climbs", json!({ "uid": "../../v1/users" }), "/uid", uid),
        ("a uid with a NUL", json!({ "uid": "a\u{0}" }), "/uid", uid),
        ("a long uid", json!({ "uid": "a".repeat(65) }), "/uid", uid),
        ("a uid that is null", json!({ "uid": null }), "/uid", "must be a string, not null"),
        ("a uid that is a number", json!({ "uid": 7 }), "/uid", "must be a string, not a number"),
        (
            "a uid in an object",
            json!({ "uid": { "is": SECRET } }),
            "/uid",
            "must be a string, not an object",
        ),
        ("a uid and a role", json!({ "uid": "abc", "roleArn": role }), "/roleArn", one),
        ("a uid and a secret", json!({ "uid": "abc", "secretArn": arn }), "/secretArn", one),
        ("a uid and a key id", json!({ "uid": "abc", "accessKeyId": KEY_ID }), key_id, one),
        ("a role and a secret", json!({ "roleArn": role, "secretArn": arn }), "/secretArn", one),
        (
            "a secret and a key id",
            json!({ "secretArn": arn, "accessKeyId": KEY_ID }),
            key_id,
            "where secretArn is given: the secret holds it",
        ),
        (
            "a role and a secret key",
            json!({ "roleArn": role, "secretAccessKey": SECRET }),
            secret_key,
            "is not known here: remove it",
        ),
        (
            "a role and its external id",
            json!({ "roleArn": role, "externalId": "x" }),
            "/externalId",
            "is not known here: remove it",
        ),
    ];
    let case = |(name, body, at, remedy): (&str, Value, &str, &str)| {
        InvalidRequestCase::post(&format!("policies: {name}"), POLICIES, body.to_string())
            .invalid(&[at], remedy)
    };
    let everything = with(
        &with(&with(&keys(), "uid", "abc".into()), "roleArn", role.into()),
        "secretArn",
        arn.into(),
    );
    let all =
        InvalidRequestCase::post("policies: everything at once", POLICIES, everything.to_string())
            .invalid(&["/roleArn", "/secretArn", key_id, secret_key], one);
    values.into_iter().map(case).chain([all]).collect()
}
