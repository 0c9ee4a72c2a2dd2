//! What the request itself tells (P15, P27, P29, P30, P32, X18).

use gangway_model::{AuthMethod, Finding};

use crate::{
    checks::{EKS_ONLY, MAPPED_USERS, NO_POLICIES, OPTED_IN, REGISTERED_ROLE, ROLES_ACCOUNT},
    observations::Observations,
    observed::Observed,
    request::PodIdentityRequest,
};

pub(super) fn findings(facts: &Observations, wish: &PodIdentityRequest) -> Vec<Finding> {
    let mut findings = vec![
        roles_account(facts, wish),
        eks_only(wish),
        MAPPED_USERS.unverified(
            "cluster profiles are chosen later, so there is nothing to look at yet",
            "before a workload cluster is made, list those who need its kubeconfig in iamAuthenticatorConfig.mapUsers of its profile (system:masters)",
        ),
        registered_role(wish),
        if wish.settings.policies.is_empty() {
            NO_POLICIES.passed("none")
        } else {
            NO_POLICIES.failed(
                format!("{} named", wish.settings.policies.len()),
                "leave policyArns out: with Pod Identity the policies are on Palette's role already",
            )
        },
    ];
    // Elsewhere the method is offered, or the request did not come this far.
    if wish.settings.partition.info().opt_in_methods.contains(&AuthMethod::PodIdentity) {
        findings.push(OPTED_IN.failed(
            "its newest documents do not; this deployment opted in",
            "have the operator of Palette confirm that it works there, or use static-credentials or scap",
        ));
    }
    findings
}

fn roles_account(facts: &Observations, wish: &PodIdentityRequest) -> Finding {
    let account = wish.roles.cluster_account();
    match &facts.cluster {
        Observed::Present(_) => ROLES_ACCOUNT.passed(format!("cluster and roles are in account {account}")),
        Observed::Absent if facts.elsewhere => ROLES_ACCOUNT.failed(
            format!("the roles are in account {account}, the cluster is not"),
            "make the roles in the account of the cluster: EKS gives pods no role of another account",
        ),
        Observed::Absent => ROLES_ACCOUNT.not_applicable("there is no such cluster"),
        Observed::Inaccessible(hidden) => hidden.to_finding(&ROLES_ACCOUNT, ""),
    }
}

fn eks_only(wish: &PodIdentityRequest) -> Finding {
    let profile = wish.settings.profile;
    if profile.supports_eks() {
        return EKS_ONLY.passed(format!("profile {profile}"));
    }
    EKS_ONLY.failed(
        format!("profile {profile} is for clusters on EC2, which Palette cannot make with Pod Identity"),
        "choose core-eks, minimum-eks-dynamic or minimum-eks-static; for clusters on EC2 use another method",
    )
}

fn registered_role(wish: &PodIdentityRequest) -> Finding {
    let palette = wish.roles.palette();
    let others = [
        ("identityRoleArn", Some(wish.roles.identity())),
        ("hubbleRoleArn", Some(wish.roles.hubble())),
        ("hubbleTargetRoleArn", wish.roles.hubble_target()),
    ];
    match others.into_iter().find(|(_, role)| *role == Some(palette)) {
        Some((member, _)) => REGISTERED_ROLE.failed(
            format!("roleArn is the same role as {member}"),
            "send as roleArn the role that Palette works with, its target role where the account is another than the cluster's",
        ),
        None => REGISTERED_ROLE.passed(palette.to_string()),
    }
}
