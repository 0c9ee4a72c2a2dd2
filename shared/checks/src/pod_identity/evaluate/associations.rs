//! Evaluates the Pod Identity associations of Palette's service accounts.

use gangway_aws::{
    Observed,
    eks::{Association, Associations},
};
use gangway_model::{Check, Finding};
use gangway_policies::pod_identity::{
    HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT, REGISTRY_SERVICE_ACCOUNT, RolePurpose,
    ServiceAccount, actions_not_covered,
    trust::{TrustAssessment, accepts_external_id},
};

use super::findings_without_cluster;
use crate::iam::policy_content::summarize;
use crate::pod_identity::{
    Observations, PodIdentitySetup,
    catalogue::{
        ECR_REGISTRY, EXTERNAL_ID, HUBBLE_ASSOCIATION, IDENTITY_ASSOCIATION,
        PALETTE_NOT_ASSOCIATED, TARGET_ROLES,
    },
    inaccessible_finding,
};

pub(super) fn findings(observations: &Observations, setup: &PodIdentitySetup<'_>) -> Vec<Finding> {
    let checks = [
        &HUBBLE_ASSOCIATION,
        &IDENTITY_ASSOCIATION,
        &TARGET_ROLES,
        &EXTERNAL_ID,
        &PALETTE_NOT_ASSOCIATED,
        &ECR_REGISTRY,
    ];
    if let Some(findings) = findings_without_cluster(observations, &checks) {
        return findings;
    }
    let associations = match &observations.cluster.associations {
        Observed::Present(associations) => associations,
        Observed::Absent => {
            return checks.map(|check| check.not_applicable("there is no such cluster")).into();
        }
        Observed::Inaccessible(inaccessible) => {
            let (name, region) = (&setup.cluster.name, &setup.cluster.region);
            let command = format!(
                "aws eks list-pod-identity-associations --cluster-name {name} --region {region}"
            );
            return checks.map(|check| inaccessible_finding(check, inaccessible, &command)).into();
        }
    };
    vec![
        association_finding(&HUBBLE_ASSOCIATION, associations, HUBBLE_SERVICE_ACCOUNT, setup),
        association_finding(&IDENTITY_ASSOCIATION, associations, IDENTITY_SERVICE_ACCOUNT, setup),
        target_role_finding(associations, setup),
        external_id_finding(associations, observations, setup),
        not_associated_finding(associations, setup),
        registry_finding(associations, setup),
    ]
}

/// Checks that the service account has an association with the role of the setup.
fn association_finding(
    check: &'static Check,
    associations: &Associations,
    account: ServiceAccount,
    setup: &PodIdentitySetup<'_>,
) -> Finding {
    let is_hubble = account == HUBBLE_SERVICE_ACCOUNT;
    let role = if is_hubble { setup.roles.hubble() } else { setup.roles.identity() };
    let remedy = "send ensureAssociations, or run the commands of GET /v1/pod-identity/plan";
    match associations.find(account) {
        Some(association) if association.role == role.as_str() => match &association.session_policy
        {
            None => check.passed(format!("{account} has {role} ({})", association.id)),
            Some(policy) => session_policy_finding(check, association, policy, setup),
        },
        Some(association) => check.failed(
            format!("{account} has {} ({})", association.role, association.id),
            format!(
                "give it {role}: {}{}",
                replace_remedy(&association.role),
                owner_remedy(association)
            ),
        ),
        None if associations.is_incomplete => {
            check.unverified("the cluster has too many associations to read all of them", remedy)
        }
        None => check
            .failed(format!("{account} has no association"), format!("give it {role}: {remedy}")),
    }
}

/// Evaluates the session policy of an association. The session policy limits the target role of the
/// association, or the role of the pods if there is no target role.
fn session_policy_finding(
    check: &'static Check,
    association: &Association,
    policy: &str,
    setup: &PodIdentitySetup<'_>,
) -> Finding {
    let limited_role = association.target_role.as_deref().unwrap_or(&association.role);
    let roles = setup.roles.in_creation_order();
    let purpose = roles.iter().find(|(_, role)| role.as_str() == limited_role);
    let actions: Vec<_> = purpose
        .map(|(purpose, _)| setup.roles.permission_queries(*purpose))
        .unwrap_or_default()
        .into_iter()
        .flat_map(|query| query.actions)
        .collect();
    let (id, name, region) = (&association.id, &setup.cluster.name, &setup.cluster.region);
    let remedy = format!(
        "remove the session policy of the association, or check that it allows everything that {limited_role} needs: aws eks describe-pod-identity-association --cluster-name {name} --region {region} --association-id {id}"
    );
    let missing = serde_json::from_str(policy)
        .map_or_else(|_invalid| Vec::new(), |policy| actions_not_covered(&policy, &actions));
    if missing.is_empty() {
        let observed = format!(
            "association {id} has a session policy, which limits {limited_role}; whether it allows every action on every resource is not known"
        );
        check.unverified(observed, remedy)
    } else {
        let observed = format!(
            "association {id} has a session policy, which does not allow {limited_role} to call {}",
            summarize(&missing)
        );
        check.failed(observed, remedy)
    }
}

/// Returns the remedy that replaces `present_role` in an association. Other registered accounts may
/// rely on this role.
fn replace_remedy(present_role: &str) -> String {
    format!(
        "if no other registered account relies on {present_role}, send ensureAssociations, with that ARN in replaceAssociations; or change the association by hand"
    )
}

/// Returns the last part of a remedy for an association that belongs to an add-on: it can only be
/// changed through the add-on. Returns an empty text for other associations.
fn owner_remedy(association: &Association) -> String {
    association
        .owner
        .as_ref()
        .map_or_else(String::new, |owner| format!("; it belongs to {owner}, so change it there"))
}

/// Checks that the associations have the target roles of the setup.
fn target_role_finding(associations: &Associations, setup: &PodIdentitySetup<'_>) -> Finding {
    let (hubble, identity) =
        (associations.find(HUBBLE_SERVICE_ACCOUNT), associations.find(IDENTITY_SERVICE_ACCOUNT));
    if hubble.is_none() && identity.is_none() {
        return TARGET_ROLES.not_applicable("there are no associations yet");
    }
    let (mut errors, mut remedies) = (Vec::new(), Vec::new());
    let name = &setup.cluster.name;
    let recreate_remedy = |association: &Association| {
        format!(
            "EKS cannot remove a target role: delete the association (aws eks delete-pod-identity-association --cluster-name {name} --association-id {}), then send ensureAssociations",
            association.id
        )
    };
    let wanted = setup.roles.hubble_target();
    if let Some(association) = hubble {
        match (wanted, &association.target_role) {
            (Some(wanted), Some(target)) if target == wanted.as_str() => {}
            (None, None) => {}
            (Some(wanted), other) => {
                let has = other.as_deref().unwrap_or("no target role");
                let present_role = other.as_deref().unwrap_or(association.role.as_str());
                errors.push(format!("the association of {HUBBLE_SERVICE_ACCOUNT} has {has}"));
                remedies.push(format!(
                    "give it the target role {wanted}: {}{}",
                    replace_remedy(present_role),
                    owner_remedy(association)
                ));
            }
            (None, Some(target)) => {
                errors.push(format!(
                    "the association of {HUBBLE_SERVICE_ACCOUNT} has the target role {target}, and needs none"
                ));
                remedies.push(recreate_remedy(association));
            }
        }
    }
    if let Some(association) = identity
        && let Some(target) = &association.target_role
    {
        errors.push(format!(
            "the association of {IDENTITY_SERVICE_ACCOUNT} has the target role {target}, and needs none"
        ));
        remedies.push(recreate_remedy(association));
    }
    if errors.is_empty() {
        TARGET_ROLES.passed(wanted.map_or_else(
            || "no association has a target role".to_owned(),
            |wanted| {
                format!("{HUBBLE_SERVICE_ACCOUNT} has {wanted}, {IDENTITY_SERVICE_ACCOUNT} none")
            },
        ))
    } else {
        TARGET_ROLES.failed(errors.join("; "), remedies.join("; "))
    }
}

/// Checks that the trust policy of Hubble's target role requires the external id that EKS issued.
fn external_id_finding(
    associations: &Associations,
    observations: &Observations,
    setup: &PodIdentitySetup<'_>,
) -> Finding {
    if setup.roles.hubble_target().is_none() {
        return EXTERNAL_ID.not_applicable("there is no target role");
    }
    let association = associations
        .find(HUBBLE_SERVICE_ACCOUNT)
        .filter(|association| association.target_role.is_some());
    let Some(association) = association else {
        return EXTERNAL_ID
            .not_applicable("EKS issues it with the association, which lacks its target role");
    };
    let Some(id) = &association.external_id else {
        return EXTERNAL_ID.unverified(
            "EKS returned no external id of the association",
            format!(
                "check it: aws eks describe-pod-identity-association --association-id {}",
                association.id
            ),
        );
    };
    let trust = observations.role(RolePurpose::HubbleTarget).map(|role| &role.trust);
    let document = match trust {
        Some(Observed::Present(document)) => document,
        Some(Observed::Inaccessible(inaccessible)) => {
            return inaccessible_finding(&EXTERNAL_ID, inaccessible, "");
        }
        Some(Observed::Absent) | None => {
            return EXTERNAL_ID.not_applicable("there is no target role");
        }
    };
    let sessions = observations.eks_sessions(setup);
    let Some(assessment) =
        accepts_external_id(document, setup.roles, setup.policy_cluster(), &sessions)
    else {
        let reason = format!(
            "{} does not trust {} at all",
            hubble_target_role_name(setup),
            setup.roles.hubble()
        );
        return EXTERNAL_ID.not_applicable(reason);
    };
    match assessment {
        TrustAssessment::Valid => EXTERNAL_ID.passed(format!("the target role accepts {id}")),
        TrustAssessment::Undetermined(lines) => EXTERNAL_ID.unverified(
            lines.join("; "),
            "remove the conditions of its trust policy that are not about the external id",
        ),
        TrustAssessment::Invalid(lines) => EXTERNAL_ID.failed(
            lines.join("; "),
            format!(
                "require exactly this external id in the trust policy of {}: {id}",
                hubble_target_role_name(setup)
            ),
        ),
    }
}

/// Returns the name of Hubble's target role.
fn hubble_target_role_name<'a>(setup: &PodIdentitySetup<'a>) -> &'a str {
    setup.roles.hubble_target().map_or("Hubble's target role", |role| role.name())
}

/// Checks that no other association uses Palette's role. Palette creates the association of its
/// role.
fn not_associated_finding(associations: &Associations, setup: &PodIdentitySetup<'_>) -> Finding {
    let palette = setup.roles.palette().as_str();
    let names_palette_role = |association: &&Association| {
        association.role == palette || association.target_role.as_deref() == Some(palette)
    };
    // The associations of Hubble and of the identity service have their own checks.
    let mut other_associations = associations.described.iter().filter(|association| {
        ![HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT]
            .iter()
            .any(|account| association.is_for(*account))
    });
    match other_associations.find(names_palette_role) {
        Some(association) => PALETTE_NOT_ASSOCIATED.failed(
            format!("{}/{} has {palette} ({})", association.namespace, association.service_account, association.id),
            format!(
                "delete it: aws eks delete-pod-identity-association --cluster-name {} --association-id {}; Palette creates its own when the account is used",
                setup.cluster.name, association.id
            ),
        ),
        None if associations.is_incomplete => PALETTE_NOT_ASSOCIATED.unverified(
            "the cluster has too many associations to read all of them",
            "delete associations that nobody needs, and validate again",
        ),
        None => PALETTE_NOT_ASSOCIATED.passed("no association names the role"),
    }
}

/// Checks the association with which a pack registry in ECR uses Pod Identity.
fn registry_finding(associations: &Associations, setup: &PodIdentitySetup<'_>) -> Finding {
    let Some(association) = associations.find(REGISTRY_SERVICE_ACCOUNT) else {
        return ECR_REGISTRY.not_applicable(format!(
            "{REGISTRY_SERVICE_ACCOUNT} has no association: no registry in ECR uses Pod Identity"
        ));
    };
    if setup.roles.hubble_target().is_some() || association.target_role.is_some() {
        return ECR_REGISTRY.failed(
            format!("{REGISTRY_SERVICE_ACCOUNT} is associated ({}), and Palette works in another account than its cluster", association.id),
            "a registry in ECR uses Pod Identity in the cluster's own account only: use access keys or STS for registries of other accounts",
        );
    }
    let wanted = setup.roles.hubble().as_str();
    if association.role == wanted {
        return ECR_REGISTRY.passed(format!("{REGISTRY_SERVICE_ACCOUNT} has {wanted}, as Hubble"));
    }
    ECR_REGISTRY.failed(
        format!("{REGISTRY_SERVICE_ACCOUNT} has {} ({})", association.role, association.id),
        format!("give it Hubble's role: aws eks update-pod-identity-association --cluster-name {} --association-id {} --role-arn {wanted}", setup.cluster.name, association.id),
    )
}
