//! Evaluates Palette's pods and service accounts, and Gangway's access to the Kubernetes API.

use gangway_aws::{Inaccessible, Observed, kubernetes::Pod};
use gangway_model::{Check, EksCluster, Finding};
use gangway_policies::pod_identity::{
    HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT, ServiceAccount,
};

use super::findings_without_cluster;
use crate::pod_identity::{
    Observations, PodIdentitySetup,
    catalogue::{PODS_READABLE, PODS_RESTARTED, SERVICE_ACCOUNTS},
    inaccessible_finding,
};

pub(super) fn findings(observations: &Observations, setup: &PodIdentitySetup<'_>) -> Vec<Finding> {
    let checks = [&PODS_READABLE, &PODS_RESTARTED, &SERVICE_ACCOUNTS];
    findings_without_cluster(observations, &checks).unwrap_or_else(|| {
        vec![
            access_finding(observations, setup),
            pods_restarted_finding(observations),
            service_accounts_finding(observations),
        ]
    })
}

/// Returns the shell commands with which a person checks Palette's pods. The first command
/// configures `kubectl` for the cluster.
pub fn inspection_commands(cluster: &EksCluster) -> Vec<String> {
    let EksCluster { name, region, account: _ } = cluster;
    vec![
        format!("aws eks update-kubeconfig --name {name} --region {region}"),
        "kubectl auth can-i list pods -n hubble-system".to_owned(),
        "kubectl auth can-i list pods -n palette-identity".to_owned(),
        "kubectl get serviceaccount spectro-hubble -n hubble-system".to_owned(),
        "kubectl get serviceaccount palette-identity -n palette-identity".to_owned(),
        credential_variables_command(HUBBLE_SERVICE_ACCOUNT),
        credential_variables_command(IDENTITY_SERVICE_ACCOUNT),
    ]
}

/// Returns the shell command that lists the environment variables with which EKS gives credentials
/// to the pods of a service account.
fn credential_variables_command(account: ServiceAccount) -> String {
    let ServiceAccount { namespace, name } = account;
    format!(
        "kubectl get pods -n {namespace} -l app={name} -o jsonpath='{{.items[*].spec.containers[*].env[*].name}}' | tr ' ' '\\n' | grep AWS_CONTAINER_"
    )
}

/// Checks that the Kubernetes API of the cluster shows Palette's pods to Gangway.
fn access_finding(observations: &Observations, setup: &PodIdentitySetup<'_>) -> Finding {
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
        // The Kubernetes API responded, and denied access: the finding is *failed*.
        (Some(denied), _) if observations.cluster.client.is_some() => PODS_READABLE.failed(
            denied.reason.clone(),
            format!("{}; to check it yourself: {command}", denied.remedy),
        ),
        (_, Some(unreachable)) => inaccessible_finding(&PODS_READABLE, unreachable, &command),
        (_, None) => {
            let version = state.version.present().map_or("", String::as_str);
            PODS_READABLE
                .passed(format!("its API answers, Kubernetes {version}, and shows Palette's pods"))
        }
    }
}

/// Checks that Palette's pods have credentials. EKS gives credentials to a pod when the pod starts.
fn pods_restarted_finding(observations: &Observations) -> Finding {
    let state = &observations.cluster.kubernetes;
    let services = [
        (HUBBLE_SERVICE_ACCOUNT, &state.hubble.pods),
        (IDENTITY_SERVICE_ACCOUNT, &state.identity.pods),
    ];
    let (mut errors, mut remedies, mut ready_pods) = (Vec::new(), Vec::new(), Vec::new());
    for (account, pods) in services {
        let pods = match pods {
            Observed::Present(pods) => pods.as_slice(),
            Observed::Absent => &[],
            Observed::Inaccessible(inaccessible) => {
                let command = credential_variables_command(account);
                return inaccessible_finding(&PODS_RESTARTED, inaccessible, &command);
            }
        };
        let (pods_with_credentials, pods_without_credentials): (Vec<&Pod>, Vec<&Pod>) =
            pods.iter().partition(|pod| pod.has_credentials);
        let namespace = account.namespace;
        if pods.is_empty() {
            errors.push(format!("no pod of {} runs in {namespace}", account.name));
            remedies
                .push(format!("check that Palette is installed: kubectl get pods -n {namespace}"));
        } else if !pods_without_credentials.is_empty() {
            let names: Vec<_> =
                pods_without_credentials.iter().map(|pod| pod.name.as_str()).collect();
            errors.push(format!("without credentials: {}", names.join(", ")));
            remedies.push(format!("kubectl delete pod {} -n {namespace}", names.join(" ")));
        }
        ready_pods.extend(pods_with_credentials.into_iter().map(|pod| pod.name.as_str()));
    }
    if errors.is_empty() {
        return PODS_RESTARTED.passed(format!("with credentials: {}", ready_pods.join(", ")));
    }
    PODS_RESTARTED.failed(
        errors.join("; "),
        format!(
            "once the associations are correct, restart the pods, because EKS gives credentials only to new ones: {}",
            remedies.join("; ")
        ),
    )
}

/// Checks that Palette's service accounts exist in the cluster.
fn service_accounts_finding(observations: &Observations) -> Finding {
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
