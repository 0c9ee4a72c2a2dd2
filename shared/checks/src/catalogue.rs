//! Defines every check of Gangway: id, title, severity, subject, covered prerequisites and remedy.
//!
//! There is one module for each area of checks. This command writes `docs/checks.md` from [`ALL`]:
//!
//! ```text
//! GANGWAY_WRITE_DOCS=1 cargo test -p gangway-checks catalogue
//! ```

pub mod aws;
pub mod certificates;
pub mod eks;
pub mod iam;
pub mod kubernetes;
pub mod palette;
pub mod pod_identity;
pub mod portal;
pub mod secret_store;
pub mod sts;
#[cfg(test)]
mod tests;

use gangway_model::{Check, CheckSubject, Severity};

/// The areas whose checks nobody can waive. These checks show which identity is registered, which
/// accounts the identity trusts, and whether Palette and the secret store accept the credential.
const NEVER_WAIVED_AREAS: [&str; 5] = ["aws", "palette", "portal", "sts", "vault"];

/// Returns the check with this id if an operator may let requests waive the check. Only a blocker
/// about the account can be waived. The checks of identity, ownership and Palette's own validation
/// cannot be waived.
pub fn find_waivable(id: &str) -> Option<&'static Check> {
    let check = ALL.iter().find(|check| check.id == id)?;
    let (area, _) = check.id.split_once('.')?;
    let never_waived_ids = [
        "iam.role-exists",
        "iam.role-scope-allowed",
        "pod-identity.external-id",
        "pod-identity.hubble-target-role",
        "pod-identity.palette-target-role",
        "pod-identity.role-arn",
        "pod-identity.roles-in-cluster-account",
        "pod-identity.target-roles",
    ];
    let is_waivable = check.severity == Severity::Blocker
        && check.subject == CheckSubject::Account
        && !NEVER_WAIVED_AREAS.contains(&area)
        && !never_waived_ids.contains(&check.id);
    is_waivable.then_some(*check)
}

/// Every check, sorted by id.
pub static ALL: &[&Check] = &[
    &aws::CLOCK,
    &aws::IDENTITY_IS_ROLE,
    &aws::IDENTITY_IS_USER,
    &aws::IDENTITY_VALID,
    &aws::PARTITION,
    &aws::REACHABLE,
    &certificates::CA_EXPIRY,
    &certificates::CA_SIGNS_AWS,
    &certificates::CA_VALID,
    &certificates::CA_CHAIN_COMPLETE,
    &certificates::CLIENT_EXPIRY,
    &certificates::CLIENT_USAGE,
    &certificates::CLIENT_VALID,
    &certificates::KEY_MATCHES,
    &eks::AUTH_ENDPOINT,
    &eks::CLUSTER_ACTIVE,
    &eks::CLUSTER_EXISTS,
    &eks::IMAGE_FAMILY,
    &eks::IMAGE_SWAP,
    &eks::INSTANCE_METADATA_FALLBACK,
    &eks::KUBERNETES_VERSION,
    &eks::NODE_ROLES,
    &eks::AGENT_HEALTHY,
    &eks::AGENT_ENSURED,
    &eks::WORKER_NODE_TRUST,
    &iam::ACTIONS_ALLOWED,
    &iam::BOUNDARY_ALLOWS,
    &iam::KEY_AGE,
    &iam::KEY_ROTATABLE,
    &iam::MFA_NOT_REQUIRED,
    &iam::ORGANIZATION_ALLOWS,
    &iam::PERMISSIONS_BOUNDARY_EXISTS,
    &iam::POLICIES_ATTACHED,
    &iam::POLICY_ARNS_EXIST,
    &iam::POLICY_DOCUMENTS_FIT,
    &iam::POLICY_QUOTA,
    &iam::ROLE_EXISTS,
    &iam::ROLE_SCOPE_ALLOWED,
    &iam::ROLE_SESSION_DURATION,
    &iam::SIMULATION_POSSIBLE,
    &iam::VENDOR_POLICY,
    &kubernetes::PODS_READABLE,
    &kubernetes::AGENT_ON_EVERY_NODE,
    &kubernetes::GLOBAL_CONFIG,
    &kubernetes::CONFIG_MAP_ENSURED,
    &kubernetes::PODS_RESTARTED,
    &kubernetes::SERVICE_ACCOUNTS,
    &palette::ACCOUNT_QUOTA,
    &palette::ACCOUNT_READABLE,
    &palette::EDITION,
    &palette::ENDPOINT_OVERRIDES,
    &palette::GATEWAY_PROXY,
    &palette::GATEWAY_REGISTERED,
    &palette::GATEWAY_RUNNING,
    &palette::METHOD_SUPPORTED,
    &palette::NAME_AVAILABLE,
    &palette::POLICY_ARNS_ACCEPTED,
    &palette::PORTAL_ADDRESS,
    &palette::PORTAL_TOGGLE_OFF,
    &palette::SECRET_PARTITION_FLAG,
    &palette::API_KEY_VALID,
    &palette::VALIDATION,
    &pod_identity::ASSOCIATIONS_ENSURED,
    &pod_identity::ECR_REGISTRY,
    &pod_identity::EKS_ONLY,
    &pod_identity::EXTERNAL_ID,
    &pod_identity::HUBBLE_ASSOCIATION,
    &pod_identity::HUBBLE_LOCAL_ROLE,
    &pod_identity::HUBBLE_ROLE,
    &pod_identity::HUBBLE_TARGET_ROLE,
    &pod_identity::IDENTITY_ASSOCIATION,
    &pod_identity::IDENTITY_LOCAL_ROLE,
    &pod_identity::IDENTITY_ROLE,
    &pod_identity::MAPPED_USERS,
    &pod_identity::NO_POLICIES,
    &pod_identity::PALETTE_NOT_ASSOCIATED,
    &pod_identity::PALETTE_SUPPLEMENT,
    &pod_identity::PALETTE_TRUST,
    &pod_identity::PALETTE_TARGET_ROLE,
    &pod_identity::PARTITION_SUPPORTED,
    &pod_identity::PERMISSIONS_BOUNDARY,
    &pod_identity::REGISTERED_ROLE,
    &pod_identity::ROLES_ACCOUNT,
    &pod_identity::TARGET_ROLES,
    &portal::ACCOUNT_KNOWN,
    &portal::CREDENTIALS_EXPIRE,
    &portal::CREDENTIALS_ISSUED,
    &portal::ROLE_NAME,
    &portal::PORTAL_CERTIFICATE_TRUSTED,
    &sts::EXTERNAL_ID_ENFORCED,
    &sts::EXTERNAL_ID_REQUIRED,
    &sts::NO_EXCLUDING_CONDITIONS,
    &sts::ROLE_ARN,
    &sts::SOURCE_ACCOUNT,
    &sts::TRUSTS_PALETTE,
    &secret_store::SECRET_ACTIVE,
    &secret_store::SECRET_MATCHES_PALETTE,
];
