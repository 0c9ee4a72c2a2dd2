//! Evaluates the EKS Pod Identity Agent, and the nodes that the agent runs on.

use gangway_aws::{Observed, eks::POD_IDENTITY_AGENT, kubernetes::AgentRollout};
use gangway_model::Finding;
use gangway_policies::pod_identity::NODE_AGENT;

use super::findings_without_cluster;
use crate::{
    iam::grants::SimulationOutcome,
    pod_identity::{
        Observations, PodIdentitySetup,
        catalogue::{AGENT_HEALTHY, AGENT_ON_EVERY_NODE, AUTH_ENDPOINT, NODE_ROLES},
        inaccessible_finding,
    },
};

const OWNER_REMEDY: &str =
    "let exactly one owner install it: the cluster profile, Terraform or you";

pub(super) fn findings(observations: &Observations, setup: &PodIdentitySetup<'_>) -> Vec<Finding> {
    let checks = [&AGENT_HEALTHY, &AGENT_ON_EVERY_NODE, &NODE_ROLES, &AUTH_ENDPOINT];
    if let Some(findings) = findings_without_cluster(observations, &checks) {
        return findings;
    }
    let has_auto_mode =
        observations.cluster.description.present().is_some_and(|cluster| cluster.has_auto_mode);
    if has_auto_mode && observations.cluster.node_roles.present().is_some_and(Vec::is_empty) {
        let reason = "EKS Auto Mode manages the nodes: the agent is built in";
        return vec![
            AGENT_HEALTHY.passed(reason),
            AGENT_ON_EVERY_NODE.not_applicable(reason),
            NODE_ROLES.not_applicable(reason),
            auth_endpoint_finding(observations, setup),
        ];
    }
    vec![
        agent_finding(observations, setup),
        agent_rollout_finding(observations),
        node_roles_finding(observations, setup),
        auth_endpoint_finding(observations, setup),
    ]
}

/// Checks that the agent is installed and healthy.
fn agent_finding(observations: &Observations, setup: &PodIdentitySetup<'_>) -> Finding {
    let (name, region) = (&setup.cluster.name, &setup.cluster.region);
    let command = format!(
        "aws eks describe-addon --cluster-name {name} --region {region} --addon-name {POD_IDENTITY_AGENT}"
    );
    match &observations.cluster.agent {
        Observed::Inaccessible(inaccessible) => inaccessible_finding(&AGENT_HEALTHY, inaccessible, &command),
        Observed::Present(addon) => {
            let errors: Vec<&str> =
                addon.inactive_status.iter().chain(&addon.issues).map(String::as_str).collect();
            if errors.is_empty() {
                return AGENT_HEALTHY.passed(format!("add-on {} {}, ACTIVE", POD_IDENTITY_AGENT, addon.version));
            }
            // The pods of the agent may be running during this change of the add-on.
            if let (Some("CREATING" | "UPDATING"), []) =
                (addon.inactive_status.as_deref(), addon.issues.as_slice())
            {
                return AGENT_HEALTHY.unverified(
                    format!("the add-on {POD_IDENTITY_AGENT} is {}", errors.join(", ")),
                    format!("validate again when it is ACTIVE: {command}"),
                );
            }
            AGENT_HEALTHY.failed(
                format!("the add-on {} is not healthy: {}", POD_IDENTITY_AGENT, errors.join(", ")),
                format!("repair or update the add-on; its health shows details: {command}"),
            )
        }
        // The agent may be installed without the add-on, for example with Helm.
        Observed::Absent => match &observations.cluster.kubernetes.agent {
            Observed::Present(_) => AGENT_HEALTHY.passed(format!(
                "there is no EKS add-on, but a DaemonSet {POD_IDENTITY_AGENT}, which was installed in another way"
            )),
            Observed::Absent => AGENT_HEALTHY.failed(
                format!("the add-on {POD_IDENTITY_AGENT} is not installed"),
                format!(
                    "install it: aws eks create-addon --cluster-name {name} --region {region} --addon-name {POD_IDENTITY_AGENT}, or send ensureAgent; {OWNER_REMEDY}"
                ),
            ),
            Observed::Inaccessible(inaccessible) => {
                let command = format!("kubectl get daemonset {POD_IDENTITY_AGENT} -n kube-system");
                inaccessible_finding(&AGENT_HEALTHY, inaccessible, &command)
            }
        },
    }
}

/// Checks that the agent runs on every node.
fn agent_rollout_finding(observations: &Observations) -> Finding {
    let command = format!("kubectl get daemonset {POD_IDENTITY_AGENT} -n kube-system");
    match (&observations.cluster.kubernetes.agent, &observations.cluster.agent) {
        (Observed::Inaccessible(inaccessible), _) => inaccessible_finding(&AGENT_ON_EVERY_NODE, inaccessible, &command),
        (Observed::Absent, Observed::Absent) => {
            AGENT_ON_EVERY_NODE.not_applicable("the agent is not installed at all")
        }
        (Observed::Absent, Observed::Present(_) | Observed::Inaccessible(_)) => AGENT_ON_EVERY_NODE.failed(
            format!("the cluster has no DaemonSet {POD_IDENTITY_AGENT}"),
            format!("install the add-on again; {OWNER_REMEDY}"),
        ),
        (Observed::Present(AgentRollout { desired, ready }), _) if desired == ready && *ready > 0 => {
            AGENT_ON_EVERY_NODE.passed(format!("ready on {ready} of {desired} nodes"))
        }
        (Observed::Present(AgentRollout { desired, ready }), _) => AGENT_ON_EVERY_NODE.failed(
            format!("ready on {ready} of {desired} nodes"),
            format!("find out why its pods do not start: kubectl describe daemonset {POD_IDENTITY_AGENT} -n kube-system; on nodes without IPv6 its IPv6 endpoint must be switched off"),
        ),
    }
}

/// Checks that the roles of the nodes let the agent request credentials.
fn node_roles_finding(observations: &Observations, setup: &PodIdentitySetup<'_>) -> Finding {
    let (name, region) = (&setup.cluster.name, &setup.cluster.region);
    let command = format!("aws eks list-nodegroups --cluster-name {name} --region {region}");
    let roles = match &observations.cluster.node_roles {
        Observed::Present(roles) => roles,
        Observed::Inaccessible(inaccessible) => {
            return inaccessible_finding(&NODE_ROLES, inaccessible, &command);
        }
        Observed::Absent => return NODE_ROLES.not_applicable("there is no such cluster"),
    };
    if roles.is_empty() {
        return NODE_ROLES.unverified(
            "there are no managed node groups, and EKS does not list the roles of other nodes",
            format!("check that the role of every node has AmazonEKSWorkerNodePolicy, or allows {NODE_AGENT}: kubectl get nodes -o wide"),
        );
    }
    let role_names_where = |condition: fn(&SimulationOutcome) -> bool| -> Vec<&str> {
        roles
            .iter()
            .filter(|(_, outcome)| condition(outcome))
            .map(|(role, _)| role.name())
            .collect()
    };
    let denied = role_names_where(|outcome| {
        matches!(outcome, SimulationOutcome::SomeDenied(_) | SimulationOutcome::RoleNotFound)
    });
    let inaccessible = role_names_where(|outcome| *outcome == SimulationOutcome::Inaccessible);
    if !denied.is_empty() {
        return NODE_ROLES.failed(
            format!("these roles may not call {NODE_AGENT}: {}", denied.join(", ")),
            "attach the current AmazonEKSWorkerNodePolicy to these roles, or the policy that GET /v1/pod-identity/plan returns",
        );
    }
    let unknown = role_names_where(|outcome| matches!(outcome, SimulationOutcome::Unknown(_)));
    if !unknown.is_empty() {
        return NODE_ROLES.unverified(
            format!("IAM's simulator does not tell whether {NODE_AGENT} is allowed to {}", unknown.join(", ")),
            "check the conditions of the policies of these roles and of the organization's SCPs for this action",
        );
    }
    if !inaccessible.is_empty() {
        return NODE_ROLES.unverified(
            format!("Gangway may not simulate {}", inaccessible.join(", ")),
            "allow iam:SimulatePrincipalPolicy on the roles of nodes to the role that Gangway inspects with",
        );
    }
    NODE_ROLES.passed(format!("allowed to {}", role_names_where(|_| true).join(", ")))
}

/// Checks that the nodes can reach the endpoint of EKS Auth, from which the agent requests
/// credentials. The nodes of a public cluster can reach it. The finding of a private cluster is
/// *unverified*, because only EC2 lists VPC endpoints, and Gangway does not call EC2.
fn auth_endpoint_finding(observations: &Observations, setup: &PodIdentitySetup<'_>) -> Finding {
    let region = &setup.cluster.region;
    let command = format!(
        "aws ec2 describe-vpc-endpoints --region {region} --filters Name=service-name,Values={}.eks-auth",
        endpoint_service_prefix(setup)
    );
    match &observations.cluster.description {
        Observed::Present(cluster) if !cluster.is_private => {
            AUTH_ENDPOINT.not_applicable("the cluster's endpoint is public, so its nodes can reach the internet")
        }
        Observed::Present(_) => AUTH_ENDPOINT.unverified(
            "the cluster is private, and Gangway does not read its network from EC2",
            format!("check that its network has a NAT gateway, or an interface endpoint for eks-auth with private DNS: {command}"),
        ),
        Observed::Inaccessible(inaccessible) => inaccessible_finding(&AUTH_ENDPOINT, inaccessible, &command),
        Observed::Absent => AUTH_ENDPOINT.not_applicable("there is no such cluster"),
    }
}

/// Returns the first part of the name of a VPC endpoint service: the labels of the DNS suffix in
/// reverse order, and the AWS Region, for example `com.amazonaws.eu-west-1`.
fn endpoint_service_prefix(setup: &PodIdentitySetup<'_>) -> String {
    let suffix = setup.required.partition.info().dns_suffix;
    let reversed: Vec<_> = suffix.split('.').rev().collect();
    format!("{}.{}", reversed.join("."), setup.cluster.region)
}
