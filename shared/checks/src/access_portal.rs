//! Runs the checks of the method `scap`: temporary credentials of an access portal.

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

/// The remedy if Palette rejects a request without temporary credentials. Older versions of Palette
/// do not fetch the credentials themselves.
const NO_CREDENTIALS_REMEDY: &str = "give the function a network path to the portal and set the portal's URL, so that it sends keys: this Palette cannot fetch them before the account is registered. Or update Palette";

/// Checks the access portal, the AWS account of its temporary credentials, and Palette's settings
/// for the partition. `registered_account` is the AWS account id from the registration, if known.
pub async fn run_checks(
    portal: AccessPortalCredential,
    registered_account: Option<AccountId>,
    palette: &ScopedClient<'_>,
    clients: &Clients,
    required: RequiredPermissions<'_>,
) -> Result<MethodChecks, UpstreamError> {
    let (classified, checks) = join!(
        classified::run_checks(palette, clients, required),
        check_portal(portal, registered_account, palette, clients, required),
    );
    let (mut findings, mut checks) = (classified?, checks?);
    findings.append(&mut checks.findings);
    Ok(MethodChecks { findings, ..checks })
}

/// Fetches temporary credentials from the access portal, then checks the AWS account (with these
/// credentials) and asks Palette to validate the credential, at the same time.
async fn check_portal(
    mut portal: AccessPortalCredential,
    registered_account: Option<AccountId>,
    palette: &ScopedClient<'_>,
    clients: &Clients,
    required: RequiredPermissions<'_>,
) -> Result<MethodChecks, UpstreamError> {
    let (mut findings, is_fetch_blocked) = issue_keys(&mut portal, palette, clients).await?;
    let named_account = portal.account.as_str().parse().ok().or(registered_account);
    let aws = portal
        .session
        .as_ref()
        .map(|credentials| clients.aws.with_temporary_credentials(credentials));
    let boundary = portal.permission_boundary.clone();
    let credential = Credential::AccessPortal(Box::new(portal));
    let (account_findings, palette_findings) = join!(
        check_account(aws.as_ref(), named_account, boundary.as_ref(), required),
        check_palette(palette, &credential, is_fetch_blocked, required),
    );
    let (account_findings, account) = account_findings?;
    let account = account.or(named_account);
    findings.push(account_known_finding(account, is_fetch_blocked));
    findings.push(ROLE_SCOPE_ALLOWED.not_applicable(
        "the access portal decides who may use the account: its owner sets no tag",
    ));
    findings.extend(account_findings);
    findings.extend(palette_findings?);
    Ok(MethodChecks { findings, account, credential: Some(credential), notices: Vec::new() })
}

/// Checks the client certificate, and fetches temporary credentials from the access portal if the
/// certificate is valid. Stores the credentials in `portal.session`. Returns the findings, and
/// `true` if a failed finding shows that the access portal cannot issue credentials.
pub async fn issue_keys(
    portal: &mut AccessPortalCredential,
    palette: &ScopedClient<'_>,
    clients: &Clients,
) -> Result<(Vec<Finding>, bool), UpstreamError> {
    let now = clock::now();
    let mut findings = certificates::check_client_certificate(&portal.identity, now);
    findings.push(role_name_finding(portal));
    let can_fetch =
        !findings.iter().any(|finding| finding.is_blocking() && finding.check != &ROLE_NAME);
    let fetched = if can_fetch {
        fetch::fetch_credentials(portal, palette, clients, now).await?
    } else {
        fetch::result_without_fetch()
    };
    let is_fetch_blocked = !can_fetch || fetched.findings.iter().any(Finding::is_blocking);
    findings.extend(fetched.findings);
    portal.session = fetched.credentials;
    Ok((findings, is_fetch_blocked))
}

/// Checks that the AWS account id is known. A request can contain a name instead of the account id.
/// Then only the temporary credentials show the account id.
fn account_known_finding(account: Option<AccountId>, is_fetch_blocked: bool) -> Finding {
    match account {
        Some(account) => ACCOUNT_KNOWN.passed(format!("account {account}")),
        None if is_fetch_blocked => ACCOUNT_KNOWN.unverified("the portal issued no keys", "fix check portal.keys first"),
        None => ACCOUNT_KNOWN.failed(
            "the request names the account without its 12-digit id, and without keys Gangway cannot determine the id",
            "send the 12-digit account id as the account, or give the function a network path to the portal and set the portal's URL",
        ),
    }
}

/// Checks that the prefix and the role name together are not longer than IAM allows.
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

/// Checks the AWS account with the temporary credentials: identity, permissions and policies.
/// Returns the findings, and the account id if AWS STS returned it.
async fn check_account(
    aws: Option<&AwsSession>,
    named_account: Option<AccountId>,
    boundary: Option<&PolicyArn>,
    required: RequiredPermissions<'_>,
) -> Result<(Vec<Finding>, Option<AccountId>), UpstreamError> {
    let (reason, remedy) = ("the portal issued no keys", "fix check portal.keys first");
    let Some(aws) = aws else {
        let mut findings = portal_caller::unverified_findings(reason, remedy);
        findings.extend(unverified_account(boundary, reason, remedy));
        return Ok((findings, None));
    };
    let caller_check =
        portal_caller::check_caller(aws, aws.caller().await, required.partition, named_account)
            .await?;
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
    let boundary_check = async {
        match boundary {
            Some(arn) => policy_arns::check_boundary(aws, &PERMISSIONS_BOUNDARY_EXISTS, arn).await,
            None => Ok(no_boundary_finding()),
        }
    };
    let (permissions, policy_finding, boundary_finding) = join!(
        permissions::check(aws, principal, required),
        policy_arns::check_exist(aws, required.policies),
        boundary_check,
    );
    findings.extend(permissions?);
    findings.push(policy_finding?);
    findings.push(boundary_finding?);
    Ok((findings, caller_check.account))
}

fn no_boundary_finding() -> Finding {
    PERMISSIONS_BOUNDARY_EXISTS.not_applicable("no permissions boundary was requested")
}

/// Returns the *unverified* findings of [`check_account`] about permissions and policies.
fn unverified_account(boundary: Option<&PolicyArn>, reason: &str, remedy: &str) -> Vec<Finding> {
    let mut findings = permissions::unverified_findings(reason, remedy);
    findings.push(policy_arns::unverified_finding(reason, remedy));
    findings.push(match boundary {
        Some(_) => PERMISSIONS_BOUNDARY_EXISTS.unverified(reason, remedy),
        None => no_boundary_finding(),
    });
    findings
}

/// Asks Palette to validate the credential. Makes no call if `is_fetch_blocked` is `true`.
async fn check_palette(
    palette: &ScopedClient<'_>,
    credential: &Credential,
    is_fetch_blocked: bool,
    required: RequiredPermissions<'_>,
) -> Result<Vec<Finding>, UpstreamError> {
    if is_fetch_blocked {
        let reason = "not checked, because the portal issued no keys";
        return Ok(vec![
            POLICY_ARNS_ACCEPTED.not_applicable(reason),
            VALIDATION.not_applicable(reason),
        ]);
    }
    let has_temporary_credentials =
        matches!(credential, Credential::AccessPortal(portal) if portal.session.is_some());
    let remedy = if has_temporary_credentials { VALIDATION_REMEDY } else { NO_CREDENTIALS_REMEDY };
    let (policy_finding, validation_finding) = join!(
        palette_validation::check_policies(palette, credential, required),
        palette_validation::check_credential(remedy, palette, credential, required),
    );
    Ok(vec![policy_finding?, validation_finding?])
}
