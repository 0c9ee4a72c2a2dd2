//! The checks of a role that Palette is to assume (D01–D13), and those that every method shares.

use aws::{
    Principal,
    checks::{permissions, policy_arns, role},
};
use deployment::{
    Accounts, Deployment, Eyes,
    validation::{self, POLICIES_ACCEPTED},
};
use domain::{
    AccountId, AssumedRole, Check, Credential, Failure, Finding, Intent, Method, Outcome, PortError,
    Preflight, Report, RoleArn, Settings, Severity, next_steps,
};
use palette::{TrustFacts, Verdict};
use tokio::join;

use crate::request::Wish;

static SOURCE_ACCOUNT: Check = Check {
    id: "sts.source-account",
    title: "Palette tells the AWS account that it comes from, and the tenant's external id",
    severity: Severity::Blocker,
    covers: &["D01", "D03", "D04"],
};

static ROLE_ARN: Check = Check {
    id: "sts.role-arn",
    title: "The role's ARN is one of this partition",
    severity: Severity::Blocker,
    covers: &["C03", "C04", "D12"],
};

static PALETTE_ASSUMES: Check = Check {
    id: "palette.validation",
    title: "Palette assumes the role with the external id",
    severity: Severity::Blocker,
    covers: &["C17", "C05", "D02", "D11"],
};

static ENFORCED: Check = Check {
    id: "sts.external-id-enforced",
    title: "The role refuses Palette when it presents another external id",
    severity: Severity::Warning,
    covers: &["D07", "D11"],
};

const TRUST_REMEDY: &str = "correct the role's trust policy: GET /v1/accounts/sts/trust shows the one that Palette needs";

/// Asks everything that can be asked at the same time, in two rounds: what Palette knows, then what the account shows.
pub(crate) async fn run(
    wish: Wish,
    intent: &Intent,
    registry: &Accounts<'_>,
    deployment: &Deployment,
    own: Option<AccountId>,
) -> Result<Preflight, Failure> {
    let Wish { settings, role } = wish;
    let (look, gateway, facts, eyes) = join!(
        registry.look(&settings.name, intent),
        registry.gateway(settings.gateway.as_ref()),
        registry.sts_trust(settings.partition),
        deployment.eyes_into(role.account(), own),
    );
    let (look, gateway, facts, eyes) = (look?, gateway?, facts?, eyes?);
    let (source, assumed) = source_account(&facts, &role);
    let (seen, assumable) = join!(
        inside(&eyes, &role, &settings, assumed.as_ref().map(|(_, trust)| trust)),
        assumable(registry, &settings, assumed.as_ref().map(|(assumed, _)| assumed)),
    );
    let account = role.account();
    let notice = next_steps::notice(settings.partition, Method::Sts, settings.profile);
    let notices = [notice].into_iter().chain(policies::notices(settings.profile)).collect();
    let partition = settings.partition;
    let registration = assumed.map(|(assumed, _)| {
        let scope = registry.scope().clone();
        settings.register(account, scope, gateway.uid, Credential::AssumedRole(assumed))
    });
    let name = look.known.name_finding(intent, registration.as_ref());
    let arn = ROLE_ARN.passed(format!("role {} of account {account}", role.name()));
    let mut findings = vec![look.session, name, arn, source];
    findings.extend(seen?);
    findings.extend(gateway.findings);
    findings.extend(assumable?);
    let account = Some(account);
    let report = Report { partition, method: Method::Sts, account, findings, notices };
    Ok(Preflight { report, registration, known: look.known })
}

/// What the role's trust must name.
type Trust = (AccountId, String);

/// The source account and external id (D01, D03, D04), and with them the credential.
fn source_account(facts: &TrustFacts, role: &RoleArn) -> (Finding, Option<(AssumedRole, Trust)>) {
    match (facts.account, &facts.external_id) {
        (Some(account), Some(external_id)) => {
            let assumed = AssumedRole { role: role.clone(), external_id: external_id.clone() };
            let finding = SOURCE_ACCOUNT.passed(format!("Palette comes from account {account}"));
            (finding, Some((assumed, (account, external_id.clone()))))
        }
        (None, _) if !facts.raw_account.is_empty() => (
            SOURCE_ACCOUNT.failed(
                "the account id that Palette tells does not have 12 digits",
                "have the operator of Palette correct the account id of its STS source account",
            ),
            None,
        ),
        (None, _) | (_, None) => (
            SOURCE_ACCOUNT.failed(
                "Palette tells no source account or no external id for this partition",
                "have the operator of Palette enable STS for this partition in the system console, or use another method",
            ),
            None,
        ),
    }
}

/// What the account's IAM shows (D05–D10 and the permissions).
async fn inside(
    eyes: &Eyes,
    role: &RoleArn,
    settings: &Settings,
    trust: Option<&Trust>,
) -> Result<Vec<Finding>, PortError> {
    let (aws, principal) = match eyes {
        Eyes::Open(aws) => (aws, Principal::Role(role.clone())),
        Eyes::Shut { reason, remedy } => return Ok(unseen(reason, remedy)),
    };
    let (read, permissions, arns) = join!(
        role::read(aws, role),
        permissions::check(aws, &principal, settings.profile),
        policy_arns::exist(aws, &settings.policies),
    );
    let (mut findings, document) = role::findings(read, role)?;
    findings.extend(match (document, trust) {
        (Some(document), Some((account, external_id))) => {
            policies::trust::analyse(&document, account, external_id, settings.partition)
        }
        (None, _) => policies::trust::unverified("the role could not be read", "mend the checks above"),
        (_, None) => policies::trust::unverified(
            "Palette does not tell whom the role must trust",
            "mend the check of Palette's source account",
        ),
    });
    findings.extend(permissions?);
    findings.push(arns?);
    Ok(findings)
}

/// The same checks where nothing can be seen.
fn unseen(reason: &str, remedy: &str) -> Vec<Finding> {
    let mut findings = role::unverified(reason, remedy);
    findings.extend(policies::trust::unverified(reason, remedy));
    findings.extend(permissions::unverified(reason, remedy));
    findings.push(policy_arns::unverified(reason, remedy));
    findings
}

/// Palette's own attempt, and one that must fail: the same with another external id (D11).
async fn assumable(
    registry: &Accounts<'_>,
    settings: &Settings,
    assumed: Option<&AssumedRole>,
) -> Result<Vec<Finding>, PortError> {
    let Some(assumed) = assumed else {
        let reason = "not asked, since Palette has no way to assume a role in this partition";
        return Ok(vec![
            ENFORCED.not_applicable(reason),
            POLICIES_ACCEPTED.not_applicable(reason),
            PALETTE_ASSUMES.not_applicable(reason),
        ]);
    };
    let (partition, policies) = (settings.partition, settings.policies.as_slice());
    let proper = Credential::AssumedRole(assumed.clone());
    let external_id = format!("not-{}", assumed.external_id);
    let strange = Credential::AssumedRole(AssumedRole { external_id, role: assumed.role.clone() });
    let (assumes, accepted, stranger) = join!(
        validation::of_credential(&PALETTE_ASSUMES, TRUST_REMEDY, registry, (partition, &proper, policies)),
        validation::of_policies(registry, partition, &proper, policies),
        registry.validate(partition, &strange, policies),
    );
    let assumes = assumes?;
    let enforced = match (&assumes.outcome, stranger) {
        (Outcome::Passed, Ok(Verdict::Refused(_))) => {
            ENFORCED.passed("another external id was refused")
        }
        (Outcome::Passed, Ok(Verdict::Accepted)) => ENFORCED.failed(
            "Palette got in with an external id that is not this tenant's, so another tenant could get in too",
            "require the external id in every statement of the role's trust policy that lets Palette's account in",
        ),
        (Outcome::Passed, Err(error)) => ENFORCED.unverified(error.to_string(), "validate again"),
        (Outcome::Failed { .. } | Outcome::Unverified { .. } | Outcome::NotApplicable, _) => {
            ENFORCED.not_applicable("not known while the role cannot be assumed at all")
        }
    };
    Ok(vec![enforced, accepted?, assumes])
}
