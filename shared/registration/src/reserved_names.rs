//! Rejects requests whose name is reserved for an account that is registered automatically.

use gangway_checks::PaletteStateCheck;
use gangway_model::{AccountId, AccountName, Operation, RegistrationError};

use crate::AppContext;

impl AppContext {
    /// Checks that the name of a request is not reserved for another AWS account, a vended account.
    /// If a request could use the name, the vended account could not be registered. `role_account`
    /// is the AWS account of the role that Palette assumes; vended accounts are registered with the
    /// method `sts`. An account that has a reserved name already may keep it.
    ///
    /// # Errors
    ///
    /// Returns [`RegistrationError::Invalid`] if the name is reserved.
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
        // If Palette denies access, its accounts are not known. Then the checks fail for that
        // reason.
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
