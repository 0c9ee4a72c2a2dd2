//! What every registration asks of Palette first, all at once: who we are, and what is there already.

use gangway_model::{
    AccountName, Check, CloudAccount, ExistingAccounts, Finding, Operation, RegistrationError,
    Scope, Severity, stores::ApiKeyProvider,
};

use crate::{
    ScopedClient,
    accounts::{ACCOUNT, LIST},
    api_request::ApiRequest,
    error::AttemptError,
    projects::NO_PROJECT,
    response::{User, belongs_to, non_empty},
};

pub static API_KEY_VALID: Check = Check {
    id: "palette.session",
    title: "Gangway's API key belongs to a Palette tenant administrator",
    severity: Severity::Blocker,
    covers: &["C01"],
    remedy: "Store the API key of a tenant administrator in the secret: [rotate it](operations.md#palettes-api-key).",
};

const REMEDY: &str = "keep the API key of a user with the tenant administrator role in the secret that \
                      PALETTE_API_KEY_SECRET names; cloud accounts are made in Tenant Settings";

/// What the first look at Palette shows.
#[derive(Clone, Debug)]
pub struct PaletteState {
    /// The answer to [`SESSION`].
    pub session: Finding,
    /// What is there already. Nothing is known where the session fails.
    pub existing: ExistingAccounts,
}

impl<K: ApiKeyProvider + Sync> ScopedClient<'_, K> {
    /// Looks at who the key belongs to, at the account of this name and, for a replacement, at the account of that uid.
    ///
    /// A key that is not let in is a failed finding. [`Failure::NotFound`] if the account to replace is not there,
    /// [`Failure::Invalid`] if the project is not, or if that account belongs to another scope, which nothing changes.
    pub async fn fetch_state(
        &self,
        name: &AccountName,
        intent: &Operation,
    ) -> Result<PaletteState, RegistrationError> {
        let (user, namesake, target) =
            tokio::join!(self.user(), self.find_by_exact_name(name), self.target(intent));
        // The key is taken; so it is the project that is not shown to it, or not there.
        let in_project = matches!(self.scope, Scope::Project(_)) && user.is_ok();
        if in_project
            && namesake.as_ref().is_err_and(|fault| fault.access_denied_reason().is_some())
        {
            return Err(NO_PROJECT.into());
        }
        let denied = [user.as_ref().err(), namesake.as_ref().err()];
        if let Some(reason) =
            denied.into_iter().flatten().find_map(AttemptError::access_denied_reason)
        {
            let session = API_KEY_VALID.failed(format!("Palette: {reason}"), REMEDY);
            return Ok(PaletteState { session, existing: ExistingAccounts::default() });
        }
        let namesake = namesake.map_err(|fault| self.no_list(fault))?;
        let target = target?;
        let session = match user {
            Ok(User { org_name }) => {
                let of = non_empty(org_name).map(|name| format!(" of {name}")).unwrap_or_default();
                API_KEY_VALID
                    .passed(format!("the key is taken{of}, and AWS accounts can be listed"))
            }
            Err(fault) if fault.not_found() => API_KEY_VALID.unverified(
                "AWS accounts can be listed, but Palette does not say whose the key is",
                REMEDY,
            ),
            Err(fault) => return Err(fault.into_upstream("user of this API key").into()),
        };
        Ok(PaletteState {
            session,
            existing: ExistingAccounts { by_uid: target, by_name: namesake },
        })
    }

    async fn user(&self) -> Result<User, AttemptError> {
        // The only call here that belongs to no scope.
        self.palette.send(&ApiRequest::get("/v1/users/info"), &Scope::Tenant).await?.json()
    }

    async fn target(&self, intent: &Operation) -> Result<Option<CloudAccount>, RegistrationError> {
        let uid = match intent {
            Operation::Validate | Operation::Register => return Ok(None),
            Operation::Replace(uid) => uid,
        };
        match self.read(uid).await {
            Ok(account) if belongs_to(&account, &self.scope) => Ok(Some(account)),
            Ok(_) => Err(RegistrationError::unprocessable(
                "/scope",
                "must be the scope that the account was made in: an account cannot be moved",
            )),
            // Palette calls an account of another scope forbidden.
            Err(fault) if fault.not_found() || fault.access_denied_reason().is_some() => {
                Err(RegistrationError::NotFound(
                    "Palette shows no AWS account with this uid in this scope".to_owned(),
                ))
            }
            Err(fault) => Err(fault.into_upstream(ACCOUNT).into()),
        }
    }

    /// In a project, the list is only missing if the project is.
    fn no_list(&self, fault: AttemptError) -> RegistrationError {
        match self.scope {
            Scope::Project(_) if fault.not_found() => NO_PROJECT.into(),
            Scope::Project(_) | Scope::Tenant => fault.into_upstream(LIST).into(),
        }
    }
}
