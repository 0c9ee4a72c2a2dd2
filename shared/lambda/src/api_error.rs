//! Why a request gets no reply.

use gangway_model::{FieldError, RegistrationError, UpstreamError};

/// Every way to turn a request away: what the domain says, and what only HTTP knows.
#[derive(Debug)]
pub enum ApiError {
    /// No route has this path.
    NotFound,
    /// The path is right, the verb is not.
    MethodNotAllowed {
        /// The verbs that are, as the `Allow` header lists them.
        allow: String,
    },
    /// The body is longer than any request needs to be.
    PayloadTooLarge,
    /// The body is not declared as JSON.
    UnsupportedMediaType,
    /// It is neither a request of API Gateway nor an event of ours.
    UnrecognizedEvent,
    /// The domain's own reasons.
    Registration(RegistrationError),
    /// A fault of Gangway itself.
    Internal,
}

impl ApiError {
    /// A request that lacks a member, although no fault was found. For the arm that cannot be reached.
    pub fn incomplete() -> Self {
        FieldError::malformed("", "the request is not complete").into()
    }
}

impl From<RegistrationError> for ApiError {
    fn from(failure: RegistrationError) -> Self {
        Self::Registration(failure)
    }
}

impl From<UpstreamError> for ApiError {
    fn from(error: UpstreamError) -> Self {
        Self::Registration(error.into())
    }
}

impl From<FieldError> for ApiError {
    fn from(violation: FieldError) -> Self {
        Self::Registration(RegistrationError::Invalid(vec![violation]))
    }
}
