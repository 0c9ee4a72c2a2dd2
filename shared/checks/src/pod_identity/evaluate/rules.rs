//! Evaluates the request itself: accounts of the roles, permission profile, registered role,
//! policies.

use gangway_aws::Observed;
use gangway_model::{AuthMethod, Finding};

use crate::pod_identity::{
    Observations, PodIdentitySetup,
    catalogue::{
        EKS_ONLY, MAPPED_USERS, NO_POLICIES, PARTITION_SUPPORTED, REGISTERED_ROLE, ROLES_ACCOUNT,
    },
    inaccessible_finding,
};

pub(super) fn findings(observations: &Observations, setup: &PodIdentitySetup<'_>) -> Vec<Finding> {
    let mut findings = vec![
        roles_account_finding(observations, setup),
        eks_only_finding(setup),
        MAPPED_USERS.unverified(
            "cluster profiles are chosen later, so there is nothing to check yet",
            "before a workload cluster is created, list those who need its kubeconfig in iamAuthenticatorConfig.mapUsers of its profile (system:masters)",
        ),
        registered_role_finding(setup),
        if setup.required.policies.is_empty() {
            NO_POLICIES.passed("none")
        } else {
            NO_POLICIES.failed(
                format!("{} named", setup.required.policies.len()),
                "leave policyArns out: with Pod Identity the policies are on Palette's role already",
            )
        },
    ];
    // In other partitions, the method is supported, or Gangway rejected the request before the
    // checks.
    if setup.required.partition.info().opt_in_methods.contains(&AuthMethod::PodIdentity) {
        findings.push(PARTITION_SUPPORTED.failed(
            "the newest documentation does not offer it; this deployment opted in",
            "ask Palette's operator to confirm that it works there, or use static-credentials or scap",
        ));
    }
    findings
}

/// Checks that the roles of the pods are in the AWS account of the cluster.
fn roles_account_finding(observations: &Observations, setup: &PodIdentitySetup<'_>) -> Finding {
    let account = setup.roles.cluster_account();
    match &observations.cluster.description {
        Observed::Present(_) => ROLES_ACCOUNT.passed(format!("cluster and roles are in account {account}")),
        Observed::Absent if observations.cluster.is_in_function_account => ROLES_ACCOUNT.failed(
            format!("the roles are in account {account}, the cluster is not"),
            "create the roles in the account of the cluster: EKS gives pods no role of another account",
        ),
        Observed::Absent => ROLES_ACCOUNT.not_applicable("there is no such cluster"),
        Observed::Inaccessible(inaccessible) => inaccessible_finding(&ROLES_ACCOUNT, inaccessible, ""),
    }
}

/// Checks that the permission profile is for EKS clusters.
fn eks_only_finding(setup: &PodIdentitySetup<'_>) -> Finding {
    let profile = setup.required.profile;
    if profile.supports_eks() {
        return EKS_ONLY.passed(format!("profile {profile}"));
    }
    EKS_ONLY.failed(
        format!("profile {profile} is for clusters on EC2, which Palette cannot create with Pod Identity"),
        "choose core-eks, minimum-eks-dynamic or minimum-eks-static; for clusters on EC2 use another method",
    )
}

/// Checks that the registered role is not also a role of Hubble or of the identity service.
fn registered_role_finding(setup: &PodIdentitySetup<'_>) -> Finding {
    let palette = setup.roles.palette();
    let other_roles = [
        ("identityRoleArn", Some(setup.roles.identity())),
        ("hubbleRoleArn", Some(setup.roles.hubble())),
        ("hubbleTargetRoleArn", setup.roles.hubble_target()),
    ];
    match other_roles.into_iter().find(|(_, role)| *role == Some(palette)) {
        Some((member, _)) => REGISTERED_ROLE.failed(
            format!("roleArn is the same role as {member}"),
            "send as roleArn the role that Palette works with; if the account is not the cluster's, that is its target role",
        ),
        None => REGISTERED_ROLE.passed(palette.to_string()),
    }
}
