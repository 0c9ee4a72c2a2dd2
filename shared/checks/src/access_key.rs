//! Runs the checks of the method `static-credentials`: access keys of an IAM user.

use crate::catalogue::palette::{POLICY_ARNS_ACCEPTED, VALIDATION};
use crate::iam::{access_key, caller, key_rotation, permissions, policy_arns, scope_tag};
use gangway_aws::{AwsSession, Principal};
use gangway_http::clock;
use gangway_model::{AccessKey, AccessKeyId, Credential, Finding, Partition, UpstreamError};
use tokio::join;

use crate::{
    Clients, MethodChecks, RequiredPermissions, ScopedClient, ca_chain, classified,
    palette_validation,
};

const VALIDATION_REMEDY: &str = "make sure that Palette can reach this partition and that the keys are active; then validate again";

const CLASSIFIED_VALIDATION_REMEDY: &str = "make sure that Palette can reach this partition (private cloud gateway, WAN tunnel or PrivateLink) \
     and that the keys are active; then validate again";

/// Returns the remedy for access keys that Palette does not accept.
fn validation_remedy(partition: Partition) -> &'static str {
    if partition.is_classified() { CLASSIFIED_VALIDATION_REMEDY } else { VALIDATION_REMEDY }
}

/// Checks an access key. The first round of calls finds the identity of the access key and, in
/// classified partitions, checks the CA chain and Palette's settings. The second round checks the
/// AWS account (with this access key) and Palette at the same time. `rotation` is `None` if
/// Gangway does not rotate the access key.
pub async fn run_checks(
    key: AccessKey,
    palette: &ScopedClient<'_>,
    clients: &Clients,
    required: RequiredPermissions<'_>,
    rotation: Option<KeyRotation<'_>>,
) -> Result<MethodChecks, UpstreamError> {
    let user = clients.aws.with_static_credentials(&key);
    let (caller, classified, ca_chain) = join!(
        user.caller(),
        classified::run_checks(palette, clients, required),
        ca_chain::run_checks(&key, clients, clock::now()),
    );
    let credential = Credential::AccessKey(key);
    let caller = caller::check_caller(caller, required.partition)?;
    let is_identity_known = caller.account.is_some();
    let (permission_findings, rotation_finding, palette_findings) = join!(
        check_permissions(&user, caller.principal.as_ref(), palette, required),
        check_rotation(&user, caller.principal.as_ref(), rotation),
        check_palette(palette, &credential, is_identity_known, required),
    );
    let mut findings = classified?;
    findings.extend(ca_chain);
    findings.extend(caller.findings);
    findings.extend(permission_findings?);
    findings.extend(rotation_finding?);
    findings.extend(palette_findings?);
    let (account, credential) = (caller.account, Some(credential));
    Ok(MethodChecks { findings, account, credential, notices: Vec::new() })
}

/// The state of the rotation of an access key that Gangway rotates.
#[derive(Clone, Copy, Debug, Default)]
pub struct KeyRotation<'a> {
    /// The access key that the last rotation replaced.
    pub old_key: Option<&'a AccessKeyId>,
}

async fn check_rotation(
    user: &AwsSession,
    principal: Option<&Principal>,
    rotation: Option<KeyRotation<'_>>,
) -> Result<Option<Finding>, UpstreamError> {
    match (rotation, principal) {
        (None, _) => Ok(None),
        (Some(_), None) => Ok(Some(key_rotation::unverified_finding())),
        (Some(rotation), Some(principal)) => {
            key_rotation::check(user, principal, rotation.old_key).await.map(Some)
        }
    }
}

/// Checks the age of the access key, and the tags and permissions of its IAM user.
async fn check_permissions(
    user: &AwsSession,
    principal: Option<&Principal>,
    palette: &ScopedClient<'_>,
    required: RequiredPermissions<'_>,
) -> Result<Vec<Finding>, UpstreamError> {
    let Some(principal) = principal else {
        let (reason, remedy) =
            ("the keys do not belong to an IAM user", "fix the failed checks of the keys first");
        let mut findings = vec![
            access_key::unverified_finding(reason, remedy),
            scope_tag::unverified_finding(reason, remedy, required),
        ];
        findings.extend(permissions::unverified_findings(reason, remedy));
        findings.push(policy_arns::unverified_finding(reason, remedy));
        return Ok(findings);
    };
    let (age, scope, permissions, arns) = join!(
        access_key::check_key_age(user, principal),
        scope_tag::check_user(user, principal, palette, required),
        permissions::check(user, principal, required),
        policy_arns::check_exist(user, required.policies),
    );
    let mut findings = vec![age?, scope?];
    findings.extend(permissions?);
    findings.push(arns?);
    Ok(findings)
}

/// Asks Palette to validate the credential. Makes no call if AWS does not accept the access key.
async fn check_palette(
    palette: &ScopedClient<'_>,
    credential: &Credential,
    is_identity_known: bool,
    required: RequiredPermissions<'_>,
) -> Result<Vec<Finding>, UpstreamError> {
    let remedy = validation_remedy(required.partition);
    if !is_identity_known {
        let reason = "not checked, because AWS does not accept these keys";
        return Ok(vec![
            POLICY_ARNS_ACCEPTED.not_applicable(reason),
            VALIDATION.not_applicable(reason),
        ]);
    }
    let (policy_finding, validation_finding) = join!(
        palette_validation::check_policies(palette, credential, required),
        palette_validation::check_credential(remedy, palette, credential, required),
    );
    Ok(vec![policy_finding?, validation_finding?])
}
