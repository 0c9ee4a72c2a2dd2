//! The checks of an account that is entered through an access portal (X03, X05–X13).

mod fetch;

use crate::iam::{permissions, policy_arns, session};
use crate::{Accounts, Clients};
use gangway_aws::Aws;
use gangway_http::budget;
use gangway_model::{
    AccessPortal, AccountId, Check, Credential, Finding, LONGEST_ROLE_NAME, PolicyArn, PortError,
    Severity,
};
use tokio::join;

use crate::{
    Demand, certificates,
    validation::{self, POLICIES_ACCEPTED},
};

static ROLE_NAME: Check = Check {
    id: "portal.role-name",
    title: "Prefix and role together make a name that IAM takes",
    severity: Severity::Blocker,
    covers: &["X10"],
};

static ACCOUNT_KNOWN: Check = Check {
    id: "portal.account-known",
    title: "It is known which AWS account the portal leads to",
    severity: Severity::Blocker,
    covers: &["X05", "X12"],
};

static BOUNDARY: Check = Check {
    id: "iam.permission-boundary-exists",
    title: "The permission boundary is a policy that exists",
    severity: Severity::Blocker,
    covers: &["C16"],
};

static PALETTE_VALIDATES: Check = Check {
    id: "palette.validation",
    title: "Palette gets in through the access portal",
    severity: Severity::Blocker,
    covers: &["C17", "X03"],
};

const VALIDATION_REMEDY: &str = "see that Palette reaches this partition and its portal (private cloud gateway, WAN tunnel or PrivateLink), \
                                 and that its clock is right; then validate again";

/// What was found out about an access portal and the account behind it.
#[derive(Debug)]
pub struct Examined {
    /// Every check and its answer.
    pub findings: Vec<Finding>,
    /// The account that the portal's keys act in; else the one that was asked for by number.
    pub account: Option<AccountId>,
    /// What Palette is to be told, with the keys that are at hand.
    pub credential: Credential,
}

/// Gets keys from the portal, then asks the account with them, and Palette, at the same time. `registered` is the AWS account
/// that it led to when it was registered.
pub async fn examine(
    mut portal: AccessPortal,
    registered: Option<AccountId>,
    registry: &Accounts<'_>,
    clients: &Clients,
    demand: Demand<'_>,
) -> Result<Examined, PortError> {
    let now = budget::now();
    let mut findings = certificates::of_client(&portal.identity, now);
    findings.push(role_name(&portal));
    let usable = !findings.iter().any(|finding| finding.blocks() && finding.check != &ROLE_NAME);
    let fetched = if usable {
        fetch::keys(&portal, registry, clients, now).await?
    } else {
        fetch::not_asked()
    };
    let refused = !usable || fetched.findings.iter().any(Finding::blocks);
    findings.extend(fetched.findings);
    portal.session = fetched.keys;
    let named = portal.account.as_str().parse().ok().or(registered);
    let view = portal.session.as_ref().map(|keys| clients.aws.with_session(keys));
    let boundary = portal.permission_boundary.clone();
    let credential = Credential::AccessPortal(Box::new(portal));
    let (inside, accepted) = join!(
        inside(view.as_ref(), named, boundary.as_ref(), demand),
        accepted(registry, &credential, refused, demand),
    );
    let (inside, account) = inside?;
    let account = account.or(named);
    findings.push(known(account, refused));
    findings.extend(inside);
    findings.extend(accepted?);
    Ok(Examined { findings, account, credential })
}

/// An account or mission may be called by a name (X05), of which only the portal's keys tell which AWS account it is.
fn known(account: Option<AccountId>, refused: bool) -> Finding {
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
fn role_name(portal: &AccessPortal) -> Finding {
    let (prefix, role) = (portal.prefix.effective(), portal.role.as_str());
    let length = prefix.len() + role.len();
    if length > LONGEST_ROLE_NAME {
        return ROLE_NAME.failed(
            format!("{prefix}{role} has {length} characters"),
            format!("shorten rolePrefix or role: together they may have {LONGEST_ROLE_NAME}"),
        );
    }
    ROLE_NAME.passed(format!("{prefix}{role}, {length} of {LONGEST_ROLE_NAME} characters"))
}

/// What the account shows to the portal's keys (X09, X12).
async fn inside(
    view: Option<&Aws>,
    named: Option<AccountId>,
    boundary: Option<&PolicyArn>,
    demand: Demand<'_>,
) -> Result<(Vec<Finding>, Option<AccountId>), PortError> {
    let (reason, remedy) = ("there are no keys to ask with", "mend portal.keys");
    let Some(aws) = view else {
        let mut findings = session::unverified(reason, remedy);
        findings.extend(unseen(boundary, reason, remedy));
        return Ok((findings, None));
    };
    let whose = session::of_caller(aws, aws.caller().await, demand.partition, named).await?;
    let mut findings = whose.findings;
    let Some(principal) = &whose.principal else {
        let reason = "the portal's keys are not those of a role";
        findings.extend(unseen(boundary, reason, "mend aws.identity-is-role"));
        return Ok((findings, whose.account));
    };
    let bounded = async {
        match boundary {
            Some(arn) => policy_arns::boundary(aws, &BOUNDARY, arn).await,
            None => Ok(unbounded()),
        }
    };
    let (permissions, arns, bounded) = join!(
        permissions::check(aws, principal, demand.profile),
        policy_arns::exist(aws, demand.policies),
        bounded,
    );
    findings.extend(permissions?);
    findings.push(arns?);
    findings.push(bounded?);
    Ok((findings, whose.account))
}

fn unbounded() -> Finding {
    BOUNDARY.not_applicable("no permission boundary was asked for")
}

fn unseen(boundary: Option<&PolicyArn>, reason: &str, remedy: &str) -> Vec<Finding> {
    let mut findings = permissions::unverified(reason, remedy);
    findings.push(policy_arns::unverified(reason, remedy));
    findings.push(match boundary {
        Some(_) => BOUNDARY.unverified(reason, remedy),
        None => unbounded(),
    });
    findings
}

/// What Palette says, unless the portal has already said no.
async fn accepted(
    registry: &Accounts<'_>,
    credential: &Credential,
    refused: bool,
    demand: Demand<'_>,
) -> Result<Vec<Finding>, PortError> {
    if refused {
        let reason = "not asked, since the portal hands out no keys";
        return Ok(vec![
            POLICIES_ACCEPTED.not_applicable(reason),
            PALETTE_VALIDATES.not_applicable(reason),
        ]);
    }
    let (accepted, validates) = join!(
        validation::of_policies(registry, credential, demand),
        validation::of_credential(
            &PALETTE_VALIDATES,
            VALIDATION_REMEDY,
            registry,
            credential,
            demand
        ),
    );
    Ok(vec![accepted?, validates?])
}
