//! Checks of an account that is accessed with temporary credentials of an access portal.

mod fetch;

use crate::catalogue::iam::{PERMISSIONS_BOUNDARY_EXISTS, ROLE_SCOPE_ALLOWED};
use crate::catalogue::palette::{POLICY_ARNS_ACCEPTED, VALIDATION};
use crate::catalogue::portal::{ACCOUNT_KNOWN, ROLE_NAME};
use crate::iam::{permissions, policy_arns, portal_caller};
use gangway_aws::AwsSession;
use gangway_http::clock;
use gangway_model::{
    AccessPortalCredential, AccountId, Credential, Finding, MAX_ROLE_NAME_LEN, PolicyArn,
    UpstreamError,
};
use tokio::join;

use crate::{
    Clients, MethodChecks, RequiredPermissions, ScopedClient, certificates, classified,
    palette_validation,
};

const VALIDATION_REMEDY: &str = "make sure that Palette can reach this partition and its portal (private cloud gateway, WAN tunnel or PrivateLink), \
                                 and that its clock is right; then validate again";

/// The remedy if Palette got no keys to validate: an older Palette does not fetch them itself.
const NO_KEYS_REMEDY: &str = "give the function a network path to the portal and set the portal's URL, so that it sends keys: this Palette cannot fetch them before the account is registered. Or update Palette";

/// Checks an access portal, the account behind it, and Palette's settings for the partition. `registered` is the AWS
/// account id that was known at the registration.
pub async fn run_checks(
    portal: AccessPortalCredential,
    registered: Option<AccountId>,
    palette: &ScopedClient<'_>,
    clients: &Clients,
    required: RequiredPermissions<'_>,
) -> Result<MethodChecks, UpstreamError> {
    let (classified, checks) = join!(
        classified::run_checks(palette, clients, required),
        check_portal(portal, registered, palette, clients, required),
    );
    let (mut findings, mut checks) = (classified?, checks?);
    findings.append(&mut checks.findings);
    Ok(MethodChecks { findings, ..checks })
}

/// Fetches keys from the portal, then calls the AWS account (with these keys) and Palette at the same time.
async fn check_portal(
    mut portal: AccessPortalCredential,
    registered: Option<AccountId>,
    palette: &ScopedClient<'_>,
    clients: &Clients,
    required: RequiredPermissions<'_>,
) -> Result<MethodChecks, UpstreamError> {
    let (mut findings, refused) = issue_keys(&mut portal, palette, clients).await?;
    let named = portal.account.as_str().parse().ok().or(registered);
    let view = portal.session.as_ref().map(|keys| clients.aws.with_temporary_credentials(keys));
    let boundary = portal.permission_boundary.clone();
    let credential = Credential::AccessPortal(Box::new(portal));
    let (account_findings, accepted) = join!(
        check_account(view.as_ref(), named, boundary.as_ref(), required),
        check_palette(palette, &credential, refused, required),
    );
    let (account_findings, account) = account_findings?;
    let account = account.or(named);
    findings.push(account_known_finding(account, refused));
    findings.push(ROLE_SCOPE_ALLOWED.not_applicable(
        "the access portal decides who may use the account: its owner sets no tag",
    ));
    findings.extend(account_findings);
    findings.extend(accepted?);
    Ok(MethodChecks { findings, account, credential: Some(credential), notices: Vec::new() })
}

/// Gets keys from the portal with the certificate, if both are valid, and keeps them in `portal`. Returns
/// `true` if there can be no keys until a finding is fixed.
pub async fn issue_keys(
    portal: &mut AccessPortalCredential,
    palette: &ScopedClient<'_>,
    clients: &Clients,
) -> Result<(Vec<Finding>, bool), UpstreamError> {
    let now = clock::now();
    let mut findings = certificates::check_client_certificate(&portal.identity, now);
    findings.push(role_name_finding(portal));
    let usable =
        !findings.iter().any(|finding| finding.is_blocking() && finding.check != &ROLE_NAME);
    let fetched = if usable {
        fetch::fetch_credentials(portal, palette, clients, now).await?
    } else {
        fetch::not_fetched()
    };
    let refused = !usable || fetched.findings.iter().any(Finding::is_blocking);
    findings.extend(fetched.findings);
    portal.session = fetched.keys;
    Ok((findings, refused))
}

/// Checks that the AWS account is known. A request may name an account or mission; then only the portal's keys
/// show which AWS account that is.
fn account_known_finding(account: Option<AccountId>, refused: bool) -> Finding {
    match account {
        Some(account) => ACCOUNT_KNOWN.passed(format!("account {account}")),
        None if refused => ACCOUNT_KNOWN.unverified("the portal issued no keys", "fix check portal.keys first"),
        None => ACCOUNT_KNOWN.failed(
            "the request names the account without its 12-digit id, and without keys Gangway cannot determine the id",
            "send the 12-digit account id as the account, or give the function a network path to the portal and set the portal's URL",
        ),
    }
}

/// Checks IAM's length limit, which applies to prefix and role together.
fn role_name_finding(portal: &AccessPortalCredential) -> Finding {
    let (prefix, role) = (portal.prefix.or_default(), portal.role.as_str());
    let length = prefix.len() + role.len();
    if length > MAX_ROLE_NAME_LEN {
        return ROLE_NAME.failed(
            format!("{prefix}{role} has {length} characters"),
            format!(
                "shorten rolePrefix or role: together they may have {MAX_ROLE_NAME_LEN} characters"
            ),
        );
    }
    ROLE_NAME.passed(format!("{prefix}{role}, {length} of {MAX_ROLE_NAME_LEN} characters"))
}

/// Checks the account with the portal's keys: identity, permissions and policies.
async fn check_account(
    view: Option<&AwsSession>,
    named: Option<AccountId>,
    boundary: Option<&PolicyArn>,
    required: RequiredPermissions<'_>,
) -> Result<(Vec<Finding>, Option<AccountId>), UpstreamError> {
    let (reason, remedy) = ("the portal issued no keys", "fix check portal.keys first");
    let Some(aws) = view else {
        let mut findings = portal_caller::unverified(reason, remedy);
        findings.extend(unverified_account(boundary, reason, remedy));
        return Ok((findings, None));
    };
    let caller_check =
        portal_caller::check_caller(aws, aws.caller().await, required.partition, named).await?;
    let mut findings = caller_check.findings;
    let Some(principal) = &caller_check.principal else {
        let reason = "the portal's keys are not those of a role";
        findings.extend(unverified_account(
            boundary,
            reason,
            "fix check aws.identity-is-role first",
        ));
        return Ok((findings, caller_check.account));
    };
    let bounded = async {
        match boundary {
            Some(arn) => policy_arns::check_boundary(aws, &PERMISSIONS_BOUNDARY_EXISTS, arn).await,
            None => Ok(no_boundary_finding()),
        }
    };
    let (permissions, arns, bounded) = join!(
        permissions::check(aws, principal, required),
        policy_arns::check_exist(aws, required.policies),
        bounded,
    );
    findings.extend(permissions?);
    findings.push(arns?);
    findings.push(bounded?);
    Ok((findings, caller_check.account))
}

fn no_boundary_finding() -> Finding {
    PERMISSIONS_BOUNDARY_EXISTS.not_applicable("no permissions boundary was requested")
}

fn unverified_account(boundary: Option<&PolicyArn>, reason: &str, remedy: &str) -> Vec<Finding> {
    let mut findings = permissions::unverified(reason, remedy);
    findings.push(policy_arns::unverified(reason, remedy));
    findings.push(match boundary {
        Some(_) => PERMISSIONS_BOUNDARY_EXISTS.unverified(reason, remedy),
        None => no_boundary_finding(),
    });
    findings
}

/// Asks Palette to validate the credential, unless the portal has already rejected it.
async fn check_palette(
    palette: &ScopedClient<'_>,
    credential: &Credential,
    refused: bool,
    required: RequiredPermissions<'_>,
) -> Result<Vec<Finding>, UpstreamError> {
    if refused {
        let reason = "not checked, because the portal issued no keys";
        return Ok(vec![
            POLICY_ARNS_ACCEPTED.not_applicable(reason),
            VALIDATION.not_applicable(reason),
        ]);
    }
    let has_keys =
        matches!(credential, Credential::AccessPortal(portal) if portal.session.is_some());
    let remedy = if has_keys { VALIDATION_REMEDY } else { NO_KEYS_REMEDY };
    let (accepted, validates) = join!(
        palette_validation::check_policies(palette, credential, required),
        palette_validation::check_credential(remedy, palette, credential, required),
    );
    Ok(vec![accepted?, validates?])
}
