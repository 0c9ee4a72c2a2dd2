//! Roles of the wrong account, and members that belong to the other account case.

use serde_json::Value;

use super::{PATH, UID, VALIDATE, cross, right};
use crate::case::{InvalidRequestCase, with, without};

/// Well written, and not possible together.
pub(super) fn cases() -> Vec<InvalidRequestCase> {
    let role =
        |account: u8| -> Value { format!("arn:aws:iam::30000000000{account}:role/R").into() };
    let policy = |account: &str| -> Value { format!("arn:aws:iam::{account}:policy/P").into() };
    let of_cluster = "must be in the same account as hubbleRoleArn, which is that of the cluster";
    let not_cross = "leave it out, or send as roleArn Palette's target role in the other account";
    let is_cross =
        "hubbleTargetRoleArn is missing: roleArn is in another account than hubbleRoleArn";
    let of_target = "must be in the account of roleArn";
    let bounds = "must be a policy of the account of roleArn, or one of AWS's own";
    let post = |name: &str, body: &Value| InvalidRequestCase::post(name, PATH, body.to_string());
    vec![
        post("the identity service's role elsewhere", &with(&right(), "identityRoleArn", role(3)))
            .refused(&["/identityRoleArn"], of_cluster),
        post("the same in two accounts", &with(&cross(), "identityRoleArn", role(2)))
            .refused(&["/identityRoleArn"], of_cluster),
        post("Hubble's role elsewhere", &with(&right(), "hubbleRoleArn", role(3)))
            .refused(&["/identityRoleArn", "/hubbleTargetRoleArn"], of_cluster),
        post("a target role in one account", &with(&right(), "hubbleTargetRoleArn", role(2)))
            .refused(&["/hubbleTargetRoleArn"], not_cross),
        post("a local target role in one account", &with(&right(), "hubbleTargetRoleArn", role(1)))
            .refused(&["/hubbleTargetRoleArn"], not_cross),
        post("no target role in two accounts", &without(&cross(), "hubbleTargetRoleArn"))
            .refused(&["/hubbleTargetRoleArn"], is_cross),
        post("a local target role in two", &with(&cross(), "hubbleTargetRoleArn", role(1)))
            .refused(&["/hubbleTargetRoleArn"], of_target),
        post("a target role in a third", &with(&cross(), "hubbleTargetRoleArn", role(3)))
            .refused(&["/hubbleTargetRoleArn"], of_target),
        post(
            "a boundary elsewhere",
            &with(&right(), "permissionBoundaryArn", policy("300000000002")),
        )
        .refused(&["/permissionBoundaryArn"], bounds),
        post(
            "the cluster's boundary",
            &with(&cross(), "permissionBoundaryArn", policy("300000000001")),
        )
        .refused(&["/permissionBoundaryArn"], bounds),
        InvalidRequestCase::post(
            "validate",
            VALIDATE,
            without(&cross(), "hubbleTargetRoleArn").to_string(),
        )
        .refused(&["/hubbleTargetRoleArn"], is_cross),
        InvalidRequestCase::put(
            "replace",
            UID,
            with(&right(), "hubbleTargetRoleArn", role(2)).to_string(),
        )
        .refused(&["/hubbleTargetRoleArn"], not_cross),
        // A fault that is noted already hides no other, and makes none.
        post(
            "a malformed target role in one account",
            &with(&right(), "hubbleTargetRoleArn", "R".into()),
        )
        .invalid(&["/hubbleTargetRoleArn"], "must be an ARN"),
        post(
            "two faults of two kinds",
            &with(&with(&cross(), "hubbleTargetRoleArn", role(3)), "clusterName", "".into()),
        )
        .invalid(&["/clusterName", "/hubbleTargetRoleArn"], "must be the name of an EKS cluster"),
    ]
}
