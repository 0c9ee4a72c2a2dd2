//! The checks of an IAM user's keys (S01–S08), and those that every method shares.

use aws::{
    Aws, Principal,
    checks::{identity, keys, permissions, policy_arns},
};
use deployment::{
    Accounts, Deployment,
    validation::{self, POLICIES_ACCEPTED},
};
use domain::{
    Check, Credential, Failure, Finding, Intent, Method, PortError, Preflight, Report, Settings,
    Severity, StaticKeys, next_steps,
};
use tokio::join;

use crate::request::Wish;

static PALETTE_VALIDATES: Check = Check {
    id: "palette.validation",
    title: "Palette gets in with these keys",
    severity: Severity::Blocker,
    covers: &["C17"],
};

/// Asks everything that can be asked at the same time, in two rounds: whose keys these are, then what they may do.
pub(crate) async fn run(
    wish: Wish<StaticKeys>,
    intent: &Intent,
    registry: &Accounts<'_>,
    deployment: &Deployment,
) -> Result<Preflight, Failure> {
    let Wish { settings, keys } = wish;
    let user = deployment.aws.with_keys(&keys);
    let (caller, look, gateway) = join!(
        user.caller(),
        registry.look(&settings.name, intent),
        registry.gateway(settings.gateway.as_ref()),
    );
    let (look, gateway) = (look?, gateway?);
    let whose = identity::of_caller(caller, settings.partition)?;
    let credential = Credential::StaticKeys(keys);
    let (allowed, accepted) = join!(
        allowed(&user, whose.principal.as_ref(), &settings),
        accepted(registry, &settings, &credential, whose.account.is_some()),
    );
    let notice = next_steps::notice(settings.partition, Method::StaticCredentials, settings.profile);
    let notices = [notice].into_iter().chain(policies::notices(settings.profile)).collect();
    let (partition, account) = (settings.partition, whose.account);
    let registration = account.map(|account| {
        settings.register(account, registry.scope().clone(), gateway.uid, credential)
    });
    let name = look.known.name_finding(intent, registration.as_ref());
    let mut findings = vec![look.session, name];
    findings.extend(whose.findings);
    findings.extend(allowed?);
    findings.extend(gateway.findings);
    findings.extend(accepted?);
    let report = Report { partition, method: Method::StaticCredentials, account, findings, notices };
    Ok(Preflight { report, registration, known: look.known })
}

/// What the user may do, seen with its own keys.
async fn allowed(
    user: &Aws,
    principal: Option<&Principal>,
    settings: &Settings,
) -> Result<Vec<Finding>, PortError> {
    let Some(principal) = principal else {
        let (reason, remedy) = ("the keys do not belong to an IAM user", "mend the checks above");
        let mut findings = vec![keys::unverified(reason, remedy)];
        findings.extend(permissions::unverified(reason, remedy));
        findings.push(policy_arns::unverified(reason, remedy));
        return Ok(findings);
    };
    let (age, permissions, arns) = join!(
        keys::age(user, principal),
        permissions::check(user, principal, settings.profile),
        policy_arns::exist(user, &settings.policies),
    );
    let mut findings = vec![age?];
    findings.extend(permissions?);
    findings.push(arns?);
    Ok(findings)
}

/// What Palette says, unless STS has already refused the keys.
async fn accepted(
    registry: &Accounts<'_>,
    settings: &Settings,
    credential: &Credential,
    known: bool,
) -> Result<Vec<Finding>, PortError> {
    if !known {
        let reason = "not asked, since AWS does not know these keys";
        return Ok(vec![
            POLICIES_ACCEPTED.not_applicable(reason),
            PALETTE_VALIDATES.not_applicable(reason),
        ]);
    }
    let (partition, policies) = (settings.partition, settings.policies.as_slice());
    let remedy = "see that Palette reaches this partition and that the keys are active; then validate again";
    let (accepted, validates) = join!(
        validation::of_policies(registry, partition, credential, policies),
        validation::of_credential(&PALETTE_VALIDATES, remedy, registry, (partition, credential, policies)),
    );
    Ok(vec![accepted?, validates?])
}
