//! Checks that an access key belongs to an IAM user of the requested partition.

use crate::catalogue::aws::{CLOCK, IDENTITY_IS_USER, IDENTITY_VALID, PARTITION, REACHABLE};
use gangway_http::clock;
use gangway_model::{AccountId, Check, Finding, Partition, UpstreamError};

use gangway_aws::{CallerIdentity, IdentityKind, Principal};

/// The largest clock difference that AWS accepts, in seconds.
const MAX_CLOCK_SKEW: u64 = 300;

/// The identity that an access key belongs to, and the findings about the identity.
#[derive(Debug)]
pub struct CallerCheck {
    pub findings: Vec<Finding>,
    /// The AWS account of the access key. `None` if STS does not accept the access key.
    pub account: Option<AccountId>,
    /// The IAM user or role whose permissions Gangway checks. `None` for other identities.
    pub principal: Option<Principal>,
}

/// Evaluates the response of `sts:GetCallerIdentity`, which was called with an access key.
///
/// # Errors
///
/// Returns an error if STS could not be called. An access key that STS does not accept is a failed
/// finding.
pub fn check_caller(
    response: Result<CallerIdentity, UpstreamError>,
    wanted: Partition,
) -> Result<CallerCheck, UpstreamError> {
    let caller = match response {
        Ok(caller) => caller,
        Err(UpstreamError::Rejected { reason, .. }) => {
            return Ok(CallerCheck {
                findings: rejected_key_findings(reason, wanted),
                account: None,
                principal: None,
            });
        }
        Err(UpstreamError::AccessDenied { reason, .. }) => {
            let mut findings = vec![
                REACHABLE.passed(format!("AWS STS of {wanted} answered")),
                clock_finding(clock::skew()),
            ];
            findings.extend(unknown_identity_findings(
                &[&IDENTITY_VALID, &PARTITION, &IDENTITY_IS_USER],
                &reason,
            ));
            return Ok(CallerCheck { findings, account: None, principal: None });
        }
        Err(error) => return Err(error),
    };
    let findings = vec![
        REACHABLE.passed(format!("AWS STS of {wanted} answered")),
        clock_finding(clock::skew()),
        IDENTITY_VALID.passed(format!("the keys belong to {}", caller.arn)),
        partition_finding(&caller, wanted),
        user_finding(&caller),
    ];
    Ok(CallerCheck { findings, account: Some(caller.account), principal: caller.principal() })
}

/// Returns *unverified* findings if STS does not return the identity of the access key.
pub(super) fn unknown_identity_findings(checks: &[&'static Check], remedy: &str) -> Vec<Finding> {
    let unverified = |check: &&'static Check| {
        check.unverified("AWS STS does not tell to whom the keys belong", remedy)
    };
    checks.iter().map(unverified).collect()
}

fn rejected_key_findings(reason: String, wanted: Partition) -> Vec<Finding> {
    let unknown = "AWS does not accept the keys, so their owner is not known";
    let remedy = "fix check aws.identity-valid first";
    vec![
        REACHABLE.passed(format!("AWS STS of {wanted} answered")),
        clock_finding(clock::skew()),
        IDENTITY_VALID.failed(
            reason,
            format!(
                "make sure that the keys are of partition {wanted} and active, or create a new access key for the IAM user: \
                 AWS does not show a secret access key twice"
            ),
        ),
        PARTITION.unverified(unknown, remedy),
        IDENTITY_IS_USER.unverified(unknown, remedy),
    ]
}

/// Checks the difference between the clocks of Gangway and AWS, in seconds.
pub(super) fn clock_finding(skew: Option<i64>) -> Finding {
    match skew {
        None => CLOCK.unverified("no response of AWS had a date", "validate again"),
        Some(skew) if skew.unsigned_abs() > MAX_CLOCK_SKEW => CLOCK.failed(
            format!("Gangway's clock differs from that of AWS by {skew} s"),
            "set the clock of the machine that Gangway runs on (NTP): AWS tolerates 300 s",
        ),
        Some(skew) => CLOCK.passed(format!("they differ by {} s", skew.unsigned_abs())),
    }
}

fn partition_finding(caller: &CallerIdentity, wanted: Partition) -> Finding {
    if caller.partition == wanted {
        return PARTITION.passed(format!("account {} of {wanted}", caller.account));
    }
    PARTITION.failed(
        format!("the keys are of partition {}, not {wanted}", caller.partition),
        format!(
            "send keys of an account of {wanted}, or use the deployment of {}",
            caller.partition
        ),
    )
}

fn user_finding(caller: &CallerIdentity) -> Finding {
    let observed = match &caller.kind {
        IdentityKind::User { name } => return IDENTITY_IS_USER.passed(format!("user {name}")),
        IdentityKind::AssumedRole { role_name } => {
            format!("they belong to a session of role {role_name}, which expires")
        }
        IdentityKind::Root => {
            format!("they belong to the root user of account {}", caller.account)
        }
        IdentityKind::Federated => "they belong to a federated user, and expire".to_owned(),
        IdentityKind::Other => format!("they belong to {}", caller.arn),
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

    fn failed_check_ids(response: Result<CallerIdentity, UpstreamError>) -> Vec<&'static str> {
        let findings = check_caller(response, Partition::Aws).unwrap().findings;
        let failed = |finding: &&Finding| matches!(finding.outcome, Outcome::Failed { .. });
        findings.iter().filter(failed).map(|finding| finding.check.id).collect()
    }

    #[test]
    fn only_access_key_of_a_user_of_this_partition_passes() {
        let user = IdentityKind::User { name: "palette".to_owned() };
        let session = IdentityKind::AssumedRole { role_name: "Admin".to_owned() };
        let (aws, gov) = (Partition::Aws, Partition::AwsUsGov);
        let rejected_by_sts =
            || UpstreamError::Rejected { service: "AWS STS", reason: "no key".to_owned() };
        for (response, failed) in [
            (Ok(caller(user.clone(), aws)), &[][..]),
            (Ok(caller(user, gov)), &["aws.partition"]),
            (Ok(caller(session, aws)), &["aws.identity-is-user"]),
            (Ok(caller(IdentityKind::Root, aws)), &["aws.identity-is-user"]),
            (Ok(caller(IdentityKind::Federated, gov)), &["aws.partition", "aws.identity-is-user"]),
            (Err(rejected_by_sts()), &["aws.identity-valid"]),
        ] {
            assert_eq!(failed_check_ids(response), failed);
        }
        let denied =
            UpstreamError::AccessDenied { service: "AWS STS", reason: "endpoint".to_owned() };
        let check = check_caller(Err(denied), aws).unwrap();
        assert!(check.account.is_none());
        let valid = check.findings.iter().find(|finding| finding.check == &IDENTITY_VALID);
        let is_unverified =
            |finding: &Finding| matches!(finding.outcome, Outcome::Unverified { .. });
        assert!(valid.is_some_and(is_unverified));
        let timed_out = Err(UpstreamError::TimedOut { service: "AWS STS" });
        assert!(check_caller(timed_out, aws).is_err());
    }

    #[test]
    fn clock_difference_up_to_five_minutes_passes() {
        for (skew, passes) in [(0, true), (-300, true), (301, false), (-3600, false)] {
            assert_eq!(clock_finding(Some(skew)).outcome == Outcome::Passed, passes, "{skew}");
        }
        assert!(matches!(clock_finding(None).outcome, Outcome::Unverified { .. }));
    }
}
