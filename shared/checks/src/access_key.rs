//! Checks of the access keys of an IAM user.

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

/// Returns the remedy if Palette does not accept the keys.
fn validation_remedy(partition: Partition) -> &'static str {
    if partition.is_classified() { CLASSIFIED_VALIDATION_REMEDY } else { VALIDATION_REMEDY }
}

/// Checks access keys: which identity they belong to, then the AWS account (with these keys) and Palette at the same
/// time. In classified partitions it checks the CA chain and Palette's settings too.
pub async fn run_checks(
    keys: AccessKey,
    palette: &ScopedClient<'_>,
    clients: &Clients,
    required: RequiredPermissions<'_>,
    rotation: Option<KeyRotation<'_>>,
) -> Result<MethodChecks, UpstreamError> {
    let user = clients.aws.with_static_credentials(&keys);
    let (caller, classified, ca_chain) = join!(
        user.caller(),
        classified::run_checks(palette, clients, required),
        ca_chain::run_checks(&keys, clients, clock::now()),
    );
    let credential = Credential::AccessKey(keys);
    let caller = caller::check_caller(caller, required.partition)?;
    let known = caller.account.is_some();
    let (allowed, rotatable, accepted) = join!(
        check_permissions(&user, caller.principal.as_ref(), palette, required),
        check_rotation(&user, caller.principal.as_ref(), rotation),
        check_palette(palette, &credential, known, required),
    );
    let mut findings = classified?;
    findings.extend(ca_chain);
    findings.extend(caller.findings);
    findings.extend(allowed?);
    findings.extend(rotatable?);
    findings.extend(accepted?);
    let (account, credential) = (caller.account, Some(credential));
    Ok(MethodChecks { findings, account, credential, notices: Vec::new() })
}

/// What is known of the rotation of a key, where it is to be rotated.
#[derive(Clone, Copy, Debug, Default)]
pub struct KeyRotation<'a> {
    /// The key that the rotation before has put out of use.
    pub old_key: Option<&'a AccessKeyId>,
}

async fn check_rotation(
    user: &AwsSession,
    principal: Option<&Principal>,
    rotation: Option<KeyRotation<'_>>,
) -> Result<Option<Finding>, UpstreamError> {
    match (rotation, principal) {
        (None, _) => Ok(None),
        (Some(_), None) => Ok(Some(key_rotation::unverified())),
        (Some(rotation), Some(principal)) => {
            key_rotation::check(user, principal, rotation.old_key).await.map(Some)
        }
    }
}

/// Checks the age of the keys, the tags of their user and what it may do.
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
            access_key::unverified(reason, remedy),
            scope_tag::unverified(reason, remedy, required),
        ];
        findings.extend(permissions::unverified(reason, remedy));
        findings.push(policy_arns::unverified(reason, remedy));
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

/// Asks Palette to validate the keys, unless STS has already rejected them.
async fn check_palette(
    palette: &ScopedClient<'_>,
    credential: &Credential,
    known: bool,
    required: RequiredPermissions<'_>,
) -> Result<Vec<Finding>, UpstreamError> {
    let remedy = validation_remedy(required.partition);
    if !known {
        let reason = "not checked, because AWS does not accept these keys";
        return Ok(vec![
            POLICY_ARNS_ACCEPTED.not_applicable(reason),
            VALIDATION.not_applicable(reason),
        ]);
    }
    let (accepted, validates) = join!(
        palette_validation::check_policies(palette, credential, required),
        palette_validation::check_credential(remedy, palette, credential, required),
    );
    Ok(vec![accepted?, validates?])
}
