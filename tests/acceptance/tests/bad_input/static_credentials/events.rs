//! Invalid events, which must not be retried.

use serde_json::{Value, json};

use super::{FUNCTION, PATH, right};
use crate::{
    SECRET,
    case::{InvalidRequestCase, encoded, with, without},
};

/// Over the bus where a rule fits, else straight.
pub(super) fn events() -> Vec<InvalidRequestCase> {
    let arn = "arn:aws:secretsmanager:us-east-1:100000000001:secret:gangway/incoming/x-AbCdEf";
    let event = json!({ "method": FUNCTION, "name": "prod", "secretArn": arn });
    let inline = with(&right(), "method", FUNCTION.into());
    let gov = "arn:aws-us-gov:secretsmanager:us-gov-west-1:100000000002:secret:x-AbCdEf";
    let no_secrets = "may not be in an event: send secretArn; this key has passed through an event and should be replaced";
    let methods = "must be one of static-credentials, sts, pod-identity, scap";
    vec![
        InvalidRequestCase::event("event: keys", inline.clone())
            .refused(&["/secretAccessKey"], no_secrets),
        InvalidRequestCase::event(
            "event: keys and their secret",
            with(&event, "secretAccessKey", SECRET.into()),
        )
        .refused(&["/secretAccessKey"], no_secrets),
        InvalidRequestCase::event(
            "event: a secret key that is null",
            with(&event, "secretAccessKey", Value::Null),
        )
        .refused(&["/secretAccessKey"], no_secrets),
        InvalidRequestCase::event("event: a key of SCAP", with(&event, "userKey", SECRET.into()))
            .refused(&["/userKey"], no_secrets),
        InvalidRequestCase::event("event: a key id alone", without(&inline, "secretAccessKey"))
            .invalid(&["/secretAccessKey"], "may not be in an event, so send secretArn"),
        InvalidRequestCase::event("event: no name", without(&event, "name"))
            .invalid(&["/name"], "name is missing"),
        InvalidRequestCase::event("event: a wrong name", with(&event, "name", json!([SECRET])))
            .invalid(&["/name"], "must be a string, not a list"),
        InvalidRequestCase::event("event: an unknown member", with(&event, "uid", "x".into()))
            .invalid(&["/uid"], "is not known here: remove it"),
        InvalidRequestCase::event(
            "event: another partition",
            with(&event, "partition", "aws-us-gov".into()),
        )
        .refused(&["/partition"], "send the request to the deployment for aws-us-gov"),
        InvalidRequestCase::event(
            "event: a secret elsewhere",
            with(&event, "secretArn", gov.into()),
        )
        .refused(&["/secretArn"], "use an ARN of aws"),
        InvalidRequestCase::event("event: no ARN", with(&event, "secretArn", SECRET.into()))
            .invalid(&["/secretArn"], "must be an ARN"),
        InvalidRequestCase::event(
            "event: a wrong scope",
            with(&event, "scope", json!({ "tenant": true })),
        )
        .invalid(&["/scope/project", "/scope/tenant"], "project is missing"),
        InvalidRequestCase::delivered("event: no method", without(&event, "method"))
            .invalid(&["/method"], methods),
        InvalidRequestCase::delivered(
            "event: an unknown method",
            with(&event, "method", "password".into()),
        )
        .invalid(&["/method"], methods),
        InvalidRequestCase::delivered(
            "event: a method in a list",
            with(&event, "method", json!([FUNCTION])),
        )
        .invalid(&["/method"], "must be a string, not a list"),
        InvalidRequestCase::delivered("event: a null method", with(&event, "method", Value::Null))
            .invalid(&["/method"], "must be a string, not null"),
        InvalidRequestCase::delivered(
            "event: another method",
            with(&event, "method", "sts".into()),
        )
        .refused(&["/method"], "the rule must deliver events for sts to the function sts"),
        InvalidRequestCase::delivered("event: a list", json!([event]))
            .invalid(&[""], "must be a JSON object, not a list"),
        InvalidRequestCase::delivered("event: a text", event.to_string().into())
            .invalid(&[""], "must be a JSON object, not a string"),
        InvalidRequestCase::delivered("event: a number", 7.into())
            .invalid(&[""], "must be a JSON object, not a number"),
        InvalidRequestCase::delivered("event: nothing", json!({}))
            .invalid(&["/method", "/name", "/accessKeyId", "/secretAccessKey"], methods),
        InvalidRequestCase::invocation(
            "base64 of a secret without quotes",
            encoded(PATH, "d0phbHJYVXRuRkVNSS9LN01ERU5H"),
        )
        .invalid(&[""], "is not JSON"),
    ]
}
