//! Making an account that is not there yet.

use crate::{CloudAccount, Failure, PortError, Registration, Uid, ports::Registry};

/// How an account came to be there.
pub(super) enum Created {
    /// We made it.
    New(Uid),
    /// Somebody made the same one between our look and our call.
    Overtaken(Box<CloudAccount>),
}

/// Why there is no account, as far as that is known.
pub(super) enum Refused {
    /// There is none, or there is one that is another's.
    ForGood(Failure),
    /// There may be one.
    InDoubt(Failure),
}

/// How often a create is sent at most. Between two, the name is looked up.
const TRIES: usize = 2;

/// Makes the account without ever making two: after any error that leaves doubt, the name decides.
pub(super) async fn create(
    registration: &Registration,
    registry: &impl Registry,
) -> Result<Created, Refused> {
    let mut tries = 1;
    loop {
        let error = match registry.create(registration).await {
            Ok(uid) => return Ok(Created::New(uid)),
            Err(busy @ PortError::Busy { .. }) => return Err(Refused::ForGood(busy.into())),
            Err(error) => error,
        };
        // The name could not be looked up: what went wrong first is what another try mends.
        let Ok(found) = registry.find(&registration.name).await else {
            return Err(Refused::InDoubt(error.into()));
        };
        match found {
            Some(found) if registration.identifies(&found) => {
                let overtaken = matches!(error, PortError::Duplicate { .. });
                return Ok(if overtaken {
                    Created::Overtaken(Box::new(found))
                } else {
                    Created::New(found.uid)
                });
            }
            Some(found) => {
                let (name, uid) = (&registration.name, found.uid);
                return Err(Refused::ForGood(Failure::Conflict(format!(
                    "the name {name} was taken by another account, {uid}, just now"
                ))));
            }
            None if error.retryable() && tries < TRIES => tries += 1,
            None => return Err(Refused::ForGood(error.into())),
        }
    }
}
