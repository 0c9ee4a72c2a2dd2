//! Rejects requests that take the name of an account which is registered automatically.

use gangway_checks::PaletteStateCheck;
use gangway_model::{AccountId, AccountName, Operation, RegistrationError};

use crate::AppContext;

impl AppContext {
    /// Checks that the request does not take the name of another AWS account's vended registration, which
    /// could then not be made. `role_account` is the account of the role that Palette assumes: vended
    /// accounts are registered with the method `sts`. An account that has the name already keeps it.
    ///
    /// # Errors
    ///
    /// `Invalid` if the name is reserved.
    pub fn ensure_name_not_reserved(
        &self,
        name: &AccountName,
        role_account: Option<AccountId>,
        palette: &PaletteStateCheck,
        operation: &Operation,
    ) -> Result<(), RegistrationError> {
        let Some(template) = &self.config.reserved_names else { return Ok(()) };
        let target = palette.existing.target_account(operation);
        let has_name_already = target.is_some_and(|account| account.name == name.as_str());
        // If Palette denies access to its accounts, the registration fails for that reason.
        if has_name_already
            || palette.session.is_blocking()
            || !template.reserves(name, role_account)
        {
            return Ok(());
        }
        Err(RegistrationError::unprocessable(
            "/name",
            format!(
                "must not fit {template}, the names of accounts that this deployment registers automatically: choose another name, or register the AWS account of that name with method sts"
            ),
        ))
    }
}
