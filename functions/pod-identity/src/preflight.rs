//! Checks before a registration, in two rounds of parallel calls: what Palette has and which
//! accounts Gangway can read, then everything else.

use gangway_checks::{
    MethodFindings, ScopedAccounts,
    pod_identity::{
        self, AccountAccess, PodIdentityChecks, catalogue::PALETTE_VALIDATES,
        check_palette_validation, evaluate_all, notices,
    },
};
use gangway_model::{
    AccountId, AuthMethod, Finding, Operation, PreflightResult, RegistrationError,
};
use gangway_registration::AppContext;
use tokio::join;

use crate::{ensure, request::PodIdentityRequest};

/// Runs all checks, and creates or corrects what the request allows Gangway to change.
pub(crate) async fn run_checks(
    request: PodIdentityRequest,
    operation: &Operation,
    palette_accounts: &ScopedAccounts<'_>,
    context: &AppContext,
    function_account: Option<AccountId>,
) -> Result<PreflightResult, RegistrationError> {
    let setup = request.setup();
    let credential = request.credential();
    let palette_role = setup.roles.palette();
    let (palette, gateway, access) = join!(
        gangway_checks::palette_state::check(palette_accounts, &request.settings.name, operation),
        gangway_checks::gateway::check(palette_accounts, request.settings.gateway.as_ref()),
        AccountAccess::connect(
            setup.cluster.account,
            palette_role,
            function_account,
            &context.clients
        ),
    );
    let (palette, gateway, access) = (palette?, gateway?, access?);
    let PodIdentityChecks { mut observations, findings } =
        pod_identity::run_checks(&setup, &credential, &access, palette_accounts).await?;
    let result = MethodFindings {
        method: AuthMethod::PodIdentity,
        account: Some(palette_role.account()),
        credential: Some(credential.clone()),
        palette,
        gateway,
        findings,
        notices: notices(&observations, &setup),
    };
    let mut preflight =
        result.into_preflight(request.settings.clone(), operation, palette_accounts);
    let findings = &mut preflight.report.findings;
    let applied = ensure::apply(&access, &request, operation, &mut observations, findings).await?;
    if applied.is_empty() {
        return Ok(preflight);
    }
    let mut updated = evaluate_all(&observations, &setup);
    // A concurrent run may have created the associations: then Palette validated too early,
    // although this run changed nothing.
    let validated_too_early = findings
        .iter()
        .any(|finding| finding.check.id == PALETTE_VALIDATES.id && finding.is_blocking());
    if applied.iter().any(|applied| applied.has_changed)
        || (validated_too_early && *operation != Operation::Validate)
    {
        let validated = check_palette_validation(palette_accounts, &credential, setup.required);
        updated.push(validated.await?);
    }
    replace_findings(findings, updated);
    findings.extend(applied.into_iter().map(|applied| applied.finding));
    Ok(preflight)
}

/// Replaces findings by newer ones of the same check.
fn replace_findings(findings: &mut [Finding], updated: Vec<Finding>) {
    for newer in updated {
        if let Some(finding) = findings.iter_mut().find(|old| old.check.id == newer.check.id) {
            *finding = newer;
        }
    }
}
