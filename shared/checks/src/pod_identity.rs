//! Runs the checks of the method `pod-identity`: roles that EKS Pod Identity gives to Palette's
//! pods.
//!
//! [`run_checks`] first reads all facts ([`Observations`]), and then evaluates the facts with pure
//! functions ([`evaluate_all`]).

pub mod catalogue;
mod evaluate;
mod notices;
mod observations;
mod palette_role;
mod setup;

use gangway_aws::{Inaccessible, Principal};
use gangway_model::{Check, Credential, Finding, PodIdentityRole, UpstreamError};
use tokio::join;

use self::{
    catalogue::PERMISSIONS_BOUNDARY, evaluate::sort_by_setup_step,
    palette_role::PaletteRoleFindings,
};
use crate::{
    InspectionAccess, MethodChecks, RequiredPermissions, ScopedClient,
    iam::{iam_role, permissions, policy_arns, scope_tag},
    palette_validation,
};

pub use evaluate::{config::create_config_map_command, evaluate_all, pods::inspection_commands};
pub use observations::{AccountAccess, ClusterObservations, Observations};
pub use setup::{PodIdentitySetup, from_palette_cluster, policy_cluster, to_palette_cluster};

const VALIDATION_REMEDY: &str =
    "fix the checks above and restart Palette's pods; then validate again";

/// Checks the whole Pod Identity setup: the cluster, the associations, all roles, and whether
/// Palette can use its own role. Also returns the observations, so that the caller of this function
/// can evaluate the observations again after a change.
pub async fn run_checks(
    setup: &PodIdentitySetup<'_>,
    credential: Credential,
    access: &AccountAccess,
    palette_accounts: &ScopedClient<'_>,
) -> Result<(Observations, MethodChecks), UpstreamError> {
    let (observations, role_findings, validation_finding, policy_finding) = join!(
        Observations::collect(access, setup),
        palette_role::check(access, setup),
        check_palette_validation(palette_accounts, &credential, setup.required),
        palette_validation::check_policies(palette_accounts, &credential, setup.required),
    );
    let observations = observations?;
    let tags = observations.registered_role_tags(setup);
    let scope_finding = scope_tag::check_observed(tags, palette_accounts, setup.required).await?;
    let PaletteRoleFindings { permissions, policies, boundary } = role_findings?;
    let mut findings = evaluate_all(&observations, setup);
    findings.push(boundary);
    sort_by_setup_step(&mut findings);
    findings.push(scope_finding);
    findings.extend(permissions);
    findings.extend([policies, policy_finding?, validation_finding?]);
    let checks = MethodChecks {
        findings,
        account: Some(setup.roles.palette().account()),
        credential: Some(credential),
        notices: notices::notices(&observations, setup),
    };
    Ok((observations, checks))
}

/// Checks only the role that is registered in Palette, because the cluster is not known.
pub async fn run_role_checks(
    pod_identity: PodIdentityRole,
    access: &InspectionAccess,
    palette_accounts: &ScopedClient<'_>,
    required: RequiredPermissions<'_>,
) -> Result<Vec<Finding>, UpstreamError> {
    let credential = Credential::PodIdentity(pod_identity.clone());
    let (role_findings, policy_finding, validation_finding) = join!(
        check_role(&pod_identity, access, palette_accounts, required),
        palette_validation::check_policies(palette_accounts, &credential, required),
        check_palette_validation(palette_accounts, &credential, required),
    );
    let mut findings = role_findings?;
    findings.extend([policy_finding?, validation_finding?]);
    Ok(findings)
}

/// Asks Palette to validate the credential, and returns the finding of
/// [`catalogue::VALIDATION`].
pub async fn check_palette_validation(
    palette_accounts: &ScopedClient<'_>,
    credential: &Credential,
    required: RequiredPermissions<'_>,
) -> Result<Finding, UpstreamError> {
    palette_validation::check_credential(VALIDATION_REMEDY, palette_accounts, credential, required)
        .await
}

async fn check_role(
    pod_identity: &PodIdentityRole,
    access: &InspectionAccess,
    palette_accounts: &ScopedClient<'_>,
    required: RequiredPermissions<'_>,
) -> Result<Vec<Finding>, UpstreamError> {
    let PodIdentityRole { role, permission_boundary, .. } = pod_identity;
    let aws = match access {
        InspectionAccess::Granted(aws) => aws,
        InspectionAccess::Unavailable { reason, remedy } => {
            let mut findings = iam_role::unverified_findings(reason, remedy);
            findings.push(scope_tag::unverified_finding(reason, remedy, required));
            findings.extend(permissions::unverified_findings(reason, remedy));
            findings.push(policy_arns::unverified_finding(reason, remedy));
            findings.push(PERMISSIONS_BOUNDARY.unverified(reason, remedy));
            return Ok(findings);
        }
    };
    let principal = Principal::Role(role.clone());
    let read_role = async {
        let read = iam_role::get_role(aws, role).await;
        let scope = scope_tag::check_role(&read, role, palette_accounts, required).await;
        (read, scope)
    };
    let ((iam_role, scope), permissions, policies, boundary) = join!(
        read_role,
        permissions::check(aws, &principal, required),
        policy_arns::check_exist(aws, required.policies),
        async {
            match permission_boundary {
                Some(arn) => policy_arns::check_boundary(aws, &PERMISSIONS_BOUNDARY, arn).await,
                None => Ok(PERMISSIONS_BOUNDARY.not_applicable("no boundary was named")),
            }
        },
    );
    let (mut findings, _trust) = iam_role::findings(iam_role, role)?;
    findings.push(scope?);
    findings.extend(permissions?);
    findings.extend([policies?, boundary?]);
    Ok(findings)
}

/// Returns an *unverified* finding. `command` is a shell command with which a person can read what
/// Gangway could not read. Without such a command, `command` is empty.
pub fn inaccessible_finding(
    check: &'static Check,
    inaccessible: &Inaccessible,
    command: &str,
) -> Finding {
    let Inaccessible { reason, remedy, .. } = inaccessible;
    let remedy = if command.is_empty() {
        remedy.clone()
    } else {
        format!("{remedy}; or check it yourself: {command}")
    };
    check.unverified(reason.clone(), remedy)
}
