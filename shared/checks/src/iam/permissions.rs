//! Checks that an identity has the permissions that Palette needs.

use crate::catalogue::iam::{
    ACTIONS_ALLOWED, BOUNDARY_ALLOWS, MFA_NOT_REQUIRED, ORGANIZATION_ALLOWS, POLICIES_ATTACHED,
    POLICY_DOCUMENTS_FIT, POLICY_QUOTA, SIMULATION_POSSIBLE,
};
use gangway_model::{Finding, Partition, UpstreamError};
use gangway_policies::{PolicyDocument, simulate};
use tokio::join;

use super::{
    attached_policies::{self, LookupError, LookupResult, ManagedPolicy},
    policy_content::{self, AttachedDocument},
    simulation::{Decision, Mfa, SimulationResult, Simulator},
    simulation_findings,
};
use crate::RequiredPermissions;
use gangway_aws::{AwsSession, Principal};

/// AWS's default quota of managed policies for one user or role.
const DEFAULT_POLICY_QUOTA: usize = 10;

/// The maximum size of a managed policy in characters. White space is not counted.
const MAX_DOCUMENT_CHARS: usize = 6144;

/// Returns the *unverified* findings if the permissions cannot be checked.
pub fn unverified_findings(reason: &str, remedy: &str) -> Vec<Finding> {
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

/// The result of simulating the permissions of a principal.
struct PermissionFacts {
    simulation: SimulationResult,
    /// The result of simulating the explicitly denied actions again, with MFA. `None` if no action
    /// is explicitly denied.
    simulation_with_mfa: Option<SimulationResult>,
}

/// The managed policies of a principal.
struct PolicyFacts {
    /// The policies that are attached to the identity itself.
    direct: Result<Vec<ManagedPolicy>, LookupError>,
    /// The policies of the identity itself and, if Gangway has read them, of the user's groups.
    effective: Result<Vec<ManagedPolicy>, LookupError>,
    /// The effective policies with their content. `None` if no action is denied, because then the
    /// content is not needed.
    documents: Option<Result<Vec<AttachedDocument>, LookupError>>,
    /// The account's quota of managed policies for one user or role.
    quota: Result<Option<usize>, LookupError>,
}

impl PermissionFacts {
    /// Simulates the actions that the permission profile needs.
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

    /// Returns `true` if the simulator allows every action. Denials that are caused by a defect of
    /// Palette's published policies are ignored.
    fn allows_all_actions(&self) -> bool {
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
    /// Reads the policies of the groups if an action is denied or a policy is missing, and reads
    /// the content of the policies if an action is denied.
    async fn fetch(
        aws: &AwsSession,
        documents: &[PolicyDocument],
        allows_all_actions: bool,
        listed: ListedPolicies,
    ) -> Result<Self, UpstreamError> {
        let ListedPolicies { direct, groups, quota } = listed;
        let effective =
            fetch_effective_policies(aws, documents, allows_all_actions, &direct, groups).await?;
        let documents = match &effective {
            Ok(effective) if !allows_all_actions => {
                Some(policy_content::fetch_documents(aws, effective).await?)
            }
            Ok(_) | Err(_) => None,
        };
        Ok(Self { direct, effective, documents, quota })
    }
}

/// The policies and groups of a principal, and the quota of policies, as IAM lists them.
struct ListedPolicies {
    direct: Result<Vec<ManagedPolicy>, LookupError>,
    groups: Result<Vec<String>, LookupError>,
    quota: Result<Option<usize>, LookupError>,
}

impl ListedPolicies {
    async fn fetch(aws: &AwsSession, principal: &Principal) -> Result<Self, UpstreamError> {
        let (direct, groups, quota) = join!(
            attached_policies::list_direct_policies(aws, principal),
            attached_policies::list_groups(aws, principal),
            attached_policies::get_policy_quota(aws, principal),
        );
        Ok(Self { direct: direct?, groups: groups?, quota: quota? })
    }
}

/// Checks the permissions of a principal. Simulates the permissions and lists the policies at the
/// same time. Makes further calls only if an action is not known to be allowed or a policy is
/// missing.
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
    let policies =
        PolicyFacts::fetch(aws, documents, permissions.allows_all_actions(), listed?).await?;
    let mut findings = simulation_findings(&permissions, principal, required.region);
    findings.push(attached_finding(&policies, documents, aws.partition(), principal));
    findings.push(quota_finding(&policies, documents, principal));
    findings.push(document_size_finding(documents, aws.partition()));
    Ok(findings)
}

/// Checks a principal to which Gangway itself has just attached all policies of the profile. Does
/// not read the policies, but simulates the permissions, because a permissions boundary or an SCP
/// can deny actions that the policies allow.
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

/// Returns the managed policies of the identity. Reads the policies of a user's groups only if an
/// action is denied, or if a policy is not attached to the user itself.
async fn fetch_effective_policies(
    aws: &AwsSession,
    documents: &[PolicyDocument],
    allows_all_actions: bool,
    direct: &Result<Vec<ManagedPolicy>, LookupError>,
    groups: Result<Vec<String>, LookupError>,
) -> LookupResult<Vec<ManagedPolicy>> {
    let mut policies_found = match direct {
        Ok(direct) => direct.clone(),
        Err(error) => return Ok(Err(error.clone())),
    };
    let is_complete = policy_content::find_missing(documents, &policies_found).is_empty();
    if is_complete && allows_all_actions {
        return Ok(Ok(policies_found));
    }
    let group_policies = match groups {
        Ok(groups) => attached_policies::list_policies_of_groups(aws, &groups).await?,
        Err(error) => Err(error),
    };
    match group_policies {
        Ok(more) => policies_found.extend(more),
        Err(error) if !is_complete => return Ok(Err(error)),
        Err(_not_needed) => {}
    }
    Ok(Ok(policies_found))
}

/// Checks that all policies of the profile are attached. Compares names only if every action is
/// allowed, otherwise compares the content.
fn attached_finding(
    policies: &PolicyFacts,
    documents: &[PolicyDocument],
    partition: Partition,
    principal: &Principal,
) -> Finding {
    match (&policies.effective, &policies.documents) {
        (Err(error), _) => {
            let observed = format!("the policies of {} could not be listed", principal.label());
            POLICIES_ATTACHED.unverified(observed, error.remedy())
        }
        (Ok(effective), None) => {
            policy_content::policy_names_finding(documents, effective, principal)
        }
        (Ok(_), Some(Ok(attached))) => {
            policy_content::policy_content_finding(documents, attached, partition, principal)
        }
        (Ok(_), Some(Err(error))) => {
            POLICIES_ATTACHED.unverified("the attached policies could not be read", error.remedy())
        }
    }
}

/// Checks that the quota allows the policies that are attached to the identity itself and the
/// policies that are missing. If every action is allowed, no policy is missing.
fn quota_finding(
    policies: &PolicyFacts,
    documents: &[PolicyDocument],
    principal: &Principal,
) -> Finding {
    let PolicyFacts { direct, effective, documents: content, quota } = policies;
    let missing = match effective {
        Ok(effective) if content.is_some() => {
            policy_content::find_missing(documents, effective).len()
        }
        Ok(_) | Err(_) => 0,
    };
    let label = principal.label();
    let direct = match direct {
        Ok(direct) => direct,
        Err(error) => {
            let observed = format!("the policies of {label} could not be counted");
            return POLICY_QUOTA.unverified(observed, error.remedy());
        }
    };
    let (quota, source, quota_remedy) = match quota {
        Ok(Some(quota)) => (*quota, "the account's quota", None),
        Ok(None) => (
            DEFAULT_POLICY_QUOTA,
            "AWS's default",
            Some("read the account's quota in Service Quotas".to_owned()),
        ),
        Err(error) => (DEFAULT_POLICY_QUOTA, "AWS's default", Some(error.remedy())),
    };
    let count = direct.len();
    let observed = format!("{label} has {count} of {quota} ({source}); {missing} more needed");
    match quota_remedy {
        _ if count + missing <= quota => POLICY_QUOTA.passed(observed),
        // The quota of this account may be higher than AWS's default.
        Some(remedy) => POLICY_QUOTA.unverified(observed, remedy),
        None => POLICY_QUOTA.failed(
            observed,
            format!("merge policies of {label}, or ask AWS to raise the quota of managed policies"),
        ),
    }
}

/// Checks that no policy document is larger than a managed policy can be.
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
