//! What is asked before a role is registered, in two rounds: what Palette knows, then what the account shows.

use gangway_checks::ScopedAccounts;
use gangway_checks::{InspectionAccess, MethodFindings, role};
use gangway_model::{AccountId, AuthMethod, Operation, PreflightResult, RegistrationError};
use gangway_registration::AppContext;
use tokio::join;

use crate::request::StsRequest;

/// The questions of a round are asked at the same time.
pub(crate) async fn run_checks(
    wish: StsRequest,
    intent: &Operation,
    registry: &ScopedAccounts<'_>,
    deployment: &AppContext,
    own: Option<AccountId>,
) -> Result<PreflightResult, RegistrationError> {
    let StsRequest { settings, role } = wish;
    let (look, gateway, facts, eyes) = join!(
        registry.fetch_state(&settings.name, intent),
        registry.gateway(settings.gateway.as_ref()),
        registry.sts_source_account(settings.partition),
        InspectionAccess::connect(role.account(), own, &deployment.clients),
    );
    let (look, gateway, eyes) = (look?, gateway?, eyes?);
    let examined = role::run_checks(&role, facts, &eyes, registry, (&settings).into()).await?;

    let found = MethodFindings {
        method: AuthMethod::Sts,
        account: Some(role.account()),
        credential: examined.credential,
        palette: look,
        gateway,
        findings: examined.findings,
        notices: Vec::new(),
    };
    Ok(found.into_preflight(settings, intent, registry))
}
