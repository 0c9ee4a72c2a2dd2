use crate::{ExistingAccounts, Registration, Report};

/// The result of the checks that run before a registration.
#[derive(Debug)]
pub struct PreflightResult {
    pub report: Report,
    /// The account to register. `None` if a failed check left a part of it unknown.
    pub registration: Option<Registration>,
    /// The accounts that Palette already has under this name or uid.
    pub existing: ExistingAccounts,
}
