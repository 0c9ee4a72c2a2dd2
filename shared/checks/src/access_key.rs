//! The checks of an IAM user's access keys (S01–S08).

use crate::ScopedAccounts;
use crate::catalogue::palette::{POLICY_ARNS_ACCEPTED, VALIDATION};
use crate::iam::{identity, keys, permissions, policy_arns};
use gangway_aws::{AwsSession, CallerIdentity, Principal};
use gangway_model::{AccountId, Credential, Finding, Partition, UpstreamError};
use tokio::join;

use crate::{RequiredPermissions, classified, validation};

const VALIDATION_REMEDY: &str =
    "see that Palette reaches this partition and that the keys are active; then validate again";

const CLASSIFIED_VALIDATION_REMEDY: &str = "see that Palette reaches this partition (private cloud gateway, WAN tunnel or PrivateLink) \
     and that the keys are active; then validate again";

/// Returns what to do where Palette does not accept the keys.
fn validation_remedy(partition: Partition) -> &'static str {
    if classified::is_classified(partition) {
        CLASSIFIED_VALIDATION_REMEDY
    } else {
        VALIDATION_REMEDY
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
    let remedy = validation_remedy(demand.partition);
    if !known {
        let reason = "not asked, since AWS does not know these keys";
        return Ok(vec![
            POLICY_ARNS_ACCEPTED.not_applicable(reason),
            VALIDATION.not_applicable(reason),
        ]);
    }
    let (accepted, validates) = join!(
        validation::check_policies(registry, credential, demand),
        validation::check_credential(remedy, registry, credential, demand),
    );
    Ok(vec![accepted?, validates?])
}
