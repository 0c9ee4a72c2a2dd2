//! Cases of invalid events. The function must reject them without an error, so that Lambda does not
//! retry them.

use serde_json::{Value, json};

use super::{FUNCTION, REGISTER_PATH, valid_request};
use crate::{
    SECRET,
    case::{
        InvalidRequestCase, base64_payload, bus_event, direct_event, invocation, with_member,
        without_member,
    },
};

/// Returns cases of invalid events, on the event bus and in direct invocations.
pub(super) fn event_cases() -> Vec<InvalidRequestCase> {
    let arn =
        "arn:aws:secretsmanager:us-east-1:100000000001:secret:gangway/incoming/tenant/x-AbCdEf";
    let event = json!({ "method": FUNCTION, "name": "prod", "secretArn": arn });
    let inline = with_member(&valid_request(), "method", FUNCTION.into());
    let govcloud = "arn:aws-us-gov:secretsmanager:us-gov-west-1:100000000002:secret:x-AbCdEf";
    let no_secrets = "must not be in an event: send secretArn; this key was sent in an event and should be replaced";
    let methods = "must be one of static-credentials, sts, pod-identity, scap";
    vec![
        direct_event("event: keys", inline.clone()).expect_422(&["/secretAccessKey"], no_secrets),
        direct_event(
            "event: keys and their secret",
            with_member(&event, "secretAccessKey", SECRET.into()),
        )
        .expect_422(&["/secretAccessKey"], no_secrets),
        direct_event(
            "event: a secret key that is null",
            with_member(&event, "secretAccessKey", Value::Null),
        )
        .expect_422(&["/secretAccessKey"], no_secrets),
        direct_event("event: a key of SCAP", with_member(&event, "userKey", SECRET.into()))
            .expect_422(&["/userKey"], no_secrets),
        bus_event("event: a key id alone", without_member(&inline, "secretAccessKey"))
            .expect_400(&["/secretAccessKey"], "must not be in an event: send secretArn"),
        bus_event("event: no name", without_member(&event, "name"))
            .expect_400(&["/name"], "name is missing"),
        bus_event("event: a wrong name", with_member(&event, "name", json!([SECRET])))
            .expect_400(&["/name"], "must be a string, not a list"),
        bus_event("event: an unknown member", with_member(&event, "uid", "x".into()))
            .expect_400(&["/uid"], "is unknown: remove it"),
        bus_event(
            "event: another partition",
            with_member(&event, "partition", "aws-us-gov".into()),
        )
        .expect_422(&["/partition"], "send the request to the deployment for aws-us-gov"),
        bus_event("event: a secret elsewhere", with_member(&event, "secretArn", govcloud.into()))
            .expect_422(&["/secretArn"], "use an ARN of aws"),
        bus_event("event: no ARN", with_member(&event, "secretArn", SECRET.into()))
            .expect_400(&["/secretArn"], "must be an ARN"),
        bus_event("event: a wrong scope", with_member(&event, "scope", json!({ "tenant": true })))
            .expect_400(&["/scope/project", "/scope/tenant"], "project is missing"),
        direct_event("event: no method", without_member(&event, "method"))
            .expect_400(&["/method"], methods),
        direct_event("event: an unknown method", with_member(&event, "method", "password".into()))
            .expect_400(&["/method"], methods),
        direct_event("event: a method in a list", with_member(&event, "method", json!([FUNCTION])))
            .expect_400(&["/method"], "must be a string, not a list"),
        direct_event("event: a null method", with_member(&event, "method", Value::Null))
            .expect_400(&["/method"], "must be a string, not null"),
        direct_event("event: another method", with_member(&event, "method", "sts".into()))
            .expect_422(&["/method"], "the rule must deliver events for sts to the function sts"),
        direct_event("event: a list", json!([event]))
            .expect_400(&[""], "must be a JSON object, not a list"),
        direct_event("event: a text", "prod".into()).expect_400(&[""], "is not JSON"),
        direct_event("event: a list in a text", json!([event]).to_string().into())
            .expect_400(&[""], "must be a JSON object, not a list"),
        direct_event("event: a number", 7.into())
            .expect_400(&[""], "must be a JSON object, not a number"),
        direct_event("event: nothing", json!({}))
            .expect_400(&["/method", "/name", "/accessKeyId", "/secretAccessKey"], methods),
        invocation(
            "base64 of a secret without quotes",
            base64_payload(REGISTER_PATH, "d0phbHJYVXRuRkVNSS9LN01ERU5H"),
        )
        .expect_400(&[""], "is not JSON"),
    ]
}
