//! What people should know besides.

use crate::observations::Observations;
use crate::{evaluate::pods, observed::Observed, request::PodIdentityRequest};

/// For the report.
pub(crate) fn notices(facts: &Observations, wish: &PodIdentityRequest) -> Vec<String> {
    let mut notices = vec![
        "Pods get credentials when they start: after any change of an association restart Palette's pods in hubble-system and palette-identity. Credentials are kept for up to 6 hours, with a target role for 59 minutes.".to_owned(),
        "Palette associates its own role when the account is used: do not do it by hand.".to_owned(),
        "The add-on eks-pod-identity-agent needs exactly one owner on each workload cluster: the cluster profile, Terraform or you.".to_owned(),
        "Those who need the kubeconfig of a workload cluster must be in iamAuthenticatorConfig.mapUsers of its profile before it is made.".to_owned(),
    ];
    notices.push(if wish.roles.hubble_target().is_some() {
        "A pack registry in ECR can use Pod Identity in the cluster's own account only; use access keys or STS for registries of this account.".to_owned()
    } else {
        "A pack registry in ECR can use Pod Identity too: associate hubble-system/spectro-specman with Hubble's role and set ociPackEcrRegistry.credentialType to pod-identity.".to_owned()
    });
    if matches!(facts.kubernetes.version, Observed::Inaccessible(_)) {
        notices.push(format!(
            "Gangway could not look into the cluster. To look yourself: {}",
            pods::commands(&wish.cluster).join("; ")
        ));
    }
    notices
}
