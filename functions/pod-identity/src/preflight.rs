//! Checks before a registration, in two rounds of parallel calls: what Palette has and which
//! accounts Gangway can read, then everything else.

use gangway_checks::{
    PaletteChecks, ScopedClient, own_account,
    pod_identity::{
        self, AccountAccess, catalogue::PALETTE_VALIDATES, check_palette_validation, evaluate_all,
    },
};
use gangway_model::{
    AccountId, AuthMethod, Finding, Operation, PreflightResult, RegistrationError,
};
use gangway_registration::AppContext;
use tokio::join;

use crate::{
    ensure::{self, Registrant},
    request::PodIdentityRequest,
};

/// Runs all checks, and creates or changes what the request allows Gangway to change.
pub(crate) async fn run_checks(
    request: PodIdentityRequest,
    operation: &Operation,
    palette_accounts: &ScopedClient<'_>,
    context: &AppContext,
    function_account: Option<AccountId>,
) -> Result<PreflightResult, RegistrationError> {
    let setup = request.setup(&context.clients);
    let credential = request.credential();
    let named = request.roles_with_fields();
    let (allowed, palette, access) = join!(
        own_account::ensure_roles_allowed(
            named,
            function_account,
            &context.clients,
            palette_accounts
        ),
        PaletteChecks::run(palette_accounts, &request.settings, operation),
        AccountAccess::connect(
            setup.cluster.account,
            setup.roles.palette(),
            function_account,
            &context.clients
        ),
    );
    allowed?;
    let (palette, access) = (palette?, access?);
    let name = &request.settings.name;
    context.ensure_name_not_reserved(name, None, &palette.state, operation)?;
    let (mut observations, checks) =
        pod_identity::run_checks(&setup, credential.clone(), &access, palette_accounts).await?;
    let mut preflight = checks.into_preflight(
        AuthMethod::PodIdentity,
        palette,
        request.settings.clone(),
        operation,
        palette_accounts,
    );
    let findings = &mut preflight.report.findings;
    let registrant = Registrant { request: &request, operation, scope: palette_accounts.scope() };
    let palette = &context.clients.palette;
    let applied = ensure::apply(&access, registrant, palette, &mut observations, findings).await?;
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
    if let Some(registration) = &preflight.registration {
        preflight.report.waive(&registration.waived_checks);
    }
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
