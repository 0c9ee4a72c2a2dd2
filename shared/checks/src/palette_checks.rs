use gangway_model::{AccountSpec, Finding, Operation, RegistrationError};
use tokio::join;

use crate::{GatewayCheck, PaletteStateCheck, ScopedClient, gateway, palette_quota, palette_state};

/// The results of the checks of Palette that every registration needs, with any method.
#[derive(Clone, Debug)]
pub struct PaletteChecks {
    /// The finding about the API key, and the accounts that Palette already has.
    pub state: PaletteStateCheck,
    pub gateway: GatewayCheck,
    /// The finding of [`palette_quota::check`]. `None` if the quota is not checked.
    pub quota: Option<Finding>,
}

impl PaletteChecks {
    /// Checks the state of Palette and the requested private cloud gateway, at the same time.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`palette_state::check`] and of [`gateway::check`].
    pub async fn run(
        accounts: &ScopedClient<'_>,
        spec: &AccountSpec,
        operation: &Operation,
    ) -> Result<Self, RegistrationError> {
        let (state, gateway) = join!(
            palette_state::check(accounts, &spec.name, operation),
            gateway::check(accounts, spec.gateway.as_ref()),
        );
        Ok(Self { state: state?, gateway: gateway?, quota: None })
    }

    /// Does the same as [`run`](Self::run), then also checks the quota of cloud accounts. For
    /// callers whose other checks need nothing from Palette, and so run during all these requests.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`run`](Self::run).
    pub async fn run_with_quota(
        accounts: &ScopedClient<'_>,
        spec: &AccountSpec,
        operation: &Operation,
    ) -> Result<Self, RegistrationError> {
        let checks = Self::run(accounts, spec, operation).await?;
        let quota = palette_quota::check(accounts, &checks.state, operation).await;
        Ok(Self { quota, ..checks })
    }
}
