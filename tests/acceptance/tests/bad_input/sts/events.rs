//! Cases of invalid events. The function must reject them without an error, so that Lambda does not
//! retry them.

use serde_json::json;

use super::{FUNCTION, valid_request};
use crate::{
    SECRET,
    case::{InvalidRequestCase, bus_event, direct_event, with_member, without_member},
    fields,
};

/// Returns cases of invalid events, on the event bus and in direct invocations.
pub(super) fn event_cases() -> Vec<InvalidRequestCase> {
    let event = with_member(&valid_request(), "method", FUNCTION.into());
    let methods = "must be one of static-credentials, sts, pod-identity, scap";
    let no_secrets = "must not be in an event: send secretArn";
    let mut invalid_requests = fields::event_scope_cases(&event);
    invalid_requests.extend([
        bus_event("event: no role", without_member(&event, "roleArn"))
            .expect_400(&["/roleArn"], "roleArn is missing"),
        bus_event(
            "event: a user",
            with_member(&event, "roleArn", "arn:aws:iam::300000000001:user/U".into()),
        )
        .expect_400(&["/roleArn"], "must be the ARN of an IAM role"),
        bus_event(
            "event: a role of another partition",
            with_member(&event, "roleArn", "arn:aws-iso:iam::300000000004:role/R".into()),
        )
        .expect_422(&["/roleArn"], "use an ARN of aws"),
        bus_event("event: a name of another type", with_member(&event, "name", 7.into()))
            .expect_400(&["/name"], "must be a string"),
        bus_event("event: in aws-iso", with_member(&event, "partition", "aws-iso".into()))
            .expect_422(&["/partition"], "use one of static-credentials, scap"),
        direct_event("event: a secret key", with_member(&event, "secretAccessKey", SECRET.into()))
            .expect_422(&["/secretAccessKey"], no_secrets),
        bus_event("event: an external id", with_member(&event, "externalId", "x".into()))
            .expect_400(&["/externalId"], "is unknown: remove it"),
        bus_event("event: a policy that is null", with_member(&event, "policyArns", json!([null])))
            .expect_400(&["/policyArns/0"], "must be a string"),
        direct_event("event: no method", without_member(&event, "method"))
            .expect_400(&["/method"], methods),
        direct_event("event: a number for a method", with_member(&event, "method", 7.into()))
            .expect_400(&["/method"], "must be a string"),
        direct_event(
            "event: another method",
            with_member(&event, "method", "static-credentials".into()),
        )
        .expect_422(
            &["/method"],
            "deliver events for static-credentials to the function static-credentials",
        ),
        direct_event("event: an object in a list", json!([event]))
            .expect_400(&[""], "must be a JSON object, not a list"),
        direct_event("event: nothing", json!({}))
            .expect_400(&["/method", "/name", "/roleArn"], methods),
    ]);
    invalid_requests
}
