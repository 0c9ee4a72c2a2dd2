//! Palette's pods, and whether they may be looked at (P10, P25, P26).

use gangway_model::{Check, Finding};
use gangway_policies::pod_identity::{
    HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT, ServiceAccount,
};

use super::without_cluster;
use crate::{
    checks::{ACCESS, PODS_RESTARTED, SERVICE_ACCOUNTS},
    cluster::Cluster,
    kubernetes::Pod,
    observations::Observations,
    observed::{Inaccessible, Observed},
    request::PodIdentityRequest,
};

pub(super) fn findings(facts: &Observations, wish: &PodIdentityRequest) -> Vec<Finding> {
    let checks = [&ACCESS, &PODS_RESTARTED, &SERVICE_ACCOUNTS];
    without_cluster(facts, &checks)
        .unwrap_or_else(|| vec![access(facts, wish), restarted(facts), accounts(facts)])
}

/// What a person runs to look at Palette's pods, first of all to get in (T14, F65).
pub(crate) fn commands(cluster: &Cluster) -> Vec<String> {
    let Cluster { name, region, account: _ } = cluster;
    vec![
        format!("aws eks update-kubeconfig --name {name} --region {region}"),
        "kubectl auth can-i list pods -n hubble-system".to_owned(),
        "kubectl auth can-i list pods -n palette-identity".to_owned(),
        "kubectl get serviceaccount spectro-hubble -n hubble-system".to_owned(),
        "kubectl get serviceaccount palette-identity -n palette-identity".to_owned(),
        show(HUBBLE_SERVICE_ACCOUNT),
        show(IDENTITY_SERVICE_ACCOUNT),
    ]
}

fn show(account: ServiceAccount) -> String {
    let ServiceAccount { namespace, name } = account;
    format!(
        "kubectl get pods -n {namespace} -l app={name} -o jsonpath='{{.items[*].spec.containers[*].env[*].name}}' | tr ' ' '\\n' | grep AWS_CONTAINER_"
    )
}

fn access(facts: &Observations, wish: &PodIdentityRequest) -> Finding {
    let look = &facts.kubernetes;
    let Cluster { name, region, account: _ } = &wish.cluster;
    let show = format!(
        "aws eks update-kubeconfig --name {name} --region {region}; kubectl auth can-i list pods -n hubble-system"
    );
    let hidden: Vec<&Inaccessible> =
        [hides(&look.version), hides(&look.hubble.pods), hides(&look.identity.pods)]
            .into_iter()
            .flatten()
            .collect();
    match (hidden.iter().find(|hidden| hidden.refused), hidden.first()) {
        // Asked, and refused: an answer.
        (Some(refusal), _) if facts.client.is_some() => ACCESS.failed(
            refusal.reason.clone(),
            format!("{}; to look yourself: {show}", refusal.remedy),
        ),
        (_, Some(unreached)) => unreached.to_finding(&ACCESS, &show),
        (_, None) => {
            let version = look.version.present().map_or("", String::as_str);
            ACCESS
                .passed(format!("its API answers, Kubernetes {version}, and shows Palette's pods"))
        }
    }
}

fn hides<T>(seen: &Observed<T>) -> Option<&Inaccessible> {
    match seen {
        Observed::Inaccessible(hidden) => Some(hidden),
        Observed::Present(_) | Observed::Absent => None,
    }
}

fn restarted(facts: &Observations) -> Finding {
    let look = &facts.kubernetes;
    let both = [
        (HUBBLE_SERVICE_ACCOUNT, &look.hubble.pods),
        (IDENTITY_SERVICE_ACCOUNT, &look.identity.pods),
    ];
    let (mut faults, mut remedies, mut carrying) = (Vec::new(), Vec::new(), Vec::new());
    for (account, pods) in both {
        let pods = match pods {
            Observed::Present(pods) => pods.as_slice(),
            Observed::Absent => &[],
            Observed::Inaccessible(hidden) => {
                return hidden.to_finding(&PODS_RESTARTED, &show(account));
            }
        };
        let (with, without): (Vec<&Pod>, Vec<&Pod>) =
            pods.iter().partition(|pod| pod.has_credentials);
        let namespace = account.namespace;
        if pods.is_empty() {
            faults.push(format!("no pod of {} runs in {namespace}", account.name));
            remedies
                .push(format!("see that Palette is installed: kubectl get pods -n {namespace}"));
        } else if !without.is_empty() {
            let names: Vec<_> = without.iter().map(|pod| pod.name.as_str()).collect();
            faults.push(format!("without credentials: {}", names.join(", ")));
            remedies.push(format!("kubectl delete pod {} -n {namespace}", names.join(" ")));
        }
        carrying.extend(with.into_iter().map(|pod| pod.name.as_str()));
    }
    if faults.is_empty() {
        return PODS_RESTARTED.passed(format!("with credentials: {}", carrying.join(", ")));
    }
    PODS_RESTARTED.failed(
        faults.join("; "),
        format!(
            "once the associations are right, restart the pods, since EKS gives credentials to new ones only: {}",
            remedies.join("; ")
        ),
    )
}

fn accounts(facts: &Observations) -> Finding {
    let check: &'static Check = &SERVICE_ACCOUNTS;
    let look = &facts.kubernetes;
    let mut missing = Vec::new();
    for (account, seen) in [
        (HUBBLE_SERVICE_ACCOUNT, &look.hubble.account),
        (IDENTITY_SERVICE_ACCOUNT, &look.identity.account),
    ] {
        let ServiceAccount { namespace, name } = account;
        match seen {
            Observed::Present(()) => {}
            Observed::Absent => missing.push(account.to_string()),
            Observed::Inaccessible(hidden) => {
                let show = format!("kubectl get serviceaccount {name} -n {namespace}");
                return hidden.to_finding(check, &show);
            }
        }
    }
    if missing.is_empty() {
        return check.passed(format!("{HUBBLE_SERVICE_ACCOUNT}, {IDENTITY_SERVICE_ACCOUNT}"));
    }
    check.failed(
        format!("there is no {}", missing.join(", no ")),
        "install Palette or VerteX on this cluster, or name the cluster that it runs on",
    )
}
