//! Which roles EKS gives to Palette's service accounts (P20–P24, P28).

use gangway_model::{Check, Finding};
use gangway_policies::pod_identity::{
    HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT, REGISTRY_SERVICE_ACCOUNT, RolePurpose,
    ServiceAccount,
    trust::{TrustAssessment, takes_external_id},
};

use super::without_cluster;
use crate::{
    checks::{
        EXTERNAL_ID, HUBBLE_ASSOCIATION, IDENTITY_ASSOCIATION, PALETTE_NOT_ASSOCIATED,
        REGISTRY as ECR, TARGET_ROLES,
    },
    eks::{Association, Associations},
    observations::Observations,
    observed::Observed,
    request::PodIdentityRequest,
};

pub(super) fn findings(facts: &Observations, wish: &PodIdentityRequest) -> Vec<Finding> {
    let checks = [
        &HUBBLE_ASSOCIATION,
        &IDENTITY_ASSOCIATION,
        &TARGET_ROLES,
        &EXTERNAL_ID,
        &PALETTE_NOT_ASSOCIATED,
        &ECR,
    ];
    if let Some(findings) = without_cluster(facts, &checks) {
        return findings;
    }
    let associations = match &facts.associations {
        Observed::Present(associations) => associations,
        Observed::Absent => {
            return checks.map(|check| check.not_applicable("there is no such cluster")).into();
        }
        Observed::Inaccessible(hidden) => {
            let (name, region) = (&wish.cluster.name, &wish.cluster.region);
            let show = format!(
                "aws eks list-pod-identity-associations --cluster-name {name} --region {region}"
            );
            return checks.map(|check| hidden.to_finding(check, &show)).into();
        }
    };
    let (hubble, identity) = (wish.roles.hubble().as_str(), wish.roles.identity().as_str());
    vec![
        association_finding(&HUBBLE_ASSOCIATION, associations, HUBBLE_SERVICE_ACCOUNT, hubble),
        association_finding(
            &IDENTITY_ASSOCIATION,
            associations,
            IDENTITY_SERVICE_ACCOUNT,
            identity,
        ),
        target_role_finding(associations, wish),
        external_id_finding(associations, facts, wish),
        not_associated_finding(associations, wish),
        registry_finding(associations, wish),
    ]
}

fn association_finding(
    check: &'static Check,
    associations: &Associations,
    account: ServiceAccount,
    role: &str,
) -> Finding {
    let remedy =
        "send ensureAssociations, or run the commands of GET /v1/accounts/pod-identity/plan";
    match associations.of(account) {
        Some(found) if found.role == role => {
            check.passed(format!("{account} has {role} ({})", found.id))
        }
        Some(found) => check.failed(
            format!("{account} has {} ({})", found.role, found.id),
            format!("give it {role}: {remedy}{}", ownership_finding(found)),
        ),
        None if associations.more => {
            check.unverified("the cluster has too many associations to look at each", remedy)
        }
        None => check
            .failed(format!("{account} has no association"), format!("give it {role}: {remedy}")),
    }
}

/// An add-on's own associations are changed through the add-on only.
fn ownership_finding(association: &Association) -> String {
    association
        .owner
        .as_ref()
        .map_or_else(String::new, |owner| format!("; it belongs to {owner}, so change it there"))
}

fn target_role_finding(associations: &Associations, wish: &PodIdentityRequest) -> Finding {
    let (hubble, identity) =
        (associations.of(HUBBLE_SERVICE_ACCOUNT), associations.of(IDENTITY_SERVICE_ACCOUNT));
    if hubble.is_none() && identity.is_none() {
        return TARGET_ROLES.not_applicable("there are no associations yet");
    }
    let (mut faults, mut remedies) = (Vec::new(), Vec::new());
    let name = &wish.cluster.name;
    let again = |association: &Association| {
        format!(
            "EKS takes no target role away: delete it (aws eks delete-pod-identity-association --cluster-name {name} --association-id {}), then send ensureAssociations",
            association.id
        )
    };
    let wanted = wish.roles.hubble_target();
    if let Some(found) = hubble {
        match (wanted, &found.target) {
            (Some(wanted), Some(target)) if target == wanted.as_str() => {}
            (None, None) => {}
            (Some(wanted), other) => {
                let has = other.as_deref().unwrap_or("no target role");
                faults.push(format!("that of {HUBBLE_SERVICE_ACCOUNT} has {has}"));
                remedies.push(format!(
                    "give it the target role {wanted}: send ensureAssociations{}",
                    ownership_finding(found)
                ));
            }
            (None, Some(target)) => {
                faults.push(format!(
                    "that of {HUBBLE_SERVICE_ACCOUNT} has the target role {target}, and needs none"
                ));
                remedies.push(again(found));
            }
        }
    }
    if let Some(found) = identity
        && let Some(target) = &found.target
    {
        faults.push(format!(
            "that of {IDENTITY_SERVICE_ACCOUNT} has the target role {target}, and needs none"
        ));
        remedies.push(again(found));
    }
    if faults.is_empty() {
        TARGET_ROLES.passed(wanted.map_or_else(
            || "no association has a target role".to_owned(),
            |wanted| {
                format!("{HUBBLE_SERVICE_ACCOUNT} has {wanted}, {IDENTITY_SERVICE_ACCOUNT} none")
            },
        ))
    } else {
        TARGET_ROLES.failed(faults.join("; "), remedies.join("; "))
    }
}

fn external_id_finding(
    associations: &Associations,
    facts: &Observations,
    wish: &PodIdentityRequest,
) -> Finding {
    if wish.roles.hubble_target().is_none() {
        return EXTERNAL_ID.not_applicable("there is no target role");
    }
    let issued = associations.of(HUBBLE_SERVICE_ACCOUNT).filter(|found| found.target.is_some());
    let Some(issued) = issued else {
        return EXTERNAL_ID
            .not_applicable("EKS issues it with the association, which lacks its target role");
    };
    let Some(id) = &issued.external_id else {
        return EXTERNAL_ID.unverified(
            "EKS does not tell the external id of the association",
            format!(
                "look: aws eks describe-pod-identity-association --association-id {}",
                issued.id
            ),
        );
    };
    let trust = facts.role(RolePurpose::HubbleTarget).map(|role| &role.trust);
    let document = match trust {
        Some(Observed::Present(document)) => document,
        Some(Observed::Inaccessible(hidden)) => return hidden.to_finding(&EXTERNAL_ID, ""),
        Some(Observed::Absent) | None => {
            return EXTERNAL_ID.not_applicable("there is no target role");
        }
    };
    let ids = facts.external_ids(wish);
    let Some(taken) = takes_external_id(document, &wish.roles, wish.cluster.place(), &ids) else {
        let why = format!("{} does not trust {} at all", role_name(wish), wish.roles.hubble());
        return EXTERNAL_ID.not_applicable(why);
    };
    match taken {
        TrustAssessment::Valid => EXTERNAL_ID.passed(format!("the target role takes {id}")),
        TrustAssessment::Undetermined(lines) => EXTERNAL_ID.unverified(
            lines.join("; "),
            "remove the conditions of its trust that are not about the external id",
        ),
        TrustAssessment::Invalid(lines) => EXTERNAL_ID.failed(
            lines.join("; "),
            format!("ask for exactly this in the trust of {}: {id}", role_name(wish)),
        ),
    }
}

fn role_name(wish: &PodIdentityRequest) -> &str {
    wish.roles.hubble_target().map_or("Hubble's target role", |role| role.name())
}

fn not_associated_finding(associations: &Associations, wish: &PodIdentityRequest) -> Finding {
    let palette = wish.roles.palette().as_str();
    let named = |association: &&Association| {
        association.role == palette || association.target.as_deref() == Some(palette)
    };
    // Those two have their own checks.
    let mut others = associations.all.iter().filter(|association| {
        ![HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT].iter().any(|own| {
            association.namespace == own.namespace && association.service_account == own.name
        })
    });
    match others.find(named) {
        Some(found) => PALETTE_NOT_ASSOCIATED.failed(
            format!("{}/{} has {palette} ({})", found.namespace, found.service_account, found.id),
            format!(
                "delete it: aws eks delete-pod-identity-association --cluster-name {} --association-id {}; Palette makes its own when the account is used",
                wish.cluster.name, found.id
            ),
        ),
        None if associations.more => PALETTE_NOT_ASSOCIATED.unverified(
            "the cluster has too many associations to look at each",
            "delete associations that nobody needs, and validate again",
        ),
        None => PALETTE_NOT_ASSOCIATED.passed("no association names it"),
    }
}

fn registry_finding(associations: &Associations, wish: &PodIdentityRequest) -> Finding {
    let Some(found) = associations.of(REGISTRY_SERVICE_ACCOUNT) else {
        return ECR.not_applicable(format!(
            "{REGISTRY_SERVICE_ACCOUNT} has no association: no registry in ECR uses Pod Identity"
        ));
    };
    if wish.roles.hubble_target().is_some() || found.target.is_some() {
        return ECR.failed(
            format!("{REGISTRY_SERVICE_ACCOUNT} is associated ({}), and Palette works in another account than its cluster", found.id),
            "a registry in ECR uses Pod Identity in the cluster's own account only: give registries of other accounts access keys or STS",
        );
    }
    let wanted = wish.roles.hubble().as_str();
    if found.role == wanted {
        return ECR.passed(format!("{REGISTRY_SERVICE_ACCOUNT} has {wanted}, as Hubble"));
    }
    ECR.failed(
        format!("{REGISTRY_SERVICE_ACCOUNT} has {} ({})", found.role, found.id),
        format!("give it Hubble's role: aws eks update-pod-identity-association --cluster-name {} --association-id {} --role-arn {wanted}", wish.cluster.name, found.id),
    )
}
