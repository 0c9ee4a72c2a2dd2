//! The agent that gives pods their credentials, and the nodes that it runs on (P04–P07).

use gangway_checks::iam::grants::SimulationOutcome;
use gangway_model::Finding;

use super::without_cluster;
use crate::{
    checks::{AGENT, AGENT_EVERYWHERE, AUTH_ENDPOINT, NODE_ROLES},
    eks,
    kubernetes::Agent,
    observations::Observations,
    observed::Observed,
    request::PodIdentityRequest,
};

const OWNER: &str = "let one owner install it, a cluster profile, Terraform or you, and no other";

pub(super) fn findings(facts: &Observations, wish: &PodIdentityRequest) -> Vec<Finding> {
    let checks = [&AGENT, &AGENT_EVERYWHERE, &NODE_ROLES, &AUTH_ENDPOINT];
    if let Some(findings) = without_cluster(facts, &checks) {
        return findings;
    }
    let auto = facts.cluster.present().is_some_and(|cluster| cluster.auto_mode);
    if auto && facts.nodes.present().is_some_and(Vec::is_empty) {
        let built_in = "EKS Auto Mode looks after the nodes: the agent is built in";
        return vec![
            AGENT.passed(built_in),
            AGENT_EVERYWHERE.not_applicable(built_in),
            NODE_ROLES.not_applicable(built_in),
            auth_endpoint(facts, wish),
        ];
    }
    vec![agent(facts, wish), everywhere(facts), node_roles(facts, wish), auth_endpoint(facts, wish)]
}

fn agent(facts: &Observations, wish: &PodIdentityRequest) -> Finding {
    let (name, region) = (&wish.cluster.name, &wish.cluster.region);
    let show = format!(
        "aws eks describe-addon --cluster-name {name} --region {region} --addon-name {}",
        eks::AGENT
    );
    match &facts.agent {
        Observed::Inaccessible(hidden) => hidden.to_finding(&AGENT, &show),
        Observed::Present(addon) => {
            let mut faults: Vec<_> = addon.not_active.iter().cloned().collect();
            faults.extend(addon.issues.iter().cloned());
            if faults.is_empty() {
                return AGENT.passed(format!("add-on {} {}, ACTIVE", eks::AGENT, addon.version));
            }
            AGENT.failed(
                format!("the add-on {} is not well: {}", eks::AGENT, faults.join(", ")),
                format!("mend or update the add-on; its health tells more: {show}"),
            )
        }
        // Helm may have installed it.
        Observed::Absent => match &facts.kubernetes.agent {
            Observed::Present(_) => AGENT.passed(format!(
                "no add-on of EKS, yet the DaemonSet {} is there: somebody installed it otherwise",
                eks::AGENT
            )),
            Observed::Absent => AGENT.failed(
                format!("the add-on {} is not installed", eks::AGENT),
                format!(
                    "install it: aws eks create-addon --cluster-name {name} --region {region} --addon-name {}; {OWNER}",
                    eks::AGENT
                ),
            ),
            Observed::Inaccessible(hidden) => {
                let show = format!("kubectl get daemonset {} -n kube-system", eks::AGENT);
                hidden.to_finding(&AGENT, &show)
            }
        },
    }
}

fn everywhere(facts: &Observations) -> Finding {
    let show = format!("kubectl get daemonset {} -n kube-system", eks::AGENT);
    match (&facts.kubernetes.agent, &facts.agent) {
        (Observed::Inaccessible(hidden), _) => hidden.to_finding(&AGENT_EVERYWHERE, &show),
        (Observed::Absent, Observed::Absent) => {
            AGENT_EVERYWHERE.not_applicable("the agent is not installed at all")
        }
        (Observed::Absent, Observed::Present(_) | Observed::Inaccessible(_)) => AGENT_EVERYWHERE.failed(
            format!("the cluster has no DaemonSet {}", eks::AGENT),
            format!("install the add-on again; {OWNER}"),
        ),
        (Observed::Present(Agent { desired, ready }), _) if desired == ready && *ready > 0 => {
            AGENT_EVERYWHERE.passed(format!("ready on {ready} of {desired} nodes"))
        }
        (Observed::Present(Agent { desired, ready }), _) => AGENT_EVERYWHERE.failed(
            format!("ready on {ready} of {desired} nodes"),
            format!("see why its pods do not start: kubectl describe daemonset {} -n kube-system; on nodes without IPv6 it must be told so", eks::AGENT),
        ),
    }
}

fn node_roles(facts: &Observations, wish: &PodIdentityRequest) -> Finding {
    let (name, region) = (&wish.cluster.name, &wish.cluster.region);
    let show = format!("aws eks list-nodegroups --cluster-name {name} --region {region}");
    let nodes = match &facts.nodes {
        Observed::Present(nodes) => nodes,
        Observed::Inaccessible(hidden) => return hidden.to_finding(&NODE_ROLES, &show),
        Observed::Absent => return NODE_ROLES.not_applicable("there is no such cluster"),
    };
    if nodes.is_empty() {
        return NODE_ROLES.unverified(
            "there are no managed node groups, and EKS does not tell the roles of other nodes",
            format!("see that the role of every node has AmazonEKSWorkerNodePolicy, or allows {}: kubectl get nodes -o wide", gangway_policies::pod_identity::NODE_AGENT),
        );
    }
    let name_of = |wanted: fn(&SimulationOutcome) -> bool| -> Vec<&str> {
        nodes.iter().filter(|(_, seen)| wanted(seen)).map(|(role, _)| role.name()).collect()
    };
    let denied = name_of(|seen| {
        matches!(seen, SimulationOutcome::NotAll(_) | SimulationOutcome::RoleNotFound)
    });
    let hidden = name_of(|seen| *seen == SimulationOutcome::Inaccessible);
    if !denied.is_empty() {
        return NODE_ROLES.failed(
            format!("{} not allowed to {}", gangway_policies::pod_identity::NODE_AGENT, denied.join(", ")),
            "attach the current AmazonEKSWorkerNodePolicy to these roles, or a policy that allows it: GET /v1/accounts/pod-identity/plan shows one",
        );
    }
    if !hidden.is_empty() {
        return NODE_ROLES.unverified(
            format!("IAM may not be asked about {}", hidden.join(", ")),
            "allow iam:SimulatePrincipalPolicy on the roles of nodes to the role that Gangway looks with",
        );
    }
    NODE_ROLES.passed(format!("allowed to {}", name_of(|_| true).join(", ")))
}

/// What EKS alone shows: nodes of a public cluster have a way out. The endpoints of a network are EC2's to tell.
fn auth_endpoint(facts: &Observations, wish: &PodIdentityRequest) -> Finding {
    let region = &wish.cluster.region;
    let show = format!(
        "aws ec2 describe-vpc-endpoints --region {region} --filters Name=service-name,Values={}.eks-auth",
        service(wish)
    );
    match &facts.cluster {
        Observed::Present(cluster) if !cluster.private => {
            AUTH_ENDPOINT.not_applicable("the cluster's endpoint is public, so its nodes have a way out")
        }
        Observed::Present(_) => AUTH_ENDPOINT.unverified(
            "the cluster is private, and Gangway does not ask EC2 about its network",
            format!("see that its network has a NAT gateway, or an interface endpoint for eks-auth with private DNS: {show}"),
        ),
        Observed::Inaccessible(hidden) => hidden.to_finding(&AUTH_ENDPOINT, &show),
        Observed::Absent => AUTH_ENDPOINT.not_applicable("there is no such cluster"),
    }
}

/// Names of endpoint services begin with the domain, backwards.
fn service(wish: &PodIdentityRequest) -> String {
    let suffix = wish.settings.partition.info().dns_suffix;
    let backwards: Vec<_> = suffix.split('.').rev().collect();
    format!("{}.{}", backwards.join("."), wish.cluster.region)
}
