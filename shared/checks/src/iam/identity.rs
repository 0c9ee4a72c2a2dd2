//! Whose keys these are (C03, C05, C06, S01, S03).

use crate::catalogue::aws::{CLOCK, IDENTITY_IS_USER, IDENTITY_VALID, PARTITION, REACHABLE};
use gangway_http::deadline;
use gangway_model::{AccountId, Finding, Partition, UpstreamError};

use gangway_aws::{CallerIdentity, IdentityKind, Principal};

/// AWS refuses requests whose date is further off, in seconds.
const MAX_CLOCK_SKEW: u64 = 300;

/// Whose keys they are, as far as STS tells.
#[derive(Debug)]
pub struct IdentityCheck {
    /// Every check and its answer.
    pub findings: Vec<Finding>,
    /// The account that they act in.
    pub account: Option<AccountId>,
    /// The user, where they are those of one.
    pub principal: Option<Principal>,
}

/// What the answer of [`Aws::caller`](gangway_aws::Aws::caller) means. Keys that STS does not take are a finding; an STS that
/// could not be asked is an error.
pub fn check_caller(
    answer: Result<CallerIdentity, UpstreamError>,
    wanted: Partition,
) -> Result<IdentityCheck, UpstreamError> {
    let caller = match answer {
        Ok(caller) => caller,
        Err(UpstreamError::Rejected { reason, .. }) => {
            return Ok(IdentityCheck {
                findings: refused(reason, wanted),
                account: None,
                principal: None,
            });
        }
        Err(
            error @ (UpstreamError::AccessDenied { .. }
            | UpstreamError::NotFound { .. }
            | UpstreamError::ProjectNotFound { .. }
            | UpstreamError::AlreadyExists { .. }
            | UpstreamError::Throttled { .. }
            | UpstreamError::Unavailable { .. }
            | UpstreamError::TimedOut { .. }),
        ) => return Err(error),
    };
    let findings = vec![
        REACHABLE.passed(format!("AWS STS of {wanted} answered")),
        clock(deadline::clock_skew()),
        IDENTITY_VALID.passed(format!("the keys are those of {}", caller.arn)),
        partition(&caller, wanted),
        user(&caller),
    ];
    Ok(IdentityCheck { findings, account: Some(caller.account), principal: caller.principal() })
}

fn refused(reason: String, wanted: Partition) -> Vec<Finding> {
    let unknown = "AWS does not take the keys, so it does not tell whose they are";
    let remedy = "mend aws.identity-valid";
    vec![
        REACHABLE.passed(format!("AWS STS of {wanted} answered")),
        clock(deadline::clock_skew()),
        IDENTITY_VALID.failed(
            reason,
            format!(
                "see that the keys are of partition {wanted} and active, or create a new access key for the IAM user: \
                 AWS does not show a secret access key twice"
            ),
        ),
        PARTITION.unverified(unknown, remedy),
        IDENTITY_IS_USER.unverified(unknown, remedy),
    ]
}

pub(super) fn clock(skew: Option<i64>) -> Finding {
    match skew {
        None => CLOCK.unverified("no answer of AWS had a date", "validate again"),
        Some(skew) if skew.unsigned_abs() > MAX_CLOCK_SKEW => CLOCK.failed(
            format!("Gangway's clock differs from that of AWS by {skew} s"),
            "set the clock of the machine that Gangway runs on (NTP): AWS tolerates 300 s",
        ),
        Some(skew) => CLOCK.passed(format!("they differ by {} s", skew.unsigned_abs())),
    }
}

fn partition(caller: &CallerIdentity, wanted: Partition) -> Finding {
    if caller.partition == wanted {
        return PARTITION.passed(format!("account {} of {wanted}", caller.account));
    }
    PARTITION.failed(
        format!("the keys are of partition {}, not {wanted}", caller.partition),
        format!("send keys of an account of {wanted}, or ask the clients of {}", caller.partition),
    )
}

fn user(caller: &CallerIdentity) -> Finding {
    let observed = match &caller.kind {
        IdentityKind::User { name } => return IDENTITY_IS_USER.passed(format!("user {name}")),
        IdentityKind::AssumedRole { role_name } => {
            format!("they are those of a session of role {role_name}, which ends")
        }
        IdentityKind::Root => {
            format!("they are those of the root user of account {}", caller.account)
        }
        IdentityKind::Federated => "they are those of a federated user, which end".to_owned(),
        IdentityKind::Other => format!("they are those of {}", caller.arn),
    };
    IDENTITY_IS_USER.failed(
        observed,
        "create an IAM user for Palette alone, attach the policies of its profile, and send an access key of that user",
    )
}

#[cfg(test)]
mod tests {
    use gangway_model::Outcome;

    use super::*;

    fn caller(kind: IdentityKind, partition: Partition) -> CallerIdentity {
        let account = "123456789012".parse().unwrap();
        CallerIdentity { account, arn: "arn".to_owned(), partition, kind }
    }

    fn failing(answer: Result<CallerIdentity, UpstreamError>) -> Vec<&'static str> {
        let findings = check_caller(answer, Partition::Aws).unwrap().findings;
        let failed = |finding: &&Finding| matches!(finding.outcome, Outcome::Failed { .. });
        findings.iter().filter(failed).map(|finding| finding.check.id).collect()
    }

    #[test]
    fn only_keys_of_a_user_of_this_partition_pass() {
        let user = IdentityKind::User { name: "palette".to_owned() };
        let session = IdentityKind::AssumedRole { role_name: "Admin".to_owned() };
        let (aws, gov) = (Partition::Aws, Partition::AwsUsGov);
        let refusal =
            || UpstreamError::Rejected { service: "AWS STS", reason: "no key".to_owned() };
        for (answer, failed) in [
            (Ok(caller(user.clone(), aws)), &[][..]),
            (Ok(caller(user, gov)), &["aws.partition"]),
            (Ok(caller(session, aws)), &["aws.identity-is-user"]),
            (Ok(caller(IdentityKind::Root, aws)), &["aws.identity-is-user"]),
            (Ok(caller(IdentityKind::Federated, gov)), &["aws.partition", "aws.identity-is-user"]),
            (Err(refusal()), &["aws.identity-valid"]),
        ] {
            assert_eq!(failing(answer), failed);
        }
        let silent = Err(UpstreamError::TimedOut { service: "AWS STS" });
        assert!(check_caller(silent, aws).is_err());
    }

    #[test]
    fn a_clock_may_differ_by_five_minutes() {
        for (skew, passes) in [(0, true), (-300, true), (301, false), (-3600, false)] {
            assert_eq!(clock(Some(skew)).outcome == Outcome::Passed, passes, "{skew}");
        }
        assert!(matches!(clock(None).outcome, Outcome::Unverified { .. }));
    }
}
