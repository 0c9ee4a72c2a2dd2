//! Cases in which a role or policy is in the wrong AWS account, or a member does not fit the
//! accounts of the roles.

use serde_json::Value;

use super::{
    REGISTER_PATH, REPLACE_PATH, VALIDATE_PATH, valid_cross_account_request, valid_request,
};
use crate::case::{InvalidRequestCase, post, put, with_member, without_member};

/// Returns cases whose members are valid alone, but not in combination.
pub(super) fn mixed_account_cases() -> Vec<InvalidRequestCase> {
    let (same, cross) = (valid_request(), valid_cross_account_request());
    let role =
        |account: u8| -> Value { format!("arn:aws:iam::30000000000{account}:role/R").into() };
    let policy =
        |account: u8| -> Value { format!("arn:aws:iam::30000000000{account}:policy/P").into() };
    let not_cluster_account =
        "must be in the same account as hubbleRoleArn, which is that of the cluster";
    let not_cross_account =
        "leave it out, or send as roleArn Palette's target role in the other account";
    let is_cross_account =
        "hubbleTargetRoleArn is missing: roleArn is in another account than hubbleRoleArn";
    let not_target_account = "must be in the account of roleArn";
    let not_boundary = "must be a policy of the account of roleArn, or one that AWS manages";
    let (identity, hubble) = ("identityRoleArn", "hubbleRoleArn");
    let (target, boundary) = ("hubbleTargetRoleArn", "permissionBoundaryArn");
    let without_target = without_member(&cross, target).to_string();
    // Valid request, changed member, its value, members with an expected error, remedy.
    let changes = [
        (&same, identity, role(3), &[identity][..], not_cluster_account),
        (&cross, identity, role(2), &[identity], not_cluster_account),
        (&same, hubble, role(3), &[identity, target], not_cluster_account),
        (&same, target, role(2), &[target], not_cross_account),
        (&same, target, role(1), &[target], not_cross_account),
        (&cross, target, role(1), &[target], not_target_account),
        (&cross, target, role(3), &[target], not_target_account),
        (&same, boundary, policy(2), &[boundary], not_boundary),
        (&cross, boundary, policy(1), &[boundary], not_boundary),
    ];
    let mut cases: Vec<_> = (1..)
        .zip(changes)
        .map(|(number, (base, member, value, members, remedy)): (usize, _)| {
            let pointers: Vec<_> = members.iter().map(|member| format!("/{member}")).collect();
            let pointers: Vec<_> = pointers.iter().map(String::as_str).collect();
            let name = format!("account {number}: {member} {value}");
            post(&name, REGISTER_PATH, with_member(base, member, value).to_string())
                .expect_422(&pointers, remedy)
        })
        .collect();
    let target = &["/hubbleTargetRoleArn"];
    let malformed = with_member(&same, "hubbleTargetRoleArn", "R".into()).to_string();
    let both =
        with_member(&with_member(&cross, "hubbleTargetRoleArn", role(3)), "clusterName", "".into());
    cases.extend([
        post("no target role in the cross-account case", REGISTER_PATH, &*without_target)
            .expect_422(target, is_cross_account),
        post("validate", VALIDATE_PATH, without_target).expect_422(target, is_cross_account),
        put(
            "replace",
            REPLACE_PATH,
            with_member(&same, "hubbleTargetRoleArn", role(2)).to_string(),
        )
        .expect_422(target, not_cross_account),
        // A malformed member causes no error about its account, and does not hide errors of other
        // members.
        post("a malformed target role in the same-account case", REGISTER_PATH, malformed)
            .expect_400(target, "must be an ARN"),
        post("a malformed and an unprocessable member", REGISTER_PATH, both.to_string())
            .expect_400(
                &["/clusterName", "/hubbleTargetRoleArn"],
                "must be the name of an EKS cluster",
            ),
    ]);
    cases
}
