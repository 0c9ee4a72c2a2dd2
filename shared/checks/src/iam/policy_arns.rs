//! Whether the policies that clusters are to get exist (C15).

use aws_sdk_iam::types::Policy;
use futures_util::future::join_all;
use gangway_model::{Check, Finding, PolicyArn, PortError, Severity};

use gangway_aws::{Aws, fault::Refusal};

static EXIST: Check = Check {
    id: "iam.policy-arns-exist",
    title: "The policies for the roles of clusters and nodes exist in the account",
    severity: Severity::Blocker,
    covers: &["C15"],
};

/// The answer where nothing can be seen.
pub fn unverified(reason: &str, remedy: &str) -> Finding {
    EXIST.unverified(reason, remedy)
}

enum Seen {
    There,
    NotAttachable,
    Missing,
    NotAllowed,
    TooOften,
}

/// Looks each of them up, all at the same time.
pub async fn exist(aws: &Aws, arns: &[PolicyArn]) -> Result<Finding, PortError> {
    if arns.is_empty() {
        return Ok(EXIST.not_applicable("no policies were named"));
    }
    let seen = join_all(arns.iter().map(|arn| look(aws, arn))).await;
    let mut faults = Vec::new();
    let mut unseen = None;
    for (arn, seen) in arns.iter().zip(seen) {
        match seen? {
            Seen::There => {}
            Seen::Missing => faults.push(format!("{arn} does not exist")),
            Seen::NotAttachable => faults.push(format!("{arn} cannot be attached")),
            Seen::NotAllowed => {
                unseen = Some(("policies may not be read", "allow iam:GetPolicy"));
            }
            Seen::TooOften => unseen = Some(("IAM is asked too often", "validate again later")),
        }
    }
    Ok(match unseen {
        _ if !faults.is_empty() => EXIST.failed(
            faults.join("; "),
            format!(
                "name policies that exist: POST /v1/policies lists them; those of AWS itself are arn:{}:iam::aws:policy/…",
                aws.partition()
            ),
        ),
        Some((observed, remedy)) => EXIST.unverified(observed, remedy),
        None => EXIST.passed(format!("{} found", arns.len())),
    })
}

/// Whether a permissions boundary exists, as the answer to `check` (C16). Its ARN is that of a policy: others are not parsed.
pub async fn boundary(
    aws: &Aws,
    check: &'static Check,
    arn: &PolicyArn,
) -> Result<Finding, PortError> {
    let remedy = "name a managed policy of this account, or one of AWS's own, that the roles may be bounded by";
    Ok(match look(aws, arn).await? {
        Seen::There | Seen::NotAttachable => check.passed(format!("{arn} exists")),
        Seen::Missing => check.failed(format!("{arn} does not exist"), remedy),
        Seen::NotAllowed => check.unverified(
            "the policy may not be read",
            "allow iam:GetPolicy to the identity that looks",
        ),
        Seen::TooOften => check.unverified("IAM is asked too often", "validate again later"),
    })
}

async fn look(aws: &Aws, arn: &PolicyArn) -> Result<Seen, PortError> {
    let answer = aws.iam().get_policy().policy_arn(arn.as_str()).send().await;
    let error = match answer {
        Ok(answer) => {
            let attachable = answer.policy().is_none_or(Policy::is_attachable);
            return Ok(if attachable { Seen::There } else { Seen::NotAttachable });
        }
        Err(error) => error,
    };
    match Refusal::from_sdk(&error) {
        Some(Refusal::NotFound) => Ok(Seen::Missing),
        Some(Refusal::NotAllowed) => Ok(Seen::NotAllowed),
        Some(Refusal::Throttled) => Ok(Seen::TooOften),
        Some(_) | None => Err(Aws::iam_call("iam:GetPolicy", "such policy").failed(&error)),
    }
}
