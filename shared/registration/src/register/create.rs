//! Creates an account in Palette, at most once.

use gangway_model::{
    CloudAccount, Identity, Registration, RegistrationError, Uid, UpstreamError,
    stores::CloudAccountStore,
};

/// The result of a create that succeeded.
pub(super) enum CreateOutcome {
    /// This run created the account.
    Created(Uid),
    /// Another run created the same account after this run had looked for it.
    AlreadyExists(Box<CloudAccount>),
}

/// The result of a create that failed.
pub(super) enum CreateError {
    /// No account was created, or the name belongs to another account.
    Permanent(RegistrationError),
    /// The account may have been created.
    Indeterminate(RegistrationError),
}

/// Maximum number of create requests. Between two attempts the name is looked up.
const MAX_ATTEMPTS: usize = 2;

/// Creates the account at most once. Palette has no idempotency key, so after an error that may
/// have created the account the name is looked up.
pub(super) async fn create(
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
        // If the lookup fails too, the first error is the one that a retry can fix.
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
                // The staged secret stays if this run may have created the account: the next run
                // tells by it. It must not stay beside the account of another run.
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
