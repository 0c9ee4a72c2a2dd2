//! Runs the checks before a registration, in two rounds of parallel calls. The first round checks
//! Palette and connects to the AWS accounts. The second round runs the checks of the method.

use gangway_checks::{
    PaletteChecks, ScopedClient, own_account, palette_quota,
    pod_identity::{
        self, AccountAccess, catalogue::VALIDATION, check_palette_validation, evaluate_all,
    },
};
use gangway_model::{
    AccountId, AuthMethod, Finding, Operation, PreflightResult, RegistrationError,
};
use gangway_registration::AppContext;
use tokio::join;

use crate::{
    ensure::{self, RequestedAccount},
    request::PodIdentityRequest,
};

/// Runs all checks, and makes the changes that the request asks for (`ensureAssociations`,
/// `ensureConfigMap`, `ensureAgent`).
pub(crate) async fn run_checks(
    request: PodIdentityRequest,
    operation: &Operation,
    palette_accounts: &ScopedClient<'_>,
    context: &AppContext,
    function_account: Option<AccountId>,
) -> Result<PreflightResult, RegistrationError> {
    let setup = request.setup(&context.clients);
    let credential = request.credential();
    let roles_with_fields = request.roles_with_fields();
    let (roles_allowed, palette, access) = join!(
        own_account::ensure_roles_allowed(
            roles_with_fields,
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
    roles_allowed?;
    let (mut palette, access) = (palette?, access?);
    let name = &request.settings.name;
    context.ensure_name_not_reserved(name, None, &palette.state, operation)?;
    let (checked, quota) = join!(
        pod_identity::run_checks(&setup, credential.clone(), &access, palette_accounts),
        palette_quota::check(palette_accounts, &palette.state, operation),
    );
    let (mut observations, checks) = checked?;
    palette.quota = quota;
    let mut preflight = checks.into_preflight(
        AuthMethod::PodIdentity,
        palette,
        request.settings.clone(),
        operation,
        palette_accounts,
    );
    let findings = &mut preflight.report.findings;
    let requested_account =
        RequestedAccount { request: &request, operation, scope: palette_accounts.scope() };
    let palette = &context.clients.palette;
    let changes =
        ensure::apply_changes(&access, requested_account, palette, &mut observations, findings)
            .await?;
    if changes.is_empty() {
        return Ok(preflight);
    }
    let mut updated_findings = evaluate_all(&observations, &setup);
    // Another invocation may have created the associations after Palette's validation. Then Palette
    // must validate again, although this invocation changed nothing.
    let must_validate_again =
        findings.iter().any(|finding| finding.check.id == VALIDATION.id && finding.is_blocking());
    if changes.iter().any(|change| change.has_changed)
        || (must_validate_again && *operation != Operation::Validate)
    {
        let validation = check_palette_validation(palette_accounts, &credential, setup.required);
        updated_findings.push(validation.await?);
    }
    replace_findings(findings, updated_findings);
    findings.extend(changes.into_iter().map(|change| change.finding));
    if let Some(registration) = &preflight.registration {
        preflight.report.waive(&registration.waived_checks);
    }
    Ok(preflight)
}

/// Replaces each finding for which `updated_findings` contains a finding of the same check.
fn replace_findings(findings: &mut [Finding], updated_findings: Vec<Finding>) {
    for new_finding in updated_findings {
        if let Some(finding) = findings.iter_mut().find(|old| old.check.id == new_finding.check.id)
        {
            *finding = new_finding;
        }
    }
}
