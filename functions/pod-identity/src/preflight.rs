//! What is asked before the role is registered, in two rounds: what Palette knows and whose eyes there are, then
//! everything else at the same time.

use gangway_checks::ScopedAccounts;
use gangway_checks::{
    InspectionAccess, MethodFindings, RequiredPermissions, catalogue::palette::VALIDATION,
    palette_validation, pod_identity::check_palette_validation,
};
use gangway_model::{
    AccountId, AuthMethod, Credential, Finding, Operation, PodIdentityRole, PreflightResult,
    RegistrationError, UpstreamError,
};
use gangway_registration::AppContext;
use tokio::join;

use crate::{
    ensure, evaluate, notices,
    observations::{AccountAccess, Observations},
    request::PodIdentityRequest,
};

/// The questions of a round are asked at the same time.
pub(crate) async fn run_checks(
    wish: PodIdentityRequest,
    intent: &Operation,
    registry: &ScopedAccounts<'_>,
    deployment: &AppContext,
    own: Option<AccountId>,
) -> Result<PreflightResult, RegistrationError> {
    let role = wish.roles.palette().clone();
    let credential = Credential::PodIdentity(PodIdentityRole {
        role: role.clone(),
        permission_boundary: wish.boundary.clone(),
    });
    let (look, gateway, views) = join!(
        gangway_checks::palette_state::check(registry, &wish.settings.name, intent),
        gangway_checks::gateway::check(registry, wish.settings.gateway.as_ref()),
        open_accounts(&wish, own, deployment),
    );
    let (look, gateway, views) = (look?, gateway?, views?);
    let demand = RequiredPermissions::from(&wish.settings);
    let (facts, validated, accepted) = join!(
        Observations::collect(&views, &wish),
        check_palette_validation(registry, &credential, demand),
        palette_validation::check_policies(registry, &credential, demand),
    );
    let mut facts = facts?;
    let mut findings = evaluate::evaluate_all(&facts, &wish);
    findings.append(&mut facts.permissions);
    findings.extend([facts.policies.clone(), accepted?, validated?]);
    let found = MethodFindings {
        method: AuthMethod::PodIdentity,
        account: Some(role.account()),
        credential: Some(credential.clone()),
        palette: look,
        gateway,
        findings,
        notices: notices::notices(&facts, &wish),
    };
    let mut preflight = found.into_preflight(wish.settings.clone(), intent, registry);
    let done = ensure::apply(&views, &wish, intent, &mut facts, &preflight.report.findings).await?;
    if done.is_empty() {
        return Ok(preflight);
    }
    let mut news = evaluate::evaluate_all(&facts, &wish);
    // Others may have made the associations meanwhile: then Palette was asked too early, though this run changes nothing.
    let too_early = preflight
        .report
        .findings
        .iter()
        .any(|finding| finding.check.id == VALIDATION.id && finding.is_blocking());
    if done.iter().any(|done| done.changed) || (too_early && *intent != Operation::Validate) {
        news.push(check_palette_validation(registry, &credential, demand).await?);
    }
    replace_findings(&mut preflight.report.findings, news);
    preflight.report.findings.extend(done.into_iter().map(|done| done.finding));
    Ok(preflight)
}

/// Puts later answers in the place of earlier ones to the same checks.
fn replace_findings(findings: &mut [Finding], news: Vec<Finding>) {
    for news in news {
        if let Some(old) = findings.iter_mut().find(|old| old.check.id == news.check.id) {
            *old = news;
        }
    }
}

/// Into the cluster's account, and into the target account where that is another.
async fn open_accounts(
    wish: &PodIdentityRequest,
    own: Option<AccountId>,
    deployment: &AppContext,
) -> Result<AccountAccess, UpstreamError> {
    let (local, target) = (wish.cluster.account, wish.roles.palette().account());
    let into = |account| InspectionAccess::connect(account, own, &deployment.clients);
    let (cluster, target) = join!(into(local), async {
        if target == local { Ok(None) } else { into(target).await.map(Some) }
    });
    let own = (own != Some(local)).then(|| deployment.clients.aws.clone());
    Ok(AccountAccess { cluster: cluster?, target: target?, own })
}
