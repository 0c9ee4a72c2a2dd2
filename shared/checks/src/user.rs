//! The checks of an IAM user's access keys (S01–S08).

use crate::Accounts;
use crate::iam::{identity, keys, permissions, policy_arns};
use gangway_aws::{Aws, Caller, Principal};
use gangway_model::{AccountId, Check, Credential, Finding, Partition, PortError, Severity};
use tokio::join;

use crate::{
    Demand, enclave,
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
    if enclave::is_one(partition) {
        (&PALETTE_VALIDATES_ENCLAVE, ENCLAVE_REMEDY)
    } else {
        (&PALETTE_VALIDATES, VALIDATION_REMEDY)
    }
}

/// What was found out about keys.
#[derive(Debug)]
pub struct Examined {
    /// Every check and its answer.
    pub findings: Vec<Finding>,
    /// The account that they act in, where AWS knows them.
    pub account: Option<AccountId>,
}

/// Asks the account, with the keys under test, and Palette at the same time, given whom STS says the keys belong to.
pub async fn examine(
    caller: Result<Caller, PortError>,
    user: &Aws,
    credential: &Credential,
    registry: &Accounts<'_>,
    demand: Demand<'_>,
) -> Result<Examined, PortError> {
    let whose = identity::of_caller(caller, demand.partition)?;
    let known = whose.account.is_some();
    let (allowed, accepted) = join!(
        allowed(user, whose.principal.as_ref(), demand),
        accepted(registry, credential, known, demand),
    );
    let mut findings = whose.findings;
    findings.extend(allowed?);
    findings.extend(accepted?);
    Ok(Examined { findings, account: whose.account })
}

/// What the user may do.
async fn allowed(
    user: &Aws,
    principal: Option<&Principal>,
    demand: Demand<'_>,
) -> Result<Vec<Finding>, PortError> {
    let Some(principal) = principal else {
        let (reason, remedy) = ("the keys do not belong to an IAM user", "mend the checks above");
        let mut findings = vec![keys::unverified(reason, remedy)];
        findings.extend(permissions::unverified(reason, remedy));
        findings.push(policy_arns::unverified(reason, remedy));
        return Ok(findings);
    };
    let (age, permissions, arns) = join!(
        keys::age(user, principal),
        permissions::check(user, principal, demand.profile),
        policy_arns::exist(user, demand.policies),
    );
    let mut findings = vec![age?];
    findings.extend(permissions?);
    findings.push(arns?);
    Ok(findings)
}

/// What Palette says, unless STS has already refused the keys.
async fn accepted(
    registry: &Accounts<'_>,
    credential: &Credential,
    known: bool,
    demand: Demand<'_>,
) -> Result<Vec<Finding>, PortError> {
    let (last, remedy) = last_check(demand.partition);
    if !known {
        let reason = "not asked, since AWS does not know these keys";
        return Ok(vec![POLICIES_ACCEPTED.not_applicable(reason), last.not_applicable(reason)]);
    }
    let (accepted, validates) = join!(
        validation::of_policies(registry, credential, demand),
        validation::of_credential(last, remedy, registry, credential, demand),
    );
    Ok(vec![accepted?, validates?])
}
