//! What an identity may do, against what Palette needs (C07–C13, S05, S06, D09).

use crate::catalogue::iam::{
    ACTIONS_ALLOWED, BOUNDARY_ALLOWS, MFA_NOT_REQUIRED, ORGANIZATION_ALLOWS, POLICIES_ATTACHED,
    POLICY_DOCUMENTS_FIT, POLICY_QUOTA, SIMULATION_POSSIBLE, VENDOR_POLICY,
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

/// How many managed policies an identity may have, unless the account's quota was raised.
const DEFAULT_QUOTA: usize = 10;

/// Characters of a managed policy; white space does not count.
const MAX_DOCUMENT_CHARS: usize = 6144;

/// The answers where nothing can be seen.
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

/// Asks everything at the same time; asks again only where something is denied or hidden.
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

/// The same of an identity that Gangway has attached every one of the profile's policies to: only IAM's judgement is
/// asked for, as boundaries and policies of the organization may still take away what they allow.
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

/// What simulation tells.
async fn simulation_findings(
    aws: &AwsSession,
    principal: &Principal,
    questions: &[simulate::SimulationRequest],
    judgement: SimulationResult,
) -> Result<Vec<Finding>, UpstreamError> {
    let label = principal.label();
    let (possible, reason, remedy) = match judgement {
        SimulationResult::Decisions(verdicts) => {
            let mut findings = vec![SIMULATION_POSSIBLE.passed(format!("asked about {label}"))];
            findings.extend(simulation_findings::findings(&verdicts, principal));
            findings
                .push(simulation_findings::check_mfa(aws, principal, questions, &verdicts).await?);
            return Ok(findings);
        }
        SimulationResult::AccessDenied => {
            let reason = format!("IAM may not be asked what {label} is allowed to do");
            let remedy = format!(
                "allow iam:SimulatePrincipalPolicy on {} to the identity that looks",
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

/// Every managed policy that the identity has. A user's groups are read where the user itself has not all that is needed,
/// or where there is doubt.
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

/// The answer to C08: by names, and by what the policies say where there is doubt.
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

/// The answer to C09: what is attached to the identity itself, and what still has to be.
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
        Ok(None) => {
            (DEFAULT_QUOTA, "AWS's default", Some("ask AWS for the account's quota".to_owned()))
        }
        Err(hidden) => (DEFAULT_QUOTA, "AWS's default", Some(hidden.remedy())),
    };
    let count = direct.len();
    let observed = format!("{label} has {count} of {quota} ({source}); {missing} to come");
    match hidden {
        _ if count + missing <= quota => POLICY_QUOTA.passed(observed),
        // The account's own quota may be higher.
        Some(remedy) => POLICY_QUOTA.unverified(observed, remedy),
        None => POLICY_QUOTA.failed(
            observed,
            format!("merge policies of {label}, or have AWS raise the quota of managed policies"),
        ),
    }
}

/// The answer to C10, from the documents themselves.
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

/// The answer where the published documents are at fault themselves.
pub(super) fn vendor_defect_finding(denied: &[&str]) -> Option<Finding> {
    (!denied.is_empty()).then(|| {
        VENDOR_POLICY.failed(
            format!(
                "denied although Palette's document names them, since it grants them on resources that they do not \
                 have: {}",
                denied.join(", ")
            ),
            "nothing is wrong in this account; if Palette reports these actions, allow them on * in a policy of your own",
        )
    })
}
