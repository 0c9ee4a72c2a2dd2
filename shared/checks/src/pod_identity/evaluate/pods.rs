//! Checks of Palette's pods, and of Gangway's access to them.

use gangway_aws::{Inaccessible, Observed, kubernetes::Pod};
use gangway_model::{Check, EksCluster, Finding};
use gangway_policies::pod_identity::{
    HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT, ServiceAccount,
};

use super::findings_without_cluster;
use crate::pod_identity::{
    Observations, PodIdentitySetup,
    catalogue::{ACCESS, PODS_RESTARTED, SERVICE_ACCOUNTS},
    inaccessible_finding,
};

pub(super) fn findings(observations: &Observations, setup: &PodIdentitySetup<'_>) -> Vec<Finding> {
    let checks = [&ACCESS, &PODS_RESTARTED, &SERVICE_ACCOUNTS];
    findings_without_cluster(observations, &checks).unwrap_or_else(|| {
        vec![
            access(observations, setup),
            pods_restarted(observations),
            service_accounts(observations),
        ]
    })
}

/// Returns the commands with which a person checks Palette's pods. The first one configures access
/// to the cluster.
pub fn inspection_commands(cluster: &EksCluster) -> Vec<String> {
    let EksCluster { name, region, account: _ } = cluster;
    vec![
        format!("aws eks update-kubeconfig --name {name} --region {region}"),
        "kubectl auth can-i list pods -n hubble-system".to_owned(),
        "kubectl auth can-i list pods -n palette-identity".to_owned(),
        "kubectl get serviceaccount spectro-hubble -n hubble-system".to_owned(),
        "kubectl get serviceaccount palette-identity -n palette-identity".to_owned(),
        variables_command(HUBBLE_SERVICE_ACCOUNT),
        variables_command(IDENTITY_SERVICE_ACCOUNT),
    ]
}

/// Returns the command that lists the credential variables in the pods of a service.
fn variables_command(account: ServiceAccount) -> String {
    let ServiceAccount { namespace, name } = account;
    format!(
        "kubectl get pods -n {namespace} -l app={name} -o jsonpath='{{.items[*].spec.containers[*].env[*].name}}' | tr ' ' '\\n' | grep AWS_CONTAINER_"
    )
}

fn access(observations: &Observations, setup: &PodIdentitySetup<'_>) -> Finding {
    let state = &observations.cluster.kubernetes;
    let EksCluster { name, region, account: _ } = setup.cluster;
    let command = format!(
        "aws eks update-kubeconfig --name {name} --region {region}; kubectl auth can-i list pods -n hubble-system"
    );
    let inaccessible: Vec<&Inaccessible> = [
        state.version.inaccessible(),
        state.hubble.pods.inaccessible(),
        state.identity.pods.inaccessible(),
    ]
    .into_iter()
    .flatten()
    .collect();
    match (inaccessible.iter().find(|inaccessible| inaccessible.is_denied), inaccessible.first()) {
        // The cluster was reached and denied access: a definite answer.
        (Some(denied), _) if observations.cluster.client.is_some() => ACCESS.failed(
            denied.reason.clone(),
            format!("{}; to check it yourself: {command}", denied.remedy),
        ),
        (_, Some(unreachable)) => inaccessible_finding(&ACCESS, unreachable, &command),
        (_, None) => {
            let version = state.version.present().map_or("", String::as_str);
            ACCESS
                .passed(format!("its API answers, Kubernetes {version}, and shows Palette's pods"))
        }
    }
}

fn pods_restarted(observations: &Observations) -> Finding {
    let state = &observations.cluster.kubernetes;
    let services = [
        (HUBBLE_SERVICE_ACCOUNT, &state.hubble.pods),
        (IDENTITY_SERVICE_ACCOUNT, &state.identity.pods),
    ];
    let (mut faults, mut remedies, mut ready) = (Vec::new(), Vec::new(), Vec::new());
    for (account, pods) in services {
        let pods = match pods {
            Observed::Present(pods) => pods.as_slice(),
            Observed::Absent => &[],
            Observed::Inaccessible(inaccessible) => {
                let command = variables_command(account);
                return inaccessible_finding(&PODS_RESTARTED, inaccessible, &command);
            }
        };
        let (with, without): (Vec<&Pod>, Vec<&Pod>) =
            pods.iter().partition(|pod| pod.has_credentials);
        let namespace = account.namespace;
        if pods.is_empty() {
            faults.push(format!("no pod of {} runs in {namespace}", account.name));
            remedies
                .push(format!("check that Palette is installed: kubectl get pods -n {namespace}"));
        } else if !without.is_empty() {
            let names: Vec<_> = without.iter().map(|pod| pod.name.as_str()).collect();
            faults.push(format!("without credentials: {}", names.join(", ")));
            remedies.push(format!("kubectl delete pod {} -n {namespace}", names.join(" ")));
        }
        ready.extend(with.into_iter().map(|pod| pod.name.as_str()));
    }
    if faults.is_empty() {
        return PODS_RESTARTED.passed(format!("with credentials: {}", ready.join(", ")));
    }
    PODS_RESTARTED.failed(
        faults.join("; "),
        format!(
            "once the associations are correct, restart the pods, because EKS gives credentials only to new ones: {}",
            remedies.join("; ")
        ),
    )
}

fn service_accounts(observations: &Observations) -> Finding {
    let check: &'static Check = &SERVICE_ACCOUNTS;
    let state = &observations.cluster.kubernetes;
    let mut missing = Vec::new();
    for (account, observed) in [
        (HUBBLE_SERVICE_ACCOUNT, &state.hubble.service_account),
        (IDENTITY_SERVICE_ACCOUNT, &state.identity.service_account),
    ] {
        let ServiceAccount { namespace, name } = account;
        match observed {
            Observed::Present(()) => {}
            Observed::Absent => missing.push(account.to_string()),
            Observed::Inaccessible(inaccessible) => {
                let command = format!("kubectl get serviceaccount {name} -n {namespace}");
                return inaccessible_finding(check, inaccessible, &command);
            }
        }
    }
    if missing.is_empty() {
        return check.passed(format!("{HUBBLE_SERVICE_ACCOUNT}, {IDENTITY_SERVICE_ACCOUNT}"));
    }
    check.failed(
        format!("missing: {}", missing.join(", ")),
        "install Palette or VerteX on this cluster, or name the cluster that it runs on",
    )
}
