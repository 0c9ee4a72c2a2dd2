//! The checks of Palette that every registration has, whatever its method.

use gangway_model::{AccountSpec, Operation, RegistrationError};
use tokio::join;

use crate::{GatewayCheck, PaletteStateCheck, ScopedClient, gateway, palette_state};

/// The state of Palette before a registration, and the requested private cloud gateway.
#[derive(Clone, Debug)]
pub struct PaletteChecks {
    /// The API key, and the accounts that Palette already has.
    pub state: PaletteStateCheck,
    pub gateway: GatewayCheck,
}

impl PaletteChecks {
    /// Runs both checks at the same time.
    ///
    /// # Errors
    ///
    /// Those of [`palette_state::check`] and of [`gateway::check`].
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
