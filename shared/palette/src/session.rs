//! What every registration asks of Palette first, all at once: who we are, and what is there already.

use gangway_model::{
    AccountName, Check, CloudAccount, Failure, Finding, Intent, Known, NAME_FREE, Registration,
    Scope, Severity, ports::Keyring,
};

use crate::{
    Scoped,
    accounts::{ACCOUNT, LIST},
    call::Call,
    fault::Fault,
    projects::NO_PROJECT,
    read::{User, belongs, some},
};

/// The API key belongs to a tenant administrator.
pub static SESSION: Check = Check {
    id: "palette.session",
    title: "Gangway's API key is that of a Palette tenant administrator",
    severity: Severity::Blocker,
    covers: &["C01"],
};

const REMEDY: &str = "keep the API key of a user with the tenant administrator role in the secret that \
                      PALETTE_API_KEY_SECRET names; cloud accounts are made in Tenant Settings";

/// What the first look at Palette shows.
#[derive(Clone, Debug)]
pub struct Look {
    /// The answer to [`SESSION`].
    pub session: Finding,
    /// What is there already. Nothing is known where the session fails.
    pub known: Known,
}

impl Look {
    /// The answer to [`NAME_FREE`] (C02). A list that was not shown does not show that the name is free.
    pub fn name_finding(&self, intent: &Intent, registration: Option<&Registration>) -> Finding {
        if self.session.blocks() {
            let observed = "Palette does not show its accounts to this key";
            return NAME_FREE.unverified(observed, "mend palette.session");
        }
        self.known.name_finding(intent, registration)
    }
}

impl<K: Keyring + Sync> Scoped<'_, K> {
    /// Looks at who the key belongs to, at the account of this name and, for a replacement, at the account of that uid.
    ///
    /// A key that is not let in is a failed finding. [`Failure::NotFound`] if the account to replace is not there,
    /// [`Failure::Invalid`] if the project is not, or if that account belongs to another scope, which nothing changes.
    pub async fn look(&self, name: &AccountName, intent: &Intent) -> Result<Look, Failure> {
        let (user, namesake, target) =
            tokio::join!(self.user(), self.named(name), self.target(intent));
        // The key is taken; so it is the project that is not shown to it, or not there.
        let in_project = matches!(self.scope, Scope::Project(_)) && user.is_ok();
        if in_project && namesake.as_ref().is_err_and(|fault| fault.denial().is_some()) {
            return Err(NO_PROJECT.into());
        }
        let denied = [user.as_ref().err(), namesake.as_ref().err()];
        if let Some(reason) = denied.into_iter().flatten().find_map(Fault::denial) {
            let session = SESSION.failed(format!("Palette: {reason}"), REMEDY);
            return Ok(Look { session, known: Known::default() });
        }
        let namesake = namesake.map_err(|fault| self.no_list(fault))?;
        let target = target?;
        let session = match user {
            Ok(User { org_name }) => {
                let of = some(org_name).map(|name| format!(" of {name}")).unwrap_or_default();
                SESSION.passed(format!("the key is taken{of}, and AWS accounts can be listed"))
            }
            Err(fault) if fault.missing() => SESSION.unverified(
                "AWS accounts can be listed, but Palette does not say whose the key is",
                REMEDY,
            ),
            Err(fault) => return Err(fault.port("user of this API key").into()),
        };
        Ok(Look { session, known: Known { target, namesake } })
    }

    async fn user(&self) -> Result<User, Fault> {
        // The only call here that belongs to no scope.
        self.palette.ask(&Call::get("/v1/users/info"), &Scope::Tenant).await?.json()
    }

    async fn target(&self, intent: &Intent) -> Result<Option<CloudAccount>, Failure> {
        let uid = match intent {
            Intent::Validate | Intent::Register => return Ok(None),
            Intent::Replace(uid) => uid,
        };
        match self.read(uid).await {
            Ok(account) if belongs(&account, &self.scope) => Ok(Some(account)),
            Ok(_) => Err(Failure::refused(
                "/scope",
                "must be the scope that the account was made in: an account cannot be moved",
            )),
            // Palette calls an account of another scope forbidden.
            Err(fault) if fault.missing() || fault.denial().is_some() => Err(Failure::NotFound(
                "Palette shows no AWS account with this uid in this scope".to_owned(),
            )),
            Err(fault) => Err(fault.port(ACCOUNT).into()),
        }
    }

    /// In a project, the list is only missing if the project is.
    fn no_list(&self, fault: Fault) -> Failure {
        match self.scope {
            Scope::Project(_) if fault.missing() => NO_PROJECT.into(),
            Scope::Project(_) | Scope::Tenant => fault.port(LIST).into(),
        }
    }
}
