//! Requests to `/v1/policies` with invalid credentials, or with more than one credential.

use serde_json::{Value, json};

use super::{POLICIES_PATH, access_key_request};
use crate::{
    KEY_ID, SECRET,
    case::{InvalidRequestCase, post, request_without_body, with_member, without_member},
    incoming_secrets,
    sts::invalid_role_arn_cases,
};

/// Returns the cases that can be built without a local cloud.
pub(super) fn credential_cases() -> Vec<InvalidRequestCase> {
    let id_rule = "must be an access key id: 16 to 128";
    let key_rule = "must be a secret access key: 16 to 128";
    let (key_id, secret_key) = ("/accessKeyId", "/secretAccessKey");
    let mut duplicate = access_key_request().to_string();
    duplicate.insert_str(1, &format!(r#""secretAccessKey":"{SECRET}","#));
    let values: Vec<(&str, Value, &str, &str)> = vec![
        (
            "an empty id",
            with_member(&access_key_request(), "accessKeyId", "".into()),
            key_id,
            id_rule,
        ),
        (
            "an id that is the secret",
            with_member(&access_key_request(), "accessKeyId", SECRET.into()),
            key_id,
            id_rule,
        ),
        (
            "a temporary key",
            with_member(&access_key_request(), "accessKeyId", "ASIAIOSFODNN7EXAMPLE".into()),
            key_id,
            "create a long-lived access key (AKIA…)",
        ),
        (
            "an id of another type",
            with_member(&access_key_request(), "accessKeyId", 7.into()),
            key_id,
            "must be a string, not a number",
        ),
        (
            "a short secret key",
            with_member(&access_key_request(), "secretAccessKey", "wJalrX".into()),
            secret_key,
            key_rule,
        ),
        (
            "a secret key in a list",
            with_member(&access_key_request(), "secretAccessKey", json!([SECRET])),
            secret_key,
            "must be a string, not a list",
        ),
        (
            "a secret key that is null",
            with_member(&access_key_request(), "secretAccessKey", Value::Null),
            secret_key,
            "must be a string, not null",
        ),
        (
            "no key id",
            without_member(&access_key_request(), "accessKeyId"),
            key_id,
            "accessKeyId is missing",
        ),
        (
            "no secret key",
            without_member(&access_key_request(), "secretAccessKey"),
            secret_key,
            "secretAccessKey is missing",
        ),
        (
            "a token",
            with_member(&access_key_request(), "sessionToken", SECRET.into()),
            "/sessionToken",
            "is unknown: remove it",
        ),
        (
            "a name",
            with_member(&access_key_request(), "name", "prod".into()),
            "/name",
            "is unknown: remove it",
        ),
        (
            "a partition",
            with_member(&access_key_request(), "partition", "aws".into()),
            "/partition",
            "is unknown: remove it",
        ),
    ];
    let case = |(name, body, at, remedy): (&str, Value, &str, &str)| {
        post(&format!("policies: {name}"), POLICIES_PATH, body.to_string())
            .expect_400(&[at], remedy)
    };
    let mut invalid_requests: Vec<_> = values.into_iter().map(case).collect();
    invalid_requests.extend([
        post("policies: an empty object", POLICIES_PATH, "{}")
            .expect_400(&[key_id, secret_key], "accessKeyId is missing"),
        request_without_body("policies: no body", "POST", POLICIES_PATH)
            .expect_400(&[key_id, secret_key], "accessKeyId is missing"),
        post("policies: two secret keys", POLICIES_PATH, duplicate)
            .expect_400(&[secret_key], "is sent 2 times: send it once"),
    ]);
    invalid_requests.extend(ambiguous_credential_cases());
    invalid_requests.extend(invalid_role_arn_cases(POLICIES_PATH, &json!({})));
    invalid_requests.extend(incoming_secrets::invalid_arn_cases(POLICIES_PATH, &json!({})));
    invalid_requests
}

/// Returns cases with more than one credential, or with members that belong to no credential.
fn ambiguous_credential_cases() -> Vec<InvalidRequestCase> {
    let one =
        "must be left out: name one of roleArn, secretArn, or accessKeyId with secretAccessKey";
    let (key_id, secret_key) = ("/accessKeyId", "/secretAccessKey");
    let role = "arn:aws:iam::300000000001:role/R";
    let arn =
        "arn:aws:secretsmanager:us-east-1:100000000001:secret:gangway/incoming/tenant/x-AbCdEf";
    let values: Vec<(&str, Value, &str, &str)> = vec![
        ("a uid", json!({ "uid": "abc", "roleArn": role }), "/uid", "is unknown: remove it"),
        ("a role and a secret", json!({ "roleArn": role, "secretArn": arn }), "/secretArn", one),
        (
            "a secret and a key id",
            json!({ "secretArn": arn, "accessKeyId": KEY_ID }),
            key_id,
            "if secretArn is sent: the secret contains it",
        ),
        (
            "a role and a secret key",
            json!({ "roleArn": role, "secretAccessKey": SECRET }),
            secret_key,
            "is unknown: remove it",
        ),
        (
            "a role and its external id",
            json!({ "roleArn": role, "externalId": "x" }),
            "/externalId",
            "is unknown: remove it",
        ),
    ];
    let case = |(name, body, at, remedy): (&str, Value, &str, &str)| {
        post(&format!("policies: {name}"), POLICIES_PATH, body.to_string())
            .expect_400(&[at], remedy)
    };
    let everything = with_member(
        &with_member(&access_key_request(), "roleArn", role.into()),
        "secretArn",
        arn.into(),
    );
    let all = post("policies: everything at once", POLICIES_PATH, everything.to_string())
        .expect_400(&["/secretArn", key_id, secret_key], one);
    values.into_iter().map(case).chain([all]).collect()
}
