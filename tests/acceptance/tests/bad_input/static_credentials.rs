//! Tests that the function `static-credentials` rejects invalid requests.

mod events;
mod routes;

use acceptance::TestApp;
use gangway_model::Partition;
use serde_json::{Value, json};

use self::{
    events::event_cases,
    routes::{route_cases, uid_cases},
};
use crate::{
    KEY_ID, SECRET, bodies,
    case::{InvalidRequestCase, post, request_without_body, with_member, without_member},
    fields, incoming_secrets,
    runner::assert_rejected,
};

const FUNCTION: &str = "static-credentials";
const REGISTER_PATH: &str = "/v1/tenant/accounts/static-credentials";
const VALIDATE_PATH: &str = "/v1/tenant/accounts/static-credentials/validate";

/// A secret access key that is also a valid name and a valid description of an account.
const PLAIN_KEY: &str = "wjalrxutnfemixk7mdengxbpxrficyexamplekey";

const REPLACE_PATH: &str = "/v1/tenant/accounts/static-credentials/5f0c1a2b3c4d5e6f70818293";

/// Returns the cases that can be built without a local cloud.
pub(crate) fn invalid_requests() -> Vec<InvalidRequestCase> {
    [
        body_cases(),
        member_cases(),
        access_key_cases(),
        secret_arn_cases(),
        route_cases(),
        uid_cases(),
        event_cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn valid_request() -> Value {
    json!({ "name": "prod", "accessKeyId": KEY_ID, "secretAccessKey": SECRET })
}

fn request_with_secret_arn() -> Value {
    json!({ "name": "prod", "secretArn": "#" })
}

fn body_cases() -> Vec<InvalidRequestCase> {
    let mut invalid_requests = bodies::malformed_json_cases(REGISTER_PATH);
    invalid_requests
        .extend(bodies::size_and_content_type_cases(VALIDATE_PATH, &valid_request().to_string()));
    invalid_requests.extend(bodies::unknown_event_cases(REGISTER_PATH));
    invalid_requests
}

fn member_cases() -> Vec<InvalidRequestCase> {
    fields::common_member_cases(
        REGISTER_PATH,
        &valid_request(),
        "send the request to the deployment for aws-iso",
    )
}

/// The expected remedy for the access key id of temporary credentials.
const TEMPORARY_KEY_RULE: &str = "create a long-lived access key (AKIA…) for the IAM user";

/// Returns invalid values of the members of an access key: the member, the value and the expected
/// remedy.
fn invalid_key_values() -> Vec<(&'static str, Value, &'static str)> {
    let id_rule =
        "must be an access key id: 16 to 128 letters, digits and '_', without white space";
    let key_rule =
        "must be a secret access key: 16 to 128 printable characters, without white space";
    vec![
        ("accessKeyId", "".into(), id_rule),
        ("accessKeyId", "AKIA".into(), id_rule),
        ("accessKeyId", "AKIAIOSFODNN7EX".into(), id_rule),
        ("accessKeyId", "A".repeat(129).into(), id_rule),
        ("accessKeyId", "AKIA-IOSFODNN7-EXAMPLE".into(), id_rule),
        ("accessKeyId", format!(" {KEY_ID}").into(), id_rule),
        ("accessKeyId", format!("{KEY_ID}\n").into(), id_rule),
        ("accessKeyId", "ＡＫＩＡIOSFODNN7EXAMPLE".into(), id_rule),
        ("accessKeyId", SECRET.into(), id_rule),
        ("accessKeyId", "ASIAIOSFODNN7EXAMPLE".into(), TEMPORARY_KEY_RULE),
        ("accessKeyId", Value::Null, "must be a string, not null"),
        ("accessKeyId", 12_345_678_901_234_567_u64.into(), "must be a string, not a number"),
        ("accessKeyId", json!([KEY_ID]), "must be a string, not a list"),
        ("accessKeyId", json!({ "id": KEY_ID }), "must be a string, not an object"),
        ("accessKeyId", true.into(), "must be a string, not a boolean"),
        ("secretAccessKey", "".into(), key_rule),
        ("secretAccessKey", "wJalrX".into(), key_rule),
        ("secretAccessKey", SECRET.repeat(4).into(), key_rule),
        ("secretAccessKey", format!("{SECRET}\n").into(), key_rule),
        ("secretAccessKey", format!(" {SECRET}").into(), key_rule),
        ("secretAccessKey", format!("{SECRET}\u{0}").into(), key_rule),
        ("secretAccessKey", format!("{SECRET}é").into(), key_rule),
        ("secretAccessKey", Value::Null, "must be a string, not null"),
        ("secretAccessKey", 7.into(), "must be a string, not a number"),
        ("secretAccessKey", json!([SECRET]), "must be a string, not a list"),
        ("secretAccessKey", json!({ "value": SECRET }), "must be a string, not an object"),
    ]
}

/// Returns cases with a missing, invalid, repeated or additional credential.
fn access_key_cases() -> Vec<InvalidRequestCase> {
    let case = |(number, (member, value, remedy)): (usize, (&str, Value, &str))| {
        let body = with_member(&valid_request(), member, value).to_string();
        let case = post(&format!("{member}, {number}"), REGISTER_PATH, body);
        case.expect_400(&[&format!("/{member}")], remedy)
    };
    let mut invalid_requests: Vec<_> =
        invalid_key_values().into_iter().enumerate().map(case).collect();
    let mut duplicate = valid_request().to_string();
    duplicate.insert_str(1, &format!(r#""secretAccessKey":"{SECRET}","#));
    let arn =
        "arn:aws:secretsmanager:us-east-1:100000000001:secret:gangway/incoming/tenant/x-AbCdEf";
    let with_secret_arn = with_member(&valid_request(), "secretArn", arn.into());
    let token = with_member(&valid_request(), "sessionToken", SECRET.into());
    let temporary_keys = with_member(&token, "accessKeyId", "ASIAIOSFODNN7EXAMPLE".into());
    let left_out = "must be left out if secretArn is sent: the secret contains it";
    let (key_id, secret_key) = ("/accessKeyId", "/secretAccessKey");
    let with_key = |member: &str, value: &str| {
        with_member(
            &with_member(&valid_request(), "secretAccessKey", PLAIN_KEY.into()),
            member,
            value.into(),
        )
    };
    let repeated = "contains the value of secretAccessKey: remove it";
    for (member, value) in [
        ("description", PLAIN_KEY.to_owned()),
        ("description", format!("the key {PLAIN_KEY} of 2026")),
        ("name", PLAIN_KEY.to_owned()),
        ("privateCloudGateway", PLAIN_KEY.to_owned()),
        ("accessKeyId", PLAIN_KEY.to_owned()),
    ] {
        let case = post(
            &format!("the key as {member}: {value}"),
            REGISTER_PATH,
            with_key(member, &value).to_string(),
        );
        invalid_requests.push(case.expect_400(&[&format!("/{member}")], repeated));
    }
    let without = |request: &Value, member: &str| without_member(request, member).to_string();
    let with_value =
        |member: &str, value: &str| with_member(&valid_request(), member, value.into()).to_string();
    let everything_wrong = format!(
        r#"{{"name":7,"partition":"aws-iso","accessKeyId":"","secretAccessKey":[],"x":"{SECRET}"}}"#
    );
    invalid_requests.extend([
        post("no key id", REGISTER_PATH, without(&valid_request(), "accessKeyId"))
            .expect_400(&[key_id], "accessKeyId is missing: it must be an access key id"),
        post("no secret key", REGISTER_PATH, without(&valid_request(), "secretAccessKey"))
            .expect_400(
                &[secret_key],
                "secretAccessKey is missing: it must be a secret access key",
            ),
        post("no keys", REGISTER_PATH, r#"{"name":"prod"}"#)
            .expect_400(&[key_id, secret_key], "accessKeyId is missing"),
        post("nothing", REGISTER_PATH, "{}")
            .expect_400(&["/name", key_id, secret_key], "name is missing"),
        post("white space", REGISTER_PATH, " \r\n\t")
            .expect_400(&["/name", key_id, secret_key], "name is missing"),
        request_without_body("no body", "POST", REGISTER_PATH)
            .expect_400(&["/name", key_id, secret_key], "name is missing"),
        post("two secret keys", REGISTER_PATH, duplicate)
            .expect_400(&[secret_key], "is sent 2 times: send it once"),
        post("keys and their secret", REGISTER_PATH, with_secret_arn.to_string())
            .expect_400(&[key_id, secret_key], left_out),
        post("a key id and a secret", REGISTER_PATH, without(&with_secret_arn, "secretAccessKey"))
            .expect_400(&[key_id], left_out),
        post("a secret key and a secret", REGISTER_PATH, without(&with_secret_arn, "accessKeyId"))
            .expect_400(&[secret_key], left_out),
        post("a session token", REGISTER_PATH, token.to_string())
            .expect_400(&["/sessionToken"], "is unknown: remove it"),
        post("temporary keys with their token", REGISTER_PATH, temporary_keys.to_string())
            .expect_400(&[key_id, "/sessionToken"], TEMPORARY_KEY_RULE),
        post(
            "a role besides",
            REGISTER_PATH,
            with_value("roleArn", "arn:aws:iam::123456789012:role/R"),
        )
        .expect_400(&["/roleArn"], "is unknown: remove it"),
        post("keys of SCAP", REGISTER_PATH, with_value("userKey", SECRET))
            .expect_400(&["/userKey"], "is unknown: remove it"),
        post("everything wrong", REGISTER_PATH, everything_wrong)
            .expect_400(&["/name", "/partition", key_id, secret_key, "/x"], "must be a string"),
        post(
            "a temporary key, to be validated",
            VALIDATE_PATH,
            with_value("accessKeyId", "ASIAIOSFODNN7EXAMPLE"),
        )
        .expect_400(&[key_id], TEMPORARY_KEY_RULE),
    ]);
    invalid_requests
}

fn secret_arn_cases() -> Vec<InvalidRequestCase> {
    incoming_secrets::invalid_arn_cases(REGISTER_PATH, &request_with_secret_arn())
}

/// Acceptance rows: F03.
#[tokio::test]
async fn static_credentials_rejects_bodies_that_are_not_json_objects() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, body_cases()).await;
}

/// Acceptance rows: F04, F05, F10.
#[tokio::test]
async fn static_credentials_rejects_invalid_members_that_every_method_has() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, member_cases()).await;
}

/// Acceptance rows: F14.
#[tokio::test]
async fn static_credentials_rejects_invalid_access_keys() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, access_key_cases()).await;
}

#[tokio::test]
async fn static_credentials_rejects_invalid_secret_arns_and_contents() {
    let app = TestApp::start(Partition::Aws).await;
    let mut invalid_requests = secret_arn_cases();
    invalid_requests.extend(
        incoming_secrets::store_invalid_secrets(&app, REGISTER_PATH, &request_with_secret_arn())
            .await,
    );
    assert_rejected(&app, FUNCTION, invalid_requests).await;
}

#[tokio::test]
async fn static_credentials_rejects_unknown_routes_and_invalid_uids() {
    let mut invalid_requests = route_cases();
    invalid_requests.extend(uid_cases());
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, invalid_requests).await;
}

#[tokio::test]
async fn static_credentials_rejects_invalid_events_without_retry() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, event_cases()).await;
}
