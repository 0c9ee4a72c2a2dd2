//! Wrong requests to `static-credentials`.

use acceptance::Stage;
use domain::Partition;
use serde_json::{Value, json};

use crate::{
    KEY_ID, SECRET, bodies, incoming,
    row::{Row, encoded, proxied, with, without},
    settings,
    trial::turned_away,
};

const FUNCTION: &str = "static-credentials";
const PATH: &str = "/v1/accounts/static-credentials";
const VALIDATE: &str = "/v1/accounts/static-credentials/validate";
const UID: &str = "/v1/accounts/static-credentials/5f0c1a2b3c4d5e6f70818293";

/// Those that need no stage.
pub(crate) fn rows() -> Vec<Row> {
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

fn documents() -> Vec<Row> {
    let mut rows = bodies::broken(PATH);
    rows.extend(bodies::declared(VALIDATE, &right().to_string()));
    rows.extend(bodies::unreadable(PATH));
    rows
}

fn members() -> Vec<Row> {
    settings::wrong(PATH, &right(), "send the request to the deployment for aws-iso")
}

fn keys() -> Vec<Row> {
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
    let row = |(number, (member, value, remedy)): (usize, (&str, Value, &str))| {
        let body = with(&right(), member, value).to_string();
        let row = Row::post(&format!("{member}, {number}"), PATH, body);
        row.invalid(&[&format!("/{member}")], remedy)
    };
    let mut rows: Vec<_> = values.into_iter().enumerate().map(row).collect();
    let mut twice = right().to_string();
    twice.insert_str(1, &format!(r#""secretAccessKey":"{SECRET}","#));
    let arn = "arn:aws:secretsmanager:us-east-1:100000000001:secret:gangway/incoming/x-AbCdEf";
    let both = with(&right(), "secretArn", arn.into());
    let token = with(&right(), "sessionToken", SECRET.into());
    let temporary_keys = with(&token, "accessKeyId", "ASIAIOSFODNN7EXAMPLE".into());
    let left_out = "must be left out where secretArn is given: the secret holds it";
    let (key_id, secret_key) = ("/accessKeyId", "/secretAccessKey");
    rows.extend([
        Row::post("no key id", PATH, without(&right(), "accessKeyId").to_string())
            .invalid(&[key_id], "accessKeyId is missing: it must be an access key id"),
        Row::post("no secret key", PATH, without(&right(), "secretAccessKey").to_string())
            .invalid(&[secret_key], "secretAccessKey is missing: it must be a secret access key"),
        Row::post("no keys", PATH, r#"{"name":"prod"}"#)
            .invalid(&[key_id, secret_key], "accessKeyId is missing"),
        Row::post("nothing", PATH, "{}")
            .invalid(&["/name", key_id, secret_key], "name is missing"),
        Row::post("white space", PATH, " \r\n\t")
            .invalid(&["/name", key_id, secret_key], "name is missing"),
        Row::bare("no body", "POST", PATH)
            .invalid(&["/name", key_id, secret_key], "name is missing"),
        Row::post("two secret keys", PATH, twice)
            .invalid(&[secret_key], "is given 2 times: give it once"),
        Row::post("keys and their secret", PATH, both.to_string())
            .invalid(&[key_id, secret_key], left_out),
        Row::post("a key id and a secret", PATH, without(&both, "secretAccessKey").to_string())
            .invalid(&[key_id], left_out),
        Row::post("a secret key and a secret", PATH, without(&both, "accessKeyId").to_string())
            .invalid(&[secret_key], left_out),
        Row::post("a session token", PATH, token.to_string())
            .invalid(&["/sessionToken"], "is not known here: remove it"),
        Row::post("temporary keys with their token", PATH, temporary_keys.to_string())
            .invalid(&[key_id, "/sessionToken"], temporary),
        Row::post("a role besides", PATH, with(&right(), "roleArn", "arn:aws:iam::123456789012:role/R".into()).to_string())
            .invalid(&["/roleArn"], "is not known here: remove it"),
        Row::post("keys of SCAP", PATH, with(&right(), "userKey", SECRET.into()).to_string())
            .invalid(&["/userKey"], "is not known here: remove it"),
        Row::post("everything wrong", PATH, format!(r#"{{"name":7,"partition":"aws-iso","accessKeyId":"","secretAccessKey":[],"x":"{SECRET}"}}"#))
            .invalid(&["/name", "/partition", key_id, secret_key, "/x"], "must be a string"),
        Row::post("a temporary key, to be validated", VALIDATE, with(&right(), "accessKeyId", "ASIAIOSFODNN7EXAMPLE".into()).to_string())
            .invalid(&[key_id], temporary),
    ]);
    rows
}

fn secret_arns() -> Vec<Row> {
    incoming::arns(PATH, &in_secret())
}

fn routes() -> Vec<Row> {
    let body = right().to_string();
    let no_route = "no route has this path; the README of Gangway lists them all";
    vec![
        Row::bare("GET", "GET", PATH).by_gateway(),
        Row::bare("DELETE", "DELETE", PATH).by_gateway(),
        Row::bare("PATCH", "PATCH", PATH).by_gateway(),
        Row::bare("OPTIONS", "OPTIONS", PATH).by_gateway(),
        Row::put("PUT without a uid", PATH, &*body).by_gateway(),
        Row::put("PUT to validate", VALIDATE, &*body).by_gateway(),
        Row::bare("GET validate", "GET", VALIDATE).by_gateway(),
        Row::post("POST to a uid", UID, &*body).by_gateway(),
        Row::bare("DELETE of a uid", "DELETE", UID).by_gateway(),
        Row::post("below validate", "/v1/accounts/static-credentials/validate/more", &*body)
            .by_gateway(),
        Row::post("another version", "/v2/accounts/static-credentials", &*body).by_gateway(),
        Row::post("an unknown method", "/v1/accounts/passwords", &*body).by_gateway(),
        Row::post("an upper-case path", "/v1/accounts/Static-Credentials", &*body).by_gateway(),
        Row::post("the root", "/", &*body).by_gateway(),
        Row::invocation("GET, past the gateway", proxied("GET", PATH, ""))
            .verb_not_allowed("use POST"),
        Row::invocation("PATCH, past the gateway", proxied("PATCH", PATH, &body))
            .verb_not_allowed("use POST"),
        Row::invocation("a verb in lower case", proxied("post", PATH, &body))
            .verb_not_allowed("use POST"),
        Row::invocation("an empty verb", proxied("", PATH, &body)).verb_not_allowed("use POST"),
        Row::invocation("GET of a uid, past the gateway", proxied("GET", UID, ""))
            .verb_not_allowed("use PUT"),
        Row::invocation("PUT to validate, past the gateway", proxied("PUT", VALIDATE, &body))
            .verb_not_allowed("use POST"),
        Row::invocation("another function's route", proxied("POST", "/v1/accounts/sts", &body))
            .is(404, "no-route", no_route),
        Row::invocation("a route of accounts", proxied("GET", "/v1/accounts", ""))
            .is(404, "no-route", no_route),
        Row::invocation("an empty path", proxied("POST", "", &body)).is(404, "no-route", no_route),
        Row::invocation(
            "a path below",
            proxied("POST", "/v1/accounts/static-credentials/validate/x", &body),
        )
        .is(404, "no-route", no_route),
        Row::invocation(
            "a path that climbs",
            proxied("POST", "/v1/accounts/sts/../static-credentials", &body),
        )
        .is(404, "no-route", no_route),
        Row::invocation(
            "an encoded slash",
            proxied("POST", "/v1/accounts%2Fstatic-credentials", &body),
        )
        .is(404, "no-route", no_route),
        Row::invocation("a secret in the path", proxied("POST", &format!("/v1/{SECRET}"), &body))
            .is(404, "no-route", no_route),
    ]
}

fn uids() -> Vec<Row> {
    let body = right().to_string();
    let rule = "uid must be a Palette uid: 1 to 64 letters, digits and '-'";
    let long = "a".repeat(65);
    let mut rows: Vec<_> = [
        "a%2F..%2Fb",
        "%00",
        "a%20b",
        "a%C3%A9",
        "%FF",
        "a.b",
        "a%0Ab",
        "*",
        "a;b",
        "$%7Bx%7D",
        &long,
    ]
    .map(|uid| {
        Row::put(&format!("uid {uid:.20}"), &format!("{PATH}/{uid}"), &*body)
            .invalid(&["/uid"], rule)
    })
    .into();
    rows.extend(["..", "%2e%2e", "a%252Fb"].map(|uid| {
        let payload = proxied("PUT", &format!("{PATH}/{uid}"), &body);
        Row::invocation(&format!("uid {uid}, past the gateway"), payload).invalid(&["/uid"], rule)
    }));
    rows.extend([
        Row::put("a uid, but no JSON", UID, "{").invalid(&[""], "it ends too early"),
        Row::put("a uid, but not a right name", UID, with(&right(), "name", "".into()).to_string())
            .invalid(&["/name"], "must be 1 to 64 characters"),
        Row::put(
            "a uid, but a temporary key",
            UID,
            with(&right(), "accessKeyId", "ASIAIOSFODNN7EXAMPLE".into()).to_string(),
        )
        .invalid(&["/accessKeyId"], "create a long-lived access key"),
        Row::put(
            "a uid, but twice",
            UID,
            with(&right(), "uid", "5f0c1a2b3c4d5e6f70818293".into()).to_string(),
        )
        .invalid(&["/uid"], "is not known here: remove it"),
        Row::bare("a uid, but no body", "PUT", UID)
            .invalid(&["/name", "/accessKeyId", "/secretAccessKey"], "name is missing"),
        Row::put("a uid, but a form", UID, &*body).typed("text/plain").is(
            415,
            "not-json",
            "content-type: application/json",
        ),
        Row::put("a uid, but 1 MiB", UID, "x".repeat(1024 * 1024)).is(
            413,
            "too-large",
            "send at most 256 KiB",
        ),
    ]);
    rows
}

fn events() -> Vec<Row> {
    let arn = "arn:aws:secretsmanager:us-east-1:100000000001:secret:gangway/incoming/x-AbCdEf";
    let event = json!({ "method": FUNCTION, "name": "prod", "secretArn": arn });
    let inline = with(&right(), "method", FUNCTION.into());
    let gov = "arn:aws-us-gov:secretsmanager:us-gov-west-1:100000000002:secret:x-AbCdEf";
    let no_secrets = "may not be in an event: send secretArn; this key has passed through an event and should be replaced";
    let methods = "must be one of static-credentials, sts, pod-identity, scap";
    vec![
        Row::event("event: keys", inline.clone()).refused(&["/secretAccessKey"], no_secrets),
        Row::event("event: keys and their secret", with(&event, "secretAccessKey", SECRET.into()))
            .refused(&["/secretAccessKey"], no_secrets),
        Row::event(
            "event: a secret key that is null",
            with(&event, "secretAccessKey", Value::Null),
        )
        .refused(&["/secretAccessKey"], no_secrets),
        Row::event("event: a key of SCAP", with(&event, "userKey", SECRET.into()))
            .refused(&["/userKey"], no_secrets),
        Row::event("event: a key id alone", without(&inline, "secretAccessKey"))
            .invalid(&["/secretAccessKey"], "may not be in an event, so send secretArn"),
        Row::event("event: no name", without(&event, "name"))
            .invalid(&["/name"], "name is missing"),
        Row::event("event: a wrong name", with(&event, "name", json!([SECRET])))
            .invalid(&["/name"], "must be a string, not a list"),
        Row::event("event: an unknown member", with(&event, "uid", "x".into()))
            .invalid(&["/uid"], "is not known here: remove it"),
        Row::event("event: another partition", with(&event, "partition", "aws-us-gov".into()))
            .refused(&["/partition"], "send the request to the deployment for aws-us-gov"),
        Row::event("event: a secret elsewhere", with(&event, "secretArn", gov.into()))
            .refused(&["/secretArn"], "use an ARN of aws"),
        Row::event("event: no ARN", with(&event, "secretArn", SECRET.into()))
            .invalid(&["/secretArn"], "must be an ARN"),
        Row::event("event: a wrong scope", with(&event, "scope", json!({ "tenant": true })))
            .invalid(&["/scope/project", "/scope/tenant"], "project is missing"),
        Row::delivered("event: no method", without(&event, "method"))
            .invalid(&["/method"], methods),
        Row::delivered("event: an unknown method", with(&event, "method", "password".into()))
            .invalid(&["/method"], methods),
        Row::delivered("event: a method in a list", with(&event, "method", json!([FUNCTION])))
            .invalid(&["/method"], "must be a string, not a list"),
        Row::delivered("event: a null method", with(&event, "method", Value::Null))
            .invalid(&["/method"], "must be a string, not null"),
        Row::delivered("event: another method", with(&event, "method", "sts".into()))
            .refused(&["/method"], "the rule must deliver events for sts to the function sts"),
        Row::delivered("event: a list", json!([event]))
            .invalid(&[""], "must be a JSON object, not a list"),
        Row::delivered("event: a text", event.to_string().into())
            .invalid(&[""], "must be a JSON object, not a string"),
        Row::delivered("event: a number", 7.into())
            .invalid(&[""], "must be a JSON object, not a number"),
        Row::delivered("event: nothing", json!({}))
            .invalid(&["/method", "/name", "/accessKeyId", "/secretAccessKey"], methods),
        Row::invocation(
            "base64 of a secret without quotes",
            encoded(PATH, "d0phbHJYVXRuRkVNSS9LN01ERU5H"),
        )
        .invalid(&[""], "is not JSON"),
    ]
}

#[tokio::test]
async fn f03_static_credentials_takes_no_body_that_is_not_a_json_object() {
    turned_away(&Stage::start(Partition::Aws).await, FUNCTION, documents()).await;
}

#[tokio::test]
async fn f04_f05_f10_static_credentials_judges_every_member() {
    turned_away(&Stage::start(Partition::Aws).await, FUNCTION, members()).await;
}

#[tokio::test]
async fn f14_static_credentials_takes_no_keys_that_cannot_be_keys() {
    turned_away(&Stage::start(Partition::Aws).await, FUNCTION, keys()).await;
}

#[tokio::test]
async fn static_credentials_opens_no_secret_that_is_not_one() {
    let stage = Stage::start(Partition::Aws).await;
    let mut rows = secret_arns();
    rows.extend(incoming::secrets(&stage, PATH, &in_secret()).await);
    turned_away(&stage, FUNCTION, rows).await;
}

#[tokio::test]
async fn static_credentials_has_no_other_routes_verbs_or_uids() {
    let mut rows = routes();
    rows.extend(uids());
    turned_away(&Stage::start(Partition::Aws).await, FUNCTION, rows).await;
}

#[tokio::test]
async fn static_credentials_rejects_wrong_events_for_good() {
    turned_away(&Stage::start(Partition::Aws).await, FUNCTION, events()).await;
}
