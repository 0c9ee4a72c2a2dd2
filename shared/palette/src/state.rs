//! The state of Palette before a registration: whether the API key works, and which accounts exist.

use gangway_model::{
    AccountName, CloudAccount, ExistingAccounts, Operation, RegistrationError, Scope,
};

use crate::{
    ScopedClient,
    accounts::{ACCOUNT, LIST},
    api_request::ApiRequest,
    error::{AttemptError, NO_PROJECT},
    response::{User, non_empty},
};

/// What Palette lets Gangway's API key do.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ApiKeyStatus {
    /// AWS accounts can be listed. `tenant` is the name of the key's organization, if Palette
    /// returns one.
    Accepted { tenant: Option<String> },
    /// AWS accounts can be listed, but Palette has no user of this key.
    UnknownUser,
    /// Palette denies access, for this reason.
    Denied { reason: String },
}

/// The state of Palette before a registration.
#[derive(Clone, Debug)]
pub struct PaletteState {
    pub api_key: ApiKeyStatus,
    /// Empty if the key is denied.
    pub existing: ExistingAccounts,
}

impl ScopedClient<'_> {
    /// Fetches, at the same time, the user of the API key, the account of this name and, for a
    /// replacement, the account to replace.
    ///
    /// # Errors
    ///
    /// - [`RegistrationError::NotFound`] if the account to replace does not exist.
    /// - [`RegistrationError::Invalid`] if the project does not exist, or if the account to replace
    ///   belongs to another scope: Palette cannot move it.
    pub async fn fetch_state(
        &self,
        name: &AccountName,
        operation: &Operation,
    ) -> Result<PaletteState, RegistrationError> {
        let (user, by_name, by_uid) =
            tokio::join!(self.user(), self.find_by_exact_name(name), self.target(operation));
        // Palette accepts the key, so it is the project that does not exist or is not visible.
        let in_project = matches!(self.scope, Scope::Project(_)) && user.is_ok();
        if in_project && by_name.as_ref().is_err_and(|error| error.access_denied_reason().is_some())
        {
            return Err(NO_PROJECT.into());
        }
        let errors = [user.as_ref().err(), by_name.as_ref().err()];
        if let Some(reason) =
            errors.into_iter().flatten().find_map(AttemptError::access_denied_reason)
        {
            let api_key = ApiKeyStatus::Denied { reason: reason.to_owned() };
            return Ok(PaletteState { api_key, existing: ExistingAccounts::default() });
        }
        let by_name = by_name.map_err(|error| self.no_list(error))?;
        let by_uid = by_uid?;
        let api_key = match user {
            Ok(User { org_name }) => ApiKeyStatus::Accepted { tenant: non_empty(org_name) },
            Err(error) if error.is_not_found() => ApiKeyStatus::UnknownUser,
            Err(error) => return Err(error.into_upstream("user of this API key").into()),
        };
        Ok(PaletteState { api_key, existing: ExistingAccounts { by_uid, by_name } })
    }

    async fn user(&self) -> Result<User, AttemptError> {
        // This endpoint refuses a project header.
        self.palette.send(&ApiRequest::get("/v1/users/info"), &Scope::Tenant).await?.json()
    }

    async fn target(
        &self,
        operation: &Operation,
    ) -> Result<Option<CloudAccount>, RegistrationError> {
        let uid = match operation {
            Operation::Validate | Operation::Register => return Ok(None),
            Operation::Replace(uid) => uid,
        };
        match self.read(uid).await {
            Ok(account) => Ok(Some(account)),
            // Palette answers "forbidden" for an account of another scope.
            Err(error) if error.is_not_found() || error.access_denied_reason().is_some() => {
                Err(RegistrationError::NotFound(
                    "Palette shows no AWS account with this uid in this scope".to_owned(),
                ))
            }
            Err(error) => Err(error.into_upstream(ACCOUNT).into()),
        }
    }

    /// Maps the error of a list: within a project, *not found* is about the project.
    fn no_list(&self, error: AttemptError) -> RegistrationError {
        match self.scope {
            Scope::Project(_) if error.is_not_found() => NO_PROJECT.into(),
            Scope::Project(_) | Scope::Tenant => error.into_upstream(LIST).into(),
        }
    }
}
