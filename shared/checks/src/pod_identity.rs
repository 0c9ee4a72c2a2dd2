//! What Palette's role of EKS Pod Identity shows, whatever its cluster: the role itself, and Palette's word.

use crate::Accounts;
use crate::iam::{permissions, policy_arns, role};
use gangway_aws::Principal;
use gangway_model::{Check, Credential, Finding, PodIdentity, PortError, Severity};
use tokio::join;

use crate::{Demand, Eyes, validation};

/// Palette's own attempt (C17).
pub static VALIDATES: Check = Check {
    id: "palette.validation",
    title: "Palette gets at its role through Pod Identity",
    severity: Severity::Blocker,
    covers: &["C17"],
};

/// What limits the roles that Palette makes.
pub static BOUNDARY: Check = Check {
    id: "pod-identity.permission-boundary",
    title: "The permissions boundary is an IAM policy that exists",
    severity: Severity::Blocker,
    covers: &["P31", "C16"],
};

const REMEDY: &str = "mend the checks above and restart Palette's pods; then validate again";

/// Palette's own attempt, as the answer to [`VALIDATES`].
pub async fn validates(
    registry: &Accounts<'_>,
    credential: &Credential,
    demand: Demand<'_>,
) -> Result<Finding, PortError> {
    validation::of_credential(&VALIDATES, REMEDY, registry, credential, demand).await
}

/// Asks the account and Palette at the same time.
pub async fn examine(
    pod_identity: PodIdentity,
    eyes: &Eyes,
    registry: &Accounts<'_>,
    demand: Demand<'_>,
) -> Result<Vec<Finding>, PortError> {
    let credential = Credential::PodIdentity(pod_identity.clone());
    let (inside, accepted, validated) = join!(
        inside(&pod_identity, eyes, demand),
        validation::of_policies(registry, &credential, demand),
        validates(registry, &credential, demand),
    );
    let mut findings = inside?;
    findings.extend([accepted?, validated?]);
    Ok(findings)
}

async fn inside(
    pod_identity: &PodIdentity,
    eyes: &Eyes,
    demand: Demand<'_>,
) -> Result<Vec<Finding>, PortError> {
    let PodIdentity { role, permission_boundary } = pod_identity;
    let aws = match eyes {
        Eyes::Open(aws) => aws,
        Eyes::Shut { reason, remedy } => {
            let mut findings = role::unverified(reason, remedy);
            findings.extend(permissions::unverified(reason, remedy));
            findings.push(policy_arns::unverified(reason, remedy));
            findings.push(BOUNDARY.unverified(reason, remedy));
            return Ok(findings);
        }
    };
    let principal = Principal::Role(role.clone());
    let (read, permissions, arns, bounded) = join!(
        role::read(aws, role),
        permissions::check(aws, &principal, demand.profile),
        policy_arns::exist(aws, demand.policies),
        async {
            match permission_boundary {
                Some(arn) => policy_arns::boundary(aws, &BOUNDARY, arn).await,
                None => Ok(BOUNDARY.not_applicable("no boundary was named")),
            }
        },
    );
    let (mut findings, _trust) = role::findings(read, role)?;
    findings.extend(permissions?);
    findings.extend([arns?, bounded?]);
    Ok(findings)
}
