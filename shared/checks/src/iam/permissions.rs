//! Compares what an identity may do with what Palette needs.

use crate::catalogue::iam::{
    ACTIONS_ALLOWED, BOUNDARY_ALLOWS, MFA_NOT_REQUIRED, ORGANIZATION_ALLOWS, POLICIES_ATTACHED,
    POLICY_DOCUMENTS_FIT, POLICY_QUOTA, SIMULATION_POSSIBLE,
};
use gangway_model::{Finding, PermissionProfile, UpstreamError};
use gangway_policies::{PolicyDocument, simulate};
use tokio::join;

use super::{
    attached_policies::{self, Attached, Lookup, LookupError},
    policy_content,
    simulation::{self, Mfa, SimulationResult},
    simulation_findings,
};
use gangway_aws::{AwsSession, Principal};

/// AWS's default quota of managed policies for one identity.
const DEFAULT_QUOTA: usize = 10;

/// The largest size of a managed policy in characters, not counting white space.
const MAX_DOCUMENT_CHARS: usize = 6144;

/// Returns the findings if the permissions cannot be checked.
pub fn unverified(reason: &str, remedy: &str) -> Vec<Finding> {
    [
        &SIMULATION_POSSIBLE,
        &ACTIONS_ALLOWED,
        &BOUNDARY_ALLOWS,
        &ORGANIZATION_ALLOWS,
        &MFA_NOT_REQUIRED,
        &POLICIES_ATTACHED,
        &POLICY_QUOTA,
    ]
    .map(|check| check.unverified(reason, remedy))
    .into()
}

/// Checks the permissions of a principal. Everything is read at the same time; more is read only if an action is
/// denied or something could not be read.
pub async fn check(
    aws: &AwsSession,
    principal: &Principal,
    profile: PermissionProfile,
) -> Result<Vec<Finding>, UpstreamError> {
    let account = principal.account();
    let questions = simulate::simulation_requests(profile, aws.partition(), account, aws.region());
    let (judgement, direct, groups, quota) = join!(
        simulation::simulate(aws, principal, &questions, Mfa::Absent),
        attached_policies::direct(aws, principal),
        attached_policies::groups(aws, principal),
        attached_policies::quota(aws, principal),
    );
    let judgement = judgement?;
    let documents = gangway_policies::documents_for(profile);
    let clear = matches!(&judgement, SimulationResult::Decisions(verdicts) if !verdicts.iter().any(simulation::ActionDecision::is_denial));

    let mut findings = simulation_findings(aws, principal, &questions, judgement).await?;
    let (direct, groups) = (direct?, groups?);
    let held = effective_policies(aws, documents, clear, &direct, groups).await?;
    findings.push(attached_finding(aws, principal, documents, clear, &held).await?);
    let missing = match &held {
        Ok(held) if !clear => policy_content::missing(documents, held).len(),
        Ok(_) | Err(_) => 0,
    };
    findings.push(quota_finding(&direct, missing, quota?, principal));
    findings.push(check_document_size(aws, documents));
    Ok(findings)
}

/// Checks a principal to which Gangway itself has just attached all policies of the profile. Only simulates, because a
/// permissions boundary or an SCP may still deny what the policies allow.
pub async fn check_attached(
    aws: &AwsSession,
    principal: &Principal,
    profile: PermissionProfile,
) -> Result<Vec<Finding>, UpstreamError> {
    let account = principal.account();
    let questions = simulate::simulation_requests(profile, aws.partition(), account, aws.region());
    let judgement = simulation::simulate(aws, principal, &questions, Mfa::Absent).await?;
    let mut findings = simulation_findings(aws, principal, &questions, judgement).await?;
    let documents = gangway_policies::documents_for(profile);
    findings.push(
        POLICIES_ATTACHED
            .passed(format!("Gangway attached {}", policy_content::join_names(documents))),
    );
    findings.push(POLICY_QUOTA.passed("everything is attached"));
    findings.push(check_document_size(aws, documents));
    Ok(findings)
}

/// Evaluates the result of the simulation.
async fn simulation_findings(
    aws: &AwsSession,
    principal: &Principal,
    questions: &[simulate::SimulationRequest],
    judgement: SimulationResult,
) -> Result<Vec<Finding>, UpstreamError> {
    let label = principal.label();
    let (possible, reason, remedy) = match judgement {
        SimulationResult::Decisions(verdicts) => {
            let mut findings = vec![SIMULATION_POSSIBLE.passed(format!("simulated for {label}"))];
            findings.extend(simulation_findings::findings(&verdicts, principal));
            findings
                .push(simulation_findings::check_mfa(aws, principal, questions, &verdicts).await?);
            return Ok(findings);
        }
        SimulationResult::AccessDenied => {
            let reason = format!("Gangway may not simulate the permissions of {label}");
            let remedy = format!(
                "allow iam:SimulatePrincipalPolicy on {} to the identity that runs the checks",
                principal.arn()
            );
            (SIMULATION_POSSIBLE.failed(reason.clone(), remedy.clone()), reason, remedy)
        }
        SimulationResult::PrincipalNotFound => {
            let reason = format!("IAM does not know {}", principal.arn());
            let remedy = "create it, or correct its ARN".to_owned();
            (SIMULATION_POSSIBLE.unverified(reason.clone(), remedy.clone()), reason, remedy)
        }
    };
    let mut findings = vec![possible];
    for check in [&ACTIONS_ALLOWED, &BOUNDARY_ALLOWS, &ORGANIZATION_ALLOWS, &MFA_NOT_REQUIRED] {
        findings.push(check.unverified(reason.clone(), remedy.clone()));
    }
    Ok(findings)
}

/// Returns every managed policy of the identity. The policies of a user's groups are read only if the user itself lacks
/// a policy or an action is denied.
async fn effective_policies(
    aws: &AwsSession,
    documents: &[PolicyDocument],
    clear: bool,
    direct: &Result<Vec<Attached>, LookupError>,
    groups: Result<Vec<String>, LookupError>,
) -> Lookup<Vec<Attached>> {
    let mut held = match direct {
        Ok(direct) => direct.clone(),
        Err(hidden) => return Ok(Err(*hidden)),
    };
    let enough = policy_content::missing(documents, &held).is_empty();
    if enough && clear {
        return Ok(Ok(held));
    }
    let through = match groups {
        Ok(groups) => attached_policies::through(aws, &groups).await?,
        Err(hidden) => Err(hidden),
    };
    match through {
        Ok(more) => held.extend(more),
        Err(hidden) if !enough => return Ok(Err(hidden)),
        Err(_not_needed) => {}
    }
    Ok(Ok(held))
}

/// Checks the attached policies: by their names, and by their content if an action is denied.
async fn attached_finding(
    aws: &AwsSession,
    principal: &Principal,
    documents: &[PolicyDocument],
    clear: bool,
    held: &Result<Vec<Attached>, LookupError>,
) -> Result<Finding, UpstreamError> {
    match held {
        Ok(held) if clear => Ok(policy_content::check_names(documents, held, principal)),
        Ok(held) => policy_content::check_documents(aws, documents, held, principal).await,
        Err(hidden) => {
            let observed = format!("the policies of {} could not be listed", principal.label());
            Ok(POLICIES_ATTACHED.unverified(observed, hidden.remedy()))
        }
    }
}

/// Checks the quota: policies attached to the identity itself, and policies that are still missing.
fn quota_finding(
    direct: &Result<Vec<Attached>, LookupError>,
    missing: usize,
    quota: Result<Option<usize>, LookupError>,
    principal: &Principal,
) -> Finding {
    let label = principal.label();
    let direct = match direct {
        Ok(direct) => direct,
        Err(hidden) => {
            let observed = format!("the policies of {label} could not be counted");
            return POLICY_QUOTA.unverified(observed, hidden.remedy());
        }
    };
    let (quota, source, hidden) = match quota {
        Ok(Some(quota)) => (quota, "the account's quota", None),
        Ok(None) => (
            DEFAULT_QUOTA,
            "AWS's default",
            Some("read the account's quota in Service Quotas".to_owned()),
        ),
        Err(hidden) => (DEFAULT_QUOTA, "AWS's default", Some(hidden.remedy())),
    };
    let count = direct.len();
    let observed = format!("{label} has {count} of {quota} ({source}); {missing} more needed");
    match hidden {
        _ if count + missing <= quota => POLICY_QUOTA.passed(observed),
        // The account's own quota may be higher.
        Some(remedy) => POLICY_QUOTA.unverified(observed, remedy),
        None => POLICY_QUOTA.failed(
            observed,
            format!("merge policies of {label}, or ask AWS to raise the quota of managed policies"),
        ),
    }
}

/// Checks that each policy document fits into a managed policy.
fn check_document_size(aws: &AwsSession, documents: &[PolicyDocument]) -> Finding {
    let size = |document: &PolicyDocument| {
        let text = document.text(aws.partition());
        let size = text.chars().filter(|letter| !letter.is_whitespace()).count();
        (document.name(), size)
    };
    let longest = documents.iter().map(size).max_by_key(|(_, size)| *size);
    let (name, size) = longest.unwrap_or(("none", 0));
    let observed = format!("the longest is {name}: {size} of {MAX_DOCUMENT_CHARS} characters");
    if size > MAX_DOCUMENT_CHARS {
        POLICY_DOCUMENTS_FIT.failed(observed, format!("split {name} into two policies"))
    } else {
        POLICY_DOCUMENTS_FIT.passed(observed)
    }
}
