//! Creates an account in Palette, and never creates the same account twice.

use gangway_model::{
    CloudAccount, Identity, Registration, RegistrationError, Uid, UpstreamError,
    stores::CloudAccountStore,
};

/// The result of a successful [`create_account`].
pub(super) enum CreateOutcome {
    /// This run created the account.
    Created(Uid),
    /// Another run created the same account after the checks of this run.
    AlreadyExists(Box<CloudAccount>),
}

/// The error of a failed [`create_account`].
pub(super) enum CreateError {
    /// This run has created no account, or the name belongs to another account.
    Permanent(RegistrationError),
    /// This run may have created the account.
    Indeterminate(RegistrationError),
}

/// Largest number of create requests. Before each repeated request, the name is looked up.
const MAX_ATTEMPTS: usize = 2;

/// Creates the account at most once. Palette has no idempotency key, so after an error the account
/// is looked up by its name: Palette may have created it.
pub(super) async fn create_account(
    registration: &Registration,
    accounts: &impl CloudAccountStore,
) -> Result<CreateOutcome, CreateError> {
    let mut attempts = 1;
    loop {
        let error = match accounts.create(registration).await {
            Ok(uid) => return Ok(CreateOutcome::Created(uid)),
            Err(throttled @ UpstreamError::Throttled { .. }) => {
                return Err(CreateError::Permanent(throttled.into()));
            }
            Err(error) => error,
        };
        // If the lookup fails too, the error of the create request is returned.
        let Ok(found) = accounts.find_by_name(&registration.name).await else {
            return Err(CreateError::Indeterminate(error.into()));
        };
        let identity = found.as_ref().map(|found| registration.identity(found));
        match found {
            Some(found) if identity == Some(Identity::Same) => {
                return Ok(if error.is_already_exists() {
                    CreateOutcome::AlreadyExists(Box::new(found))
                } else {
                    CreateOutcome::Created(found.uid)
                });
            }
            Some(found) if identity == Some(Identity::Unknown) => {
                let (name, uid) = (&registration.name, found.uid);
                let reason = format!(
                    "account {uid} was just created with the name {name}, and Palette does not show its AWS account: send this request again"
                );
                // If this run may have created the account, the staged secret is kept: by this
                // secret, the next run knows that the account is the requested one. If another run
                // has created the account, the staged secret must be deleted.
                return Err(if error.is_already_exists() {
                    CreateError::Permanent(RegistrationError::Conflict(reason))
                } else {
                    CreateError::Indeterminate(RegistrationError::ConcurrentModification(reason))
                });
            }
            Some(found) => {
                let (name, uid) = (&registration.name, found.uid);
                return Err(CreateError::Permanent(RegistrationError::Conflict(format!(
                    "another account, {uid}, was just created with the name {name}"
                ))));
            }
            None if error.is_retryable() && attempts < MAX_ATTEMPTS => attempts += 1,
            None => return Err(CreateError::Permanent(error.into())),
        }
    }
}
