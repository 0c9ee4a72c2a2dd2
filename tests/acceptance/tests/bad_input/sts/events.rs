//! Events that nobody has to deliver again.

use serde_json::json;

use super::{FUNCTION, right};
use crate::{
    SECRET,
    row::{Row, with, without},
};

/// Over the bus where a rule fits, else straight.
pub(super) fn events() -> Vec<Row> {
    let event = with(&right(), "method", FUNCTION.into());
    let methods = "must be one of static-credentials, sts, pod-identity, scap";
    let no_secrets = "may not be in an event: send secretArn";
    vec![
        Row::event("event: no role", without(&event, "roleArn"))
            .invalid(&["/roleArn"], "roleArn is missing"),
        Row::event(
            "event: a user",
            with(&event, "roleArn", "arn:aws:iam::300000000001:user/U".into()),
        )
        .invalid(&["/roleArn"], "must be the ARN of an IAM role"),
        Row::event(
            "event: a role elsewhere",
            with(&event, "roleArn", "arn:aws-iso:iam::300000000004:role/R".into()),
        )
        .refused(&["/roleArn"], "use an ARN of aws"),
        Row::event("event: a name of another type", with(&event, "name", 7.into()))
            .invalid(&["/name"], "must be a string"),
        Row::event("event: in iso", with(&event, "partition", "aws-iso".into()))
            .refused(&["/partition"], "use one of static-credentials, scap"),
        Row::event("event: a secret key", with(&event, "secretAccessKey", SECRET.into()))
            .refused(&["/secretAccessKey"], no_secrets),
        Row::event("event: an external id", with(&event, "externalId", "x".into()))
            .invalid(&["/externalId"], "is not known here: remove it"),
        Row::event("event: policies that are none", with(&event, "policyArns", json!([null])))
            .invalid(&["/policyArns/0"], "must be a string"),
        Row::delivered("event: no method", without(&event, "method"))
            .invalid(&["/method"], methods),
        Row::delivered("event: a number for a method", with(&event, "method", 7.into()))
            .invalid(&["/method"], "must be a string"),
        Row::delivered(
            "event: another method",
            with(&event, "method", "static-credentials".into()),
        )
        .refused(
            &["/method"],
            "deliver events for static-credentials to the function static-credentials",
        ),
        Row::delivered("event: an object in a list", json!([event]))
            .invalid(&[""], "must be a JSON object, not a list"),
        Row::delivered("event: nothing", json!({}))
            .invalid(&["/method", "/name", "/roleArn"], methods),
    ]
}
