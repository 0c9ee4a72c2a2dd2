//! Why a request gets no reply.

use gangway_model::{Failure, PortError, Violation};

/// Every way to turn a request away: what the domain says, and what only HTTP knows.
#[derive(Debug)]
pub enum Rejection {
    /// No route has this path.
    NoRoute,
    /// The path is right, the verb is not.
    VerbNotAllowed {
        /// The verbs that are, as the `Allow` header lists them.
        allow: String,
    },
    /// The body is longer than any request needs to be.
    TooLarge,
    /// The body is not declared as JSON.
    NotJson,
    /// It is neither a request of API Gateway nor an event of ours.
    Unreadable,
    /// The domain's own reasons.
    Failure(Failure),
    /// A fault of Gangway itself.
    Broken,
}

impl Rejection {
    /// A request that lacks a member, although no fault was found. For the arm that cannot be reached.
    pub fn incomplete() -> Self {
        Violation::malformed("", "the request is not complete").into()
    }
}

impl From<Failure> for Rejection {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<PortError> for Rejection {
    fn from(error: PortError) -> Self {
        Self::Failure(error.into())
    }
}

impl From<Violation> for Rejection {
    fn from(violation: Violation) -> Self {
        Self::Failure(Failure::Invalid(vec![violation]))
    }
}
