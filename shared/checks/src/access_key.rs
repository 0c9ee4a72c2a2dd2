//! The checks of an IAM user's access keys (S01–S08).

use crate::ScopedAccounts;
use crate::iam::{identity, keys, permissions, policy_arns};
use gangway_aws::{AwsSession, CallerIdentity, Principal};
use gangway_model::{AccountId, Check, Credential, Finding, Partition, Severity, UpstreamError};
use tokio::join;

use crate::{
    RequiredPermissions, classified,
    validation::{self, POLICIES_ACCEPTED},
};

static PALETTE_VALIDATES: Check = Check {
    id: "palette.validation",
    title: "Palette gets in with these keys",
    severity: Severity::Blocker,
    covers: &["C17"],
};

const VALIDATION_REMEDY: &str =
    "see that Palette reaches this partition and that the keys are active; then validate again";

/// Where nothing leads in but a connection of its own, Palette's word tells of that, too (X03).
static PALETTE_VALIDATES_ENCLAVE: Check = Check {
    id: "palette.validation",
    title: "Palette reaches the enclave and gets in with these keys",
    severity: Severity::Blocker,
    covers: &["C17", "X03"],
};

const ENCLAVE_REMEDY: &str = "see that Palette reaches this partition (private cloud gateway, WAN tunnel or PrivateLink) \
                              and that the keys are active; then validate again";

/// The last check, as the partition has it, and what to do where it fails.
fn last_check(partition: Partition) -> (&'static Check, &'static str) {
    if classified::is_classified(partition) {
        (&PALETTE_VALIDATES_ENCLAVE, ENCLAVE_REMEDY)
    } else {
        (&PALETTE_VALIDATES, VALIDATION_REMEDY)
    }
}

/// What was found out about keys.
#[derive(Debug)]
pub struct AccessKeyChecks {
    /// Every check and its answer.
    pub findings: Vec<Finding>,
    /// The account that they act in, where AWS knows them.
    pub account: Option<AccountId>,
}

/// Asks the account, with the keys under test, and Palette at the same time, given whom STS says the keys belong to.
pub async fn run_checks(
    caller: Result<CallerIdentity, UpstreamError>,
    user: &AwsSession,
    credential: &Credential,
    registry: &ScopedAccounts<'_>,
    demand: RequiredPermissions<'_>,
) -> Result<AccessKeyChecks, UpstreamError> {
    let whose = identity::check_caller(caller, demand.partition)?;
    let known = whose.account.is_some();
    let (allowed, accepted) = join!(
        check_permissions(user, whose.principal.as_ref(), demand),
        check_palette(registry, credential, known, demand),
    );
    let mut findings = whose.findings;
    findings.extend(allowed?);
    findings.extend(accepted?);
    Ok(AccessKeyChecks { findings, account: whose.account })
}

/// What the user may do.
async fn check_permissions(
    user: &AwsSession,
    principal: Option<&Principal>,
    demand: RequiredPermissions<'_>,
) -> Result<Vec<Finding>, UpstreamError> {
    let Some(principal) = principal else {
        let (reason, remedy) = ("the keys do not belong to an IAM user", "mend the checks above");
        let mut findings = vec![keys::unverified(reason, remedy)];
        findings.extend(permissions::unverified(reason, remedy));
        findings.push(policy_arns::unverified(reason, remedy));
        return Ok(findings);
    };
    let (age, permissions, arns) = join!(
        keys::check_key_age(user, principal),
        permissions::check(user, principal, demand.profile),
        policy_arns::check_exist(user, demand.policies),
    );
    let mut findings = vec![age?];
    findings.extend(permissions?);
    findings.push(arns?);
    Ok(findings)
}

/// What Palette says, unless STS has already refused the keys.
async fn check_palette(
    registry: &ScopedAccounts<'_>,
    credential: &Credential,
    known: bool,
    demand: RequiredPermissions<'_>,
) -> Result<Vec<Finding>, UpstreamError> {
    let (last, remedy) = last_check(demand.partition);
    if !known {
        let reason = "not asked, since AWS does not know these keys";
        return Ok(vec![POLICIES_ACCEPTED.not_applicable(reason), last.not_applicable(reason)]);
    }
    let (accepted, validates) = join!(
        validation::check_policies(registry, credential, demand),
        validation::check_credential(last, remedy, registry, credential, demand),
    );
    Ok(vec![accepted?, validates?])
}
