//! Invalid requests to `static-credentials`.

mod events;
mod routes;

use acceptance::TestApp;
use gangway_model::Partition;
use serde_json::{Value, json};

use self::{
    events::events,
    routes::{routes, uids},
};
use crate::{
    KEY_ID, SECRET, bodies,
    case::{InvalidRequestCase, with, without},
    fields, incoming_secrets,
    runner::assert_rejected,
};

const FUNCTION: &str = "static-credentials";
const PATH: &str = "/v1/accounts/static-credentials";
const VALIDATE: &str = "/v1/accounts/static-credentials/validate";
const UID: &str = "/v1/accounts/static-credentials/5f0c1a2b3c4d5e6f70818293";

/// The cases that need no local cloud.
pub(crate) fn invalid_requests() -> Vec<InvalidRequestCase> {
    [documents(), members(), keys(), secret_arns(), routes(), uids(), events()]
        .into_iter()
        .flatten()
        .collect()
}

fn right() -> Value {
    json!({ "name": "prod", "accessKeyId": KEY_ID, "secretAccessKey": SECRET })
}

fn in_secret() -> Value {
    json!({ "name": "prod", "secretArn": "#" })
}

fn documents() -> Vec<InvalidRequestCase> {
    let mut invalid_requests = bodies::broken(PATH);
    invalid_requests.extend(bodies::declared(VALIDATE, &right().to_string()));
    invalid_requests.extend(bodies::unreadable(PATH));
    invalid_requests
}

fn members() -> Vec<InvalidRequestCase> {
    fields::wrong(PATH, &right(), "send the request to the deployment for aws-iso")
}

fn keys() -> Vec<InvalidRequestCase> {
    let id = "must be an access key id: 16 to 128 letters, digits and '_', without white space";
    let temporary = "create a long-lived access key (AKIA…) for the IAM user";
    let secret = "must be a secret access key: 16 to 128 printable characters, without white space";
    let values: Vec<(&str, Value, &str)> = vec![
        ("accessKeyId", "".into(), id),
        ("accessKeyId", "AKIA".into(), id),
        ("accessKeyId", "AKIAIOSFODNN7EX".into(), id),
        ("accessKeyId", "A".repeat(129).into(), id),
        ("accessKeyId", "AKIA-IOSFODNN7-EXAMPLE".into(), id),
        ("accessKeyId", format!(" {KEY_ID}").into(), id),
        ("accessKeyId", format!("{KEY_ID}\n").into(), id),
        ("accessKeyId", "ＡＫＩＡIOSFODNN7EXAMPLE".into(), id),
        ("accessKeyId", SECRET.into(), id),
        ("accessKeyId", "ASIAIOSFODNN7EXAMPLE".into(), temporary),
        ("accessKeyId", Value::Null, "must be a string, not null"),
        ("accessKeyId", 12_345_678_901_234_567_u64.into(), "must be a string, not a number"),
        ("accessKeyId", json!([KEY_ID]), "must be a string, not a list"),
        ("accessKeyId", json!({ "id": KEY_ID }), "must be a string, not an object"),
        ("accessKeyId", true.into(), "must be a string, not a boolean"),
        ("secretAccessKey", "".into(), secret),
        ("secretAccessKey", "wJalrX".into(), secret),
        ("secretAccessKey", SECRET.repeat(4).into(), secret),
        ("secretAccessKey", format!("{SECRET}\n").into(), secret),
        ("secretAccessKey", format!(" {SECRET}").into(), secret),
        ("secretAccessKey", format!("{SECRET}\u{0}").into(), secret),
        ("secretAccessKey", format!("{SECRET}é").into(), secret),
        ("secretAccessKey", Value::Null, "must be a string, not null"),
        ("secretAccessKey", 7.into(), "must be a string, not a number"),
        ("secretAccessKey", json!([SECRET]), "must be a string, not a list"),
        ("secretAccessKey", json!({ "value": SECRET }), "must be a string, not an object"),
    ];
    let case = |(number, (member, value, remedy)): (usize, (&str, Value, &str))| {
        let body = with(&right(), member, value).to_string();
        let case = InvalidRequestCase::post(&format!("{member}, {number}"), PATH, body);
        case.invalid(&[&format!("/{member}")], remedy)
    };
    let mut invalid_requests: Vec<_> = values.into_iter().enumerate().map(case).collect();
    let mut twice = right().to_string();
    twice.insert_str(1, &format!(r#""secretAccessKey":"{SECRET}","#));
    let arn = "arn:aws:secretsmanager:us-east-1:100000000001:secret:gangway/incoming/x-AbCdEf";
    let both = with(&right(), "secretArn", arn.into());
    let token = with(&right(), "sessionToken", SECRET.into());
    let temporary_keys = with(&token, "accessKeyId", "ASIAIOSFODNN7EXAMPLE".into());
    let left_out = "must be left out where secretArn is given: the secret holds it";
    let (key_id, secret_key) = ("/accessKeyId", "/secretAccessKey");
    invalid_requests.extend([
        InvalidRequestCase::post("no key id", PATH, without(&right(), "accessKeyId").to_string())
            .invalid(&[key_id], "accessKeyId is missing: it must be an access key id"),
        InvalidRequestCase::post("no secret key", PATH, without(&right(), "secretAccessKey").to_string())
            .invalid(&[secret_key], "secretAccessKey is missing: it must be a secret access key"),
        InvalidRequestCase::post("no keys", PATH, r#"{"name":"prod"}"#)
            .invalid(&[key_id, secret_key], "accessKeyId is missing"),
        InvalidRequestCase::post("nothing", PATH, "{}")
            .invalid(&["/name", key_id, secret_key], "name is missing"),
        InvalidRequestCase::post("white space", PATH, " \r\n\t")
            .invalid(&["/name", key_id, secret_key], "name is missing"),
        InvalidRequestCase::bare("no body", "POST", PATH)
            .invalid(&["/name", key_id, secret_key], "name is missing"),
        InvalidRequestCase::post("two secret keys", PATH, twice)
            .invalid(&[secret_key], "is given 2 times: give it once"),
        InvalidRequestCase::post("keys and their secret", PATH, both.to_string())
            .invalid(&[key_id, secret_key], left_out),
        InvalidRequestCase::post("a key id and a secret", PATH, without(&both, "secretAccessKey").to_string())
            .invalid(&[key_id], left_out),
        InvalidRequestCase::post("a secret key and a secret", PATH, without(&both, "accessKeyId").to_string())
            .invalid(&[secret_key], left_out),
        InvalidRequestCase::post("a session token", PATH, token.to_string())
            .invalid(&["/sessionToken"], "is not known here: remove it"),
        InvalidRequestCase::post("temporary keys with their token", PATH, temporary_keys.to_string())
            .invalid(&[key_id, "/sessionToken"], temporary),
        InvalidRequestCase::post("a role besides", PATH, with(&right(), "roleArn", "arn:aws:iam::123456789012:role/R".into()).to_string())
            .invalid(&["/roleArn"], "is not known here: remove it"),
        InvalidRequestCase::post("keys of SCAP", PATH, with(&right(), "userKey", SECRET.into()).to_string())
            .invalid(&["/userKey"], "is not known here: remove it"),
        InvalidRequestCase::post("everything wrong", PATH, format!(r#"{{"name":7,"partition":"aws-iso","accessKeyId":"","secretAccessKey":[],"x":"{SECRET}"}}"#))
            .invalid(&["/name", "/partition", key_id, secret_key, "/x"], "must be a string"),
        InvalidRequestCase::post("a temporary key, to be validated", VALIDATE, with(&right(), "accessKeyId", "ASIAIOSFODNN7EXAMPLE".into()).to_string())
            .invalid(&[key_id], temporary),
    ]);
    invalid_requests
}

fn secret_arns() -> Vec<InvalidRequestCase> {
    incoming_secrets::arns(PATH, &in_secret())
}

/// Rows: F03.
#[tokio::test]
async fn static_credentials_refuses_bodies_that_are_not_json_objects() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, documents()).await;
}

/// Rows: F04, F05, F10.
#[tokio::test]
async fn static_credentials_checks_every_member() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, members()).await;
}

/// Rows: F14.
#[tokio::test]
async fn static_credentials_refuses_malformed_keys() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, keys()).await;
}

#[tokio::test]
async fn static_credentials_refuses_invalid_secret_arns() {
    let app = TestApp::start(Partition::Aws).await;
    let mut invalid_requests = secret_arns();
    invalid_requests.extend(incoming_secrets::secrets(&app, PATH, &in_secret()).await);
    assert_rejected(&app, FUNCTION, invalid_requests).await;
}

#[tokio::test]
async fn static_credentials_has_no_other_routes_verbs_or_uids() {
    let mut invalid_requests = routes();
    invalid_requests.extend(uids());
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, invalid_requests).await;
}

#[tokio::test]
async fn static_credentials_rejects_invalid_events_without_retry() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, events()).await;
}
