//! Compares what an identity may do with what Palette needs.

use crate::catalogue::iam::{
    ACTIONS_ALLOWED, BOUNDARY_ALLOWS, MFA_NOT_REQUIRED, ORGANIZATION_ALLOWS, POLICIES_ATTACHED,
    POLICY_DOCUMENTS_FIT, POLICY_QUOTA, SIMULATION_POSSIBLE,
};
use gangway_model::{Finding, Partition, UpstreamError};
use gangway_policies::{PolicyDocument, simulate};
use tokio::join;

use super::{
    attached_policies::{self, Attached, Lookup, LookupError},
    policy_content::{self, AttachedDocument},
    simulation::{Decision, Mfa, SimulationResult, Simulator},
    simulation_findings,
};
use crate::RequiredPermissions;
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

/// What IAM shows about the permissions of a principal.
struct PermissionFacts {
    simulation: SimulationResult,
    /// The actions that are explicitly denied, simulated as if MFA had been used. `None` if there are none.
    simulation_with_mfa: Option<SimulationResult>,
}

/// The managed policies of a principal.
struct PolicyFacts {
    /// The policies that are attached to the identity itself.
    direct: Result<Vec<Attached>, LookupError>,
    /// Those of the identity and, if they matter, of a user's groups.
    effective: Result<Vec<Attached>, LookupError>,
    /// The content of the effective policies. `None` if it does not matter, because no action is denied.
    documents: Option<Result<Vec<AttachedDocument>, LookupError>>,
    /// The account's quota for one identity.
    quota: Result<Option<usize>, LookupError>,
}

impl PermissionFacts {
    /// Simulates what the profile needs.
    async fn fetch(
        aws: &AwsSession,
        principal: &Principal,
        RequiredPermissions { documents, region, .. }: RequiredPermissions<'_>,
    ) -> Result<Self, UpstreamError> {
        let (partition, account) = (aws.partition(), principal.account());
        let requests = simulate::simulation_requests(documents, partition, account, region);
        let simulator = Simulator { aws, principal, region };
        let simulation = simulator.simulate(&requests, Mfa::Absent).await?;
        let simulation_with_mfa = match (principal, &simulation) {
            (Principal::User { .. }, SimulationResult::Decisions(decisions)) => {
                simulator.simulate_denied_with_mfa(&requests, decisions).await?
            }
            (Principal::User { .. } | Principal::Role(_), _) => None,
        };
        Ok(Self { simulation, simulation_with_mfa })
    }

    /// Returns `true` if every action is known to be allowed, as far as the published policies allow it.
    fn is_allowed(&self) -> bool {
        match &self.simulation {
            SimulationResult::Decisions(decisions) => decisions.iter().all(|decision| {
                decision.evaluation.decision == Decision::Allowed || decision.is_vendor_defect()
            }),
            SimulationResult::AccessDenied
            | SimulationResult::PrincipalNotFound
            | SimulationResult::NotEvaluated(_) => false,
        }
    }
}

impl PolicyFacts {
    /// Reads what is needed besides the policies themselves only if an action is denied or a policy is missing.
    async fn fetch(
        aws: &AwsSession,
        documents: &[PolicyDocument],
        is_allowed: bool,
        listed: ListedPolicies,
    ) -> Result<Self, UpstreamError> {
        let ListedPolicies { direct, groups, quota } = listed;
        let effective = effective_policies(aws, documents, is_allowed, &direct, groups).await?;
        let documents = match &effective {
            Ok(effective) if !is_allowed => {
                Some(policy_content::fetch_documents(aws, effective).await?)
            }
            Ok(_) | Err(_) => None,
        };
        Ok(Self { direct, effective, documents, quota })
    }
}

/// What IAM lists of a principal.
struct ListedPolicies {
    direct: Result<Vec<Attached>, LookupError>,
    groups: Result<Vec<String>, LookupError>,
    quota: Result<Option<usize>, LookupError>,
}

impl ListedPolicies {
    async fn fetch(aws: &AwsSession, principal: &Principal) -> Result<Self, UpstreamError> {
        let (direct, groups, quota) = join!(
            attached_policies::direct(aws, principal),
            attached_policies::groups(aws, principal),
            attached_policies::quota(aws, principal),
        );
        Ok(Self { direct: direct?, groups: groups?, quota: quota? })
    }
}

/// Checks the permissions of a principal. Everything is read at the same time; more is read only if an action is
/// denied or something could not be read.
pub async fn check(
    aws: &AwsSession,
    principal: &Principal,
    required: RequiredPermissions<'_>,
) -> Result<Vec<Finding>, UpstreamError> {
    let (permissions, listed) = join!(
        PermissionFacts::fetch(aws, principal, required),
        ListedPolicies::fetch(aws, principal),
    );
    let permissions = permissions?;
    let documents = required.documents;
    let policies = PolicyFacts::fetch(aws, documents, permissions.is_allowed(), listed?).await?;
    let mut findings = simulation_findings(&permissions, principal, required.region);
    findings.push(attached_finding(&policies, documents, aws.partition(), principal));
    findings.push(quota_finding(&policies, documents, principal));
    findings.push(document_size_finding(documents, aws.partition()));
    Ok(findings)
}

/// Checks a principal to which Gangway itself has just attached all policies of the profile. Only simulates, because a
/// permissions boundary or an SCP may still deny what the policies allow.
pub async fn check_attached(
    aws: &AwsSession,
    principal: &Principal,
    required: RequiredPermissions<'_>,
) -> Result<Vec<Finding>, UpstreamError> {
    let permissions = PermissionFacts::fetch(aws, principal, required).await?;
    let documents = required.documents;
    let mut findings = simulation_findings(&permissions, principal, required.region);
    findings.push(
        POLICIES_ATTACHED
            .passed(format!("Gangway attached {}", policy_content::join_names(documents))),
    );
    findings.push(POLICY_QUOTA.passed("all policies are attached, so no quota was exceeded"));
    findings.push(document_size_finding(documents, aws.partition()));
    Ok(findings)
}

/// Evaluates the result of the simulation.
fn simulation_findings(
    facts: &PermissionFacts,
    principal: &Principal,
    region: &str,
) -> Vec<Finding> {
    let label = principal.label();
    let (possible, reason, remedy) = match &facts.simulation {
        SimulationResult::Decisions(decisions) => {
            let with_mfa = facts.simulation_with_mfa.as_ref();
            let mut findings =
                vec![SIMULATION_POSSIBLE.passed(format!("simulated for {label} in {region}"))];
            findings.extend(simulation_findings::findings(decisions, principal));
            findings.push(simulation_findings::mfa_finding(principal, with_mfa));
            return findings;
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
        SimulationResult::NotEvaluated(code) => {
            let reason = format!("IAM's simulator cannot evaluate the policies of {label}: {code}");
            let remedy = match code.as_str() {
                "PolicyEvaluation" | "PolicyEvaluationException" | "InvalidInput" => format!(
                    "run the IAM policy simulator for {}, which names the policy or the condition that it cannot evaluate",
                    principal.arn()
                ),
                code => attached_policies::refusal_remedy("iam:SimulatePrincipalPolicy", code),
            };
            (SIMULATION_POSSIBLE.unverified(reason.clone(), remedy.clone()), reason, remedy)
        }
    };
    let mut findings = vec![possible];
    for check in [&ACTIONS_ALLOWED, &BOUNDARY_ALLOWS, &ORGANIZATION_ALLOWS, &MFA_NOT_REQUIRED] {
        findings.push(check.unverified(reason.clone(), remedy.clone()));
    }
    findings
}

/// Returns every managed policy of the identity. The policies of a user's groups are read only if the user itself lacks
/// a policy or an action is denied.
async fn effective_policies(
    aws: &AwsSession,
    documents: &[PolicyDocument],
    is_allowed: bool,
    direct: &Result<Vec<Attached>, LookupError>,
    groups: Result<Vec<String>, LookupError>,
) -> Lookup<Vec<Attached>> {
    let mut held = match direct {
        Ok(direct) => direct.clone(),
        Err(hidden) => return Ok(Err(hidden.clone())),
    };
    let enough = policy_content::missing(documents, &held).is_empty();
    if enough && is_allowed {
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
fn attached_finding(
    policies: &PolicyFacts,
    documents: &[PolicyDocument],
    partition: Partition,
    principal: &Principal,
) -> Finding {
    match (&policies.effective, &policies.documents) {
        (Err(hidden), _) => {
            let observed = format!("the policies of {} could not be listed", principal.label());
            POLICIES_ATTACHED.unverified(observed, hidden.remedy())
        }
        (Ok(effective), None) => policy_content::check_names(documents, effective, principal),
        (Ok(_), Some(Ok(attached))) => {
            policy_content::check_documents(documents, attached, partition, principal)
        }
        (Ok(_), Some(Err(hidden))) => {
            POLICIES_ATTACHED.unverified("the attached policies could not be read", hidden.remedy())
        }
    }
}

/// Checks the quota: policies attached to the identity itself, and policies that are still missing. Nothing is missing
/// if no action is denied.
fn quota_finding(
    policies: &PolicyFacts,
    documents: &[PolicyDocument],
    principal: &Principal,
) -> Finding {
    let PolicyFacts { direct, effective, documents: content, quota } = policies;
    let missing = match effective {
        Ok(effective) if content.is_some() => policy_content::missing(documents, effective).len(),
        Ok(_) | Err(_) => 0,
    };
    let label = principal.label();
    let direct = match direct {
        Ok(direct) => direct,
        Err(hidden) => {
            let observed = format!("the policies of {label} could not be counted");
            return POLICY_QUOTA.unverified(observed, hidden.remedy());
        }
    };
    let (quota, source, hidden) = match quota {
        Ok(Some(quota)) => (*quota, "the account's quota", None),
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
fn document_size_finding(documents: &[PolicyDocument], partition: Partition) -> Finding {
    let size = |document: &PolicyDocument| {
        let text = document.text(partition);
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
