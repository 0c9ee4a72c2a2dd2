use gangway_model::{AccountSpec, Operation, RegistrationError};
use tokio::join;

use crate::{GatewayCheck, PaletteStateCheck, ScopedClient, gateway, palette_state};

/// The results of the checks of Palette that every registration needs, with any method.
#[derive(Clone, Debug)]
pub struct PaletteChecks {
    /// The finding about the API key, and the accounts that Palette already has.
    pub state: PaletteStateCheck,
    pub gateway: GatewayCheck,
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
        Ok(Self { state: state?, gateway: gateway? })
    }
}
