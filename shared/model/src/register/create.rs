//! Making an account that is not there yet.

use crate::{
    CloudAccount, Registration, RegistrationError, Uid, UpstreamError, stores::CloudAccountStore,
};

/// How an account came to be there.
pub(super) enum CreateOutcome {
    /// We made it.
    Created(Uid),
    /// Somebody made the same one between our look and our call.
    AlreadyExists(Box<CloudAccount>),
}

/// Why there is no account, as far as that is known.
pub(super) enum CreateError {
    /// There is none, or there is one that is another's.
    Permanent(RegistrationError),
    /// There may be one.
    Indeterminate(RegistrationError),
}

/// How often a create is sent at most. Between two, the name is looked up.
const MAX_ATTEMPTS: usize = 2;

/// Makes the account without ever making two: after any error that leaves doubt, the name decides.
pub(super) async fn create(
    registration: &Registration,
    registry: &impl CloudAccountStore,
) -> Result<CreateOutcome, CreateError> {
    let mut tries = 1;
    loop {
        let error = match registry.create(registration).await {
            Ok(uid) => return Ok(CreateOutcome::Created(uid)),
            Err(busy @ UpstreamError::Throttled { .. }) => {
                return Err(CreateError::Permanent(busy.into()));
            }
            Err(error) => error,
        };
        // The name could not be looked up: what went wrong first is what another try mends.
        let Ok(found) = registry.find_by_name(&registration.name).await else {
            return Err(CreateError::Indeterminate(error.into()));
        };
        match found {
            Some(found) if registration.is_same_identity_as(&found) => {
                let overtaken = matches!(error, UpstreamError::AlreadyExists { .. });
                return Ok(if overtaken {
                    CreateOutcome::AlreadyExists(Box::new(found))
                } else {
                    CreateOutcome::Created(found.uid)
                });
            }
            Some(found) => {
                let (name, uid) = (&registration.name, found.uid);
                return Err(CreateError::Permanent(RegistrationError::Conflict(format!(
                    "the name {name} was taken by another account, {uid}, just now"
                ))));
            }
            None if error.is_retryable() && tries < MAX_ATTEMPTS => tries += 1,
            None => return Err(CreateError::Permanent(error.into())),
        }
    }
}
