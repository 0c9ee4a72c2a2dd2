//! Invalid events, which must not be retried.

use serde_json::json;

use super::{FUNCTION, right};
use crate::{
    SECRET,
    case::{InvalidRequestCase, with, without},
};

/// Over the bus where a rule fits, else straight.
pub(super) fn events() -> Vec<InvalidRequestCase> {
    let event = with(&right(), "method", FUNCTION.into());
    let methods = "must be one of static-credentials, sts, pod-identity, scap";
    let no_secrets = "may not be in an event: send secretArn";
    vec![
        InvalidRequestCase::event("event: no role", without(&event, "roleArn"))
            .invalid(&["/roleArn"], "roleArn is missing"),
        InvalidRequestCase::event(
            "event: a user",
            with(&event, "roleArn", "arn:aws:iam::300000000001:user/U".into()),
        )
        .invalid(&["/roleArn"], "must be the ARN of an IAM role"),
        InvalidRequestCase::event(
            "event: a role elsewhere",
            with(&event, "roleArn", "arn:aws-iso:iam::300000000004:role/R".into()),
        )
        .refused(&["/roleArn"], "use an ARN of aws"),
        InvalidRequestCase::event("event: a name of another type", with(&event, "name", 7.into()))
            .invalid(&["/name"], "must be a string"),
        InvalidRequestCase::event("event: in iso", with(&event, "partition", "aws-iso".into()))
            .refused(&["/partition"], "use one of static-credentials, scap"),
        InvalidRequestCase::event(
            "event: a secret key",
            with(&event, "secretAccessKey", SECRET.into()),
        )
        .refused(&["/secretAccessKey"], no_secrets),
        InvalidRequestCase::event("event: an external id", with(&event, "externalId", "x".into()))
            .invalid(&["/externalId"], "is not known here: remove it"),
        InvalidRequestCase::event(
            "event: policies that are none",
            with(&event, "policyArns", json!([null])),
        )
        .invalid(&["/policyArns/0"], "must be a string"),
        InvalidRequestCase::delivered("event: no method", without(&event, "method"))
            .invalid(&["/method"], methods),
        InvalidRequestCase::delivered(
            "event: a number for a method",
            with(&event, "method", 7.into()),
        )
        .invalid(&["/method"], "must be a string"),
        InvalidRequestCase::delivered(
            "event: another method",
            with(&event, "method", "static-credentials".into()),
        )
        .refused(
            &["/method"],
            "deliver events for static-credentials to the function static-credentials",
        ),
        InvalidRequestCase::delivered("event: an object in a list", json!([event]))
            .invalid(&[""], "must be a JSON object, not a list"),
        InvalidRequestCase::delivered("event: nothing", json!({}))
            .invalid(&["/method", "/name", "/roleArn"], methods),
    ]
}
