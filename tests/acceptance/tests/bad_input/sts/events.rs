//! Invalid events, which must not be retried.

use serde_json::json;

use super::{FUNCTION, valid_request};
use crate::{
    SECRET,
    case::{InvalidRequestCase, bus_event, delivered_event, with, without},
    fields,
};

/// Returns events on the bus, and events that no rule matches, delivered directly.
pub(super) fn events() -> Vec<InvalidRequestCase> {
    let event = with(&valid_request(), "method", FUNCTION.into());
    let methods = "must be one of static-credentials, sts, pod-identity, scap";
    let no_secrets = "must not be in an event: send secretArn";
    let mut invalid_requests = fields::event_scopes(&event);
    invalid_requests.extend([
        bus_event("event: no role", without(&event, "roleArn"))
            .expect_400(&["/roleArn"], "roleArn is missing"),
        bus_event(
            "event: a user",
            with(&event, "roleArn", "arn:aws:iam::300000000001:user/U".into()),
        )
        .expect_400(&["/roleArn"], "must be the ARN of an IAM role"),
        bus_event(
            "event: a role of another partition",
            with(&event, "roleArn", "arn:aws-iso:iam::300000000004:role/R".into()),
        )
        .expect_422(&["/roleArn"], "use an ARN of aws"),
        bus_event("event: a name of another type", with(&event, "name", 7.into()))
            .expect_400(&["/name"], "must be a string"),
        bus_event("event: in aws-iso", with(&event, "partition", "aws-iso".into()))
            .expect_422(&["/partition"], "use one of static-credentials, scap"),
        delivered_event("event: a secret key", with(&event, "secretAccessKey", SECRET.into()))
            .expect_422(&["/secretAccessKey"], no_secrets),
        bus_event("event: an external id", with(&event, "externalId", "x".into()))
            .expect_400(&["/externalId"], "is unknown: remove it"),
        bus_event("event: a policy that is null", with(&event, "policyArns", json!([null])))
            .expect_400(&["/policyArns/0"], "must be a string"),
        delivered_event("event: no method", without(&event, "method"))
            .expect_400(&["/method"], methods),
        delivered_event("event: a number for a method", with(&event, "method", 7.into()))
            .expect_400(&["/method"], "must be a string"),
        delivered_event(
            "event: another method",
            with(&event, "method", "static-credentials".into()),
        )
        .expect_422(
            &["/method"],
            "deliver events for static-credentials to the function static-credentials",
        ),
        delivered_event("event: an object in a list", json!([event]))
            .expect_400(&[""], "must be a JSON object, not a list"),
        delivered_event("event: nothing", json!({}))
            .expect_400(&["/method", "/name", "/roleArn"], methods),
    ]);
    invalid_requests
}
