//! Reads the state of Palette before a registration: whether Palette accepts the API key, and which
//! accounts exist.

use gangway_model::{
    AccountName, CloudAccount, ExistingAccounts, Operation, RegistrationError, Scope,
};

use crate::{
    AccountQuota, ScopedClient,
    accounts::{ACCOUNT_RESOURCE, LIST_RESOURCE},
    api_request::ApiRequest,
    error::{AttemptError, NO_PROJECT},
    response::{User, non_empty, parse_uid},
};

/// Whether Palette accepts Gangway's API key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ApiKeyStatus {
    /// The API key can list AWS accounts. `tenant` is the name of its tenant, if Palette returns
    /// one.
    Accepted { tenant: Option<String> },
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
    /// Quota of cloud accounts. `None` if Palette does not return it, or if no account would be
    /// created.
    pub account_quota: Option<AccountQuota>,
}

impl ScopedClient<'_> {
    /// Fetches the user of the API key and the account of this name. For a replacement, also
    /// fetches the account to replace; for a new account, the quota of cloud accounts. The requests
    /// are sent at the same time, but those for the quota need the uid of the tenant.
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
        let user_and_quota = async {
            let user = self.fetch_user().await;
            let quota = self.fetch_quota_for(operation, &user).await;
            (user, quota)
        };
        let ((user, account_quota), by_name, by_uid) = tokio::join!(
            user_and_quota,
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
            let existing = ExistingAccounts::default();
            return Ok(PaletteState { api_key, existing, account_quota: None });
        }
        let by_name = by_name.map_err(|error| self.to_list_error(error))?;
        let by_uid = by_uid?;
        let api_key = match user {
            Ok(User { org_name, .. }) => ApiKeyStatus::Accepted { tenant: non_empty(org_name) },
            Err(error) if error.is_not_found() => ApiKeyStatus::UnknownUser,
            Err(error) => return Err(error.into_upstream("user of this API key").into()),
        };
        let existing = ExistingAccounts { by_uid, by_name };
        Ok(PaletteState { api_key, existing, account_quota })
    }

    /// Fetches the quota of cloud accounts if the operation can create an account. An error gives
    /// `None`: the quota is only a forecast, and Palette enforces it.
    async fn fetch_quota_for(
        &self,
        operation: &Operation,
        user: &Result<User, AttemptError>,
    ) -> Option<AccountQuota> {
        match operation {
            Operation::Replace(_) => None,
            Operation::Validate | Operation::Register => {
                let tenant = parse_uid(&user.as_ref().ok()?.tenant_uid)?;
                self.fetch_account_quota(&tenant).await.ok().flatten()
            }
        }
    }

    async fn fetch_user(&self) -> Result<User, AttemptError> {
        // Palette refuses the header `ProjectUid` at this endpoint, so the request is sent for the
        // tenant.
        self.palette.send(&ApiRequest::get("/v1/users/info"), &Scope::Tenant).await?.json()
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
