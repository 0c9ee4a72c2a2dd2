//! Reads the state of Palette before a registration: whether Palette accepts the API key, and which
//! accounts exist.

use gangway_model::{
    AccountName, CloudAccount, ExistingAccounts, Operation, RegistrationError, Scope, Uid,
};

use crate::{
    ScopedClient,
    accounts::{ACCOUNT_RESOURCE, LIST_RESOURCE},
    api_request::ApiRequest,
    error::{AttemptError, NO_PROJECT},
    response::{User, non_empty, parse_uid},
};

/// Whether Palette accepts Gangway's API key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ApiKeyStatus {
    /// The API key can list AWS accounts. `tenant` is the name of its tenant, and `tenant_uid` the
    /// uid, if Palette returns them.
    Accepted { tenant: Option<String>, tenant_uid: Option<Uid> },
    /// The API key can list AWS accounts, but Palette does not find the user of the key.
    UnknownUser,
    /// Palette refuses the API key, or the key lacks a permission. Contains the reason of Palette.
    Denied { reason: String },
}

/// State of Palette before a registration.
#[derive(Clone, Debug)]
pub struct PaletteState {
    pub api_key: ApiKeyStatus,
    /// Accounts of the same name or uid. Empty if the status of the API key is `Denied`.
    pub existing: ExistingAccounts,
}

impl ScopedClient<'_> {
    /// Fetches the user of the API key and the account of this name. For a replacement, also
    /// fetches the account to replace. The requests are sent at the same time.
    ///
    /// # Errors
    ///
    /// - [`RegistrationError::NotFound`] if the account to replace does not exist, or if it belongs
    ///   to another scope.
    /// - [`RegistrationError::Invalid`] if the project does not exist.
    pub async fn fetch_state(
        &self,
        name: &AccountName,
        operation: &Operation,
    ) -> Result<PaletteState, RegistrationError> {
        let (user, by_name, by_uid) = tokio::join!(
            self.fetch_user(),
            self.find_by_exact_name(name),
            self.fetch_account_to_replace(operation)
        );
        // Palette has returned the user, so the API key is valid. The refusal means that the
        // project does not exist or is not visible.
        let is_valid_key_in_project = matches!(self.scope, Scope::Project(_)) && user.is_ok();
        if is_valid_key_in_project
            && by_name.as_ref().is_err_and(|error| error.access_denied_reason().is_some())
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
        let by_name = by_name.map_err(|error| self.to_list_error(error))?;
        let by_uid = by_uid?;
        let api_key = match user {
            Ok(User { org_name, tenant_uid }) => ApiKeyStatus::Accepted {
                tenant: non_empty(org_name),
                tenant_uid: parse_uid(&tenant_uid),
            },
            Err(error) if error.is_not_found() => ApiKeyStatus::UnknownUser,
            Err(error) => return Err(error.into_upstream("user of this API key").into()),
        };
        Ok(PaletteState { api_key, existing: ExistingAccounts { by_uid, by_name } })
    }

    async fn fetch_user(&self) -> Result<User, AttemptError> {
        self.fetch_from_tenant(ApiRequest::get("/v1/users/info")).await
    }

    async fn fetch_account_to_replace(
        &self,
        operation: &Operation,
    ) -> Result<Option<CloudAccount>, RegistrationError> {
        let uid = match operation {
            Operation::Validate | Operation::Register => return Ok(None),
            Operation::Replace(uid) => uid,
        };
        match self.read_account(uid).await {
            Ok(account) => Ok(Some(account)),
            // Palette returns "forbidden" for an account of another scope.
            Err(error) if error.is_not_found() || error.access_denied_reason().is_some() => {
                Err(RegistrationError::NotFound(
                    "Palette shows no AWS account with this uid in this scope".to_owned(),
                ))
            }
            Err(error) => Err(error.into_upstream(ACCOUNT_RESOURCE).into()),
        }
    }

    /// Converts the error of a request for the list of accounts. In a project, *not found* means
    /// that the project does not exist.
    fn to_list_error(&self, error: AttemptError) -> RegistrationError {
        match self.scope {
            Scope::Project(_) if error.is_not_found() => NO_PROJECT.into(),
            Scope::Project(_) | Scope::Tenant => error.into_upstream(LIST_RESOURCE).into(),
        }
    }
}
