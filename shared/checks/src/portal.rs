//! The checks of an account that is entered through an access portal (X03, X05–X13).

mod fetch;

use crate::catalogue::iam::PERMISSIONS_BOUNDARY_EXISTS;
use crate::catalogue::palette::{POLICY_ARNS_ACCEPTED, VALIDATION};
use crate::catalogue::portal::{ACCOUNT_KNOWN, ROLE_NAME};
use crate::iam::{permissions, policy_arns, session};
use crate::{Clients, ScopedAccounts};
use gangway_aws::AwsSession;
use gangway_http::deadline;
use gangway_model::{
    AccessPortalCredential, AccountId, Credential, Finding, MAX_ROLE_NAME_LEN, PolicyArn,
    UpstreamError,
};
use tokio::join;

use crate::{RequiredPermissions, certificates, validation};

const VALIDATION_REMEDY: &str = "see that Palette reaches this partition and its portal (private cloud gateway, WAN tunnel or PrivateLink), \
                                 and that its clock is right; then validate again";

/// What was found out about an access portal and the account behind it.
#[derive(Debug)]
pub struct PortalChecks {
    /// Every check and its answer.
    pub findings: Vec<Finding>,
    /// The account that the portal's keys act in; else the one that was asked for by number.
    pub account: Option<AccountId>,
    /// What Palette is to be told, with the keys that are at hand.
    pub credential: Credential,
}

/// Gets keys from the portal, then asks the account with them, and Palette, at the same time. `registered` is the AWS account
/// that it led to when it was registered.
pub async fn run_checks(
    mut portal: AccessPortalCredential,
    registered: Option<AccountId>,
    registry: &ScopedAccounts<'_>,
    clients: &Clients,
    demand: RequiredPermissions<'_>,
) -> Result<PortalChecks, UpstreamError> {
    let now = deadline::now();
    let mut findings = certificates::check_client_certificate(&portal.identity, now);
    findings.push(role_name_finding(&portal));
    let usable =
        !findings.iter().any(|finding| finding.is_blocking() && finding.check != &ROLE_NAME);
    let fetched = if usable {
        fetch::fetch_credentials(&portal, registry, clients, now).await?
    } else {
        fetch::not_fetched()
    };
    let refused = !usable || fetched.findings.iter().any(Finding::is_blocking);
    findings.extend(fetched.findings);
    portal.session = fetched.keys;
    let named = portal.account.as_str().parse().ok().or(registered);
    let view = portal.session.as_ref().map(|keys| clients.aws.with_temporary_credentials(keys));
    let boundary = portal.permission_boundary.clone();
    let credential = Credential::AccessPortal(Box::new(portal));
    let (inside, accepted) = join!(
        check_account(view.as_ref(), named, boundary.as_ref(), demand),
        check_palette(registry, &credential, refused, demand),
    );
    let (inside, account) = inside?;
    let account = account.or(named);
    findings.push(account_known_finding(account, refused));
    findings.extend(inside);
    findings.extend(accepted?);
    Ok(PortalChecks { findings, account, credential })
}

/// An account or mission may be called by a name (X05), of which only the portal's keys tell which AWS account it is.
fn account_known_finding(account: Option<AccountId>, refused: bool) -> Finding {
    match account {
        Some(account) => ACCOUNT_KNOWN.passed(format!("account {account}")),
        None if refused => ACCOUNT_KNOWN.unverified("there are no keys to ask with", "mend portal.keys"),
        None => ACCOUNT_KNOWN.failed(
            "it is called by a name, and there are no keys that would tell which one it is",
            "call the account by its 12 digits, or let the function reach the portal and set its address",
        ),
    }
}

/// IAM's limit holds for the whole name (X10).
fn role_name_finding(portal: &AccessPortalCredential) -> Finding {
    let (prefix, role) = (portal.prefix.or_default(), portal.role.as_str());
    let length = prefix.len() + role.len();
    if length > MAX_ROLE_NAME_LEN {
        return ROLE_NAME.failed(
            format!("{prefix}{role} has {length} characters"),
            format!("shorten rolePrefix or role: together they may have {MAX_ROLE_NAME_LEN}"),
        );
    }
    ROLE_NAME.passed(format!("{prefix}{role}, {length} of {MAX_ROLE_NAME_LEN} characters"))
}

/// What the account shows to the portal's keys (X09, X12).
async fn check_account(
    view: Option<&AwsSession>,
    named: Option<AccountId>,
    boundary: Option<&PolicyArn>,
    demand: RequiredPermissions<'_>,
) -> Result<(Vec<Finding>, Option<AccountId>), UpstreamError> {
    let (reason, remedy) = ("there are no keys to ask with", "mend portal.keys");
    let Some(aws) = view else {
        let mut findings = session::unverified(reason, remedy);
        findings.extend(unverified_account(boundary, reason, remedy));
        return Ok((findings, None));
    };
    let whose = session::check_caller(aws, aws.caller().await, demand.partition, named).await?;
    let mut findings = whose.findings;
    let Some(principal) = &whose.principal else {
        let reason = "the portal's keys are not those of a role";
        findings.extend(unverified_account(boundary, reason, "mend aws.identity-is-role"));
        return Ok((findings, whose.account));
    };
    let bounded = async {
        match boundary {
            Some(arn) => policy_arns::check_boundary(aws, &PERMISSIONS_BOUNDARY_EXISTS, arn).await,
            None => Ok(no_boundary_finding()),
        }
    };
    let (permissions, arns, bounded) = join!(
        permissions::check(aws, principal, demand.profile),
        policy_arns::check_exist(aws, demand.policies),
        bounded,
    );
    findings.extend(permissions?);
    findings.push(arns?);
    findings.push(bounded?);
    Ok((findings, whose.account))
}

fn no_boundary_finding() -> Finding {
    PERMISSIONS_BOUNDARY_EXISTS.not_applicable("no permission boundary was asked for")
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

/// What Palette says, unless the portal has already said no.
async fn check_palette(
    registry: &ScopedAccounts<'_>,
    credential: &Credential,
    refused: bool,
    demand: RequiredPermissions<'_>,
) -> Result<Vec<Finding>, UpstreamError> {
    if refused {
        let reason = "not asked, since the portal hands out no keys";
        return Ok(vec![
            POLICY_ARNS_ACCEPTED.not_applicable(reason),
            VALIDATION.not_applicable(reason),
        ]);
    }
    let (accepted, validates) = join!(
        validation::check_policies(registry, credential, demand),
        validation::check_credential(VALIDATION_REMEDY, registry, credential, demand),
    );
    Ok(vec![accepted?, validates?])
}
