use crate::{ExistingAccounts, Registration, Report};

/// The result of the checks that run before a registration.
#[derive(Debug)]
pub struct PreflightResult {
    pub report: Report,
    /// The data of the account to register. `None` if Gangway could not determine all of it, for
    /// example the AWS account, because a check failed.
    pub registration: Option<Registration>,
    /// The cloud accounts that already exist in Palette with the requested name or uid.
    pub existing: ExistingAccounts,
}
