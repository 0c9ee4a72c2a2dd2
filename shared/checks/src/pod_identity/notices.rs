use gangway_aws::Observed;

use super::{Observations, PodIdentitySetup, evaluate::pods};

/// Returns the notices of the report about limits and next steps of the method `pod-identity`.
pub(super) fn notices(observations: &Observations, setup: &PodIdentitySetup<'_>) -> Vec<String> {
    let mut notices = vec![
        "Pods get credentials when they start: after any change of an association restart Palette's pods in hubble-system and palette-identity. Credentials are kept for up to 6 hours, with a target role for 59 minutes.".to_owned(),
        "Palette associates its own role when the account is used: do not associate it by hand.".to_owned(),
        "The add-on eks-pod-identity-agent needs exactly one owner on each workload cluster: the cluster profile, Terraform or you.".to_owned(),
        "Users who need the kubeconfig of a workload cluster must be in iamAuthenticatorConfig.mapUsers of its profile before it is created.".to_owned(),
    ];
    notices.push(if setup.roles.hubble_target().is_some() {
        "A pack registry in ECR can use Pod Identity in the cluster's own account only; use access keys or STS for registries of this account.".to_owned()
    } else {
        "A pack registry in ECR can use Pod Identity too: associate hubble-system/spectro-specman with Hubble's role and set ociPackEcrRegistry.credentialType to pod-identity.".to_owned()
    });
    if matches!(observations.cluster.kubernetes.version, Observed::Inaccessible(_)) {
        notices.push(format!(
            "Gangway could not read the cluster. To check it yourself: {}",
            pods::inspection_commands(setup.cluster).join("; ")
        ));
    }
    notices
}
