//! What Palette's role of EKS Pod Identity shows, whatever its cluster: the role itself, and Palette's word.

use crate::ScopedAccounts;
use crate::catalogue::pod_identity::PERMISSIONS_BOUNDARY;
use crate::iam::{iam_role, permissions, policy_arns};
use gangway_aws::Principal;
use gangway_model::{Credential, Finding, PodIdentityRole, UpstreamError};
use tokio::join;

use crate::{InspectionAccess, RequiredPermissions, palette_validation};

const REMEDY: &str = "mend the checks above and restart Palette's pods; then validate again";

/// Palette's own attempt, as the answer to [`VALIDATES`].
pub async fn check_palette_validation(
    registry: &ScopedAccounts<'_>,
    credential: &Credential,
    demand: RequiredPermissions<'_>,
) -> Result<Finding, UpstreamError> {
    palette_validation::check_credential(REMEDY, registry, credential, demand).await
}

/// Asks the account and Palette at the same time.
pub async fn run_checks(
    pod_identity: PodIdentityRole,
    eyes: &InspectionAccess,
    registry: &ScopedAccounts<'_>,
    demand: RequiredPermissions<'_>,
) -> Result<Vec<Finding>, UpstreamError> {
    let credential = Credential::PodIdentity(pod_identity.clone());
    let (inside, accepted, validated) = join!(
        check_account(&pod_identity, eyes, demand),
        palette_validation::check_policies(registry, &credential, demand),
        check_palette_validation(registry, &credential, demand),
    );
    let mut findings = inside?;
    findings.extend([accepted?, validated?]);
    Ok(findings)
}

async fn check_account(
    pod_identity: &PodIdentityRole,
    eyes: &InspectionAccess,
    demand: RequiredPermissions<'_>,
) -> Result<Vec<Finding>, UpstreamError> {
    let PodIdentityRole { role, permission_boundary } = pod_identity;
    let aws = match eyes {
        InspectionAccess::Granted(aws) => aws,
        InspectionAccess::Unavailable { reason, remedy } => {
            let mut findings = iam_role::unverified(reason, remedy);
            findings.extend(permissions::unverified(reason, remedy));
            findings.push(policy_arns::unverified(reason, remedy));
            findings.push(PERMISSIONS_BOUNDARY.unverified(reason, remedy));
            return Ok(findings);
        }
    };
    let principal = Principal::Role(role.clone());
    let (read, permissions, arns, bounded) = join!(
        iam_role::get_role(aws, role),
        permissions::check(aws, &principal, demand.profile),
        policy_arns::check_exist(aws, demand.policies),
        async {
            match permission_boundary {
                Some(arn) => policy_arns::check_boundary(aws, &PERMISSIONS_BOUNDARY, arn).await,
                None => Ok(PERMISSIONS_BOUNDARY.not_applicable("no boundary was named")),
            }
        },
    );
    let (mut findings, _trust) = iam_role::findings(read, role)?;
    findings.extend(permissions?);
    findings.extend([arns?, bounded?]);
    Ok(findings)
}
