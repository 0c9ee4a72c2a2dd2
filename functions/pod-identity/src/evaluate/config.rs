//! How Palette learns the name of its own cluster (P08, P09).

use gangway_model::Finding;

use super::without_cluster;
use crate::{
    checks::{FALLBACK, GLOBAL_CONFIG},
    kubernetes::{CONFIG, CONFIG_KEY, SYSTEM},
    observations::Observations,
    observed::Observed,
    request::PodIdentityRequest,
};

pub(super) fn findings(facts: &Observations, wish: &PodIdentityRequest) -> Vec<Finding> {
    if let Some(findings) = without_cluster(facts, &[&GLOBAL_CONFIG, &FALLBACK]) {
        return findings;
    }
    let name = wish.cluster.name.to_string();
    let create = create(&name);
    let show =
        format!("kubectl get configmap {CONFIG} -n {SYSTEM} -o jsonpath='{{.data.{CONFIG_KEY}}}'");
    let set = format!(
        "set it: kubectl patch configmap {CONFIG} -n {SYSTEM} --type merge -p '{{\"data\":{{\"{CONFIG_KEY}\":\"{name}\"}}}}'"
    );
    match &facts.kubernetes.config {
        Observed::Inaccessible(hidden) => vec![
            hidden.to_finding(&GLOBAL_CONFIG, &show),
            FALLBACK.unverified(
                "it is not known whether Palette needs it: the ConfigMap cannot be read",
                format!("see that the ConfigMap is there: {show}"),
            ),
        ],
        Observed::Present(Some(found)) if *found == name => vec![
            GLOBAL_CONFIG.passed(format!("{CONFIG_KEY} is {name}")),
            FALLBACK.not_applicable("the ConfigMap names the cluster"),
        ],
        Observed::Present(Some(found)) => vec![
            GLOBAL_CONFIG.failed(format!("{CONFIG_KEY} is {found}, not {name}"), set),
            FALLBACK.failed(
                "Palette takes the name from the ConfigMap, so it does not ask its nodes",
                "correct the ConfigMap, or remove it",
            ),
        ],
        Observed::Present(None) => vec![
            GLOBAL_CONFIG.failed(format!("the ConfigMap {CONFIG} has no {CONFIG_KEY}"), set),
            fallback(facts, wish, &create),
        ],
        Observed::Absent => vec![
            GLOBAL_CONFIG.failed(
                format!("{SYSTEM} has no ConfigMap {CONFIG}"),
                format!("create it: {create}; or send ensureConfigMap"),
            ),
            fallback(facts, wish, &create),
        ],
    }
}

/// The command that creates it.
pub(crate) fn create(name: &str) -> String {
    format!("kubectl create configmap {CONFIG} -n {SYSTEM} --from-literal={CONFIG_KEY}={name}")
}

/// Instance metadata and tags tell the name, on nodes of managed groups only and where pods reach the metadata (F40, F41).
fn fallback(facts: &Observations, wish: &PodIdentityRequest, create: &str) -> Finding {
    let failed = |observed: String| {
        FALLBACK.failed(observed, format!("create the ConfigMap, which is the simplest: {create}"))
    };
    if facts.cluster.present().is_some_and(|cluster| cluster.auto_mode) {
        return failed("nodes of EKS Auto Mode keep instance metadata from pods".to_owned());
    }
    match &facts.nodes {
        Observed::Present(nodes) if nodes.is_empty() => {
            return failed("the cluster has no managed node group".to_owned());
        }
        Observed::Inaccessible(hidden) => return hidden.to_finding(&FALLBACK, create),
        Observed::Present(_) | Observed::Absent => {}
    }
    if let Some(Observed::Present(profiles)) = &facts.fargate
        && !profiles.is_empty()
    {
        return failed(format!(
            "pods on Fargate have no instance metadata: {}",
            profiles.join(", ")
        ));
    }
    if let Observed::Present(strays) = &facts.kubernetes.strays
        && !strays.is_empty()
    {
        let named: Vec<_> = strays.iter().take(5).map(String::as_str).collect();
        return failed(format!(
            "{} nodes are of no managed group: {}",
            strays.len(),
            named.join(", ")
        ));
    }
    FALLBACK.unverified(
        "only managed node groups were seen; whether pods reach instance metadata is for EC2 and the network plugin to tell",
        format!(
            "create the ConfigMap ({create}), or see that the hop limit is 2 or more and no network policy denies 169.254.169.254: aws ec2 describe-instances --region {} --filters Name=tag:eks:cluster-name,Values={} --query 'Reservations[].Instances[].MetadataOptions'",
            wish.cluster.region, wish.cluster.name
        ),
    )
}
