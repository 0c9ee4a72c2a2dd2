//! The error type of a request.

use gangway_model::{FieldError, RegistrationError, UpstreamError};

use crate::Trigger;

/// Reasons why a request fails: those of the registration workflow, and those that only HTTP and
/// Lambda know.
#[derive(Debug)]
pub enum ApiError {
    /// No route has this path (404).
    RouteNotFound,
    /// The path exists, the method does not (405).
    MethodNotAllowed {
        /// The methods of the path, for the `Allow` header.
        allow: String,
    },
    /// The body is larger than 256 KiB (413).
    PayloadTooLarge,
    /// The content type is not JSON (415).
    UnsupportedMediaType,
    /// The payload is neither a request of API Gateway nor an event that the function handles
    /// (400).
    UnrecognizedEvent,
    /// An error of the registration workflow.
    Registration(RegistrationError),
    /// An internal error of Gangway (500).
    Internal,
}

impl ApiError {
    /// Changes the pointer `/scope/project` of errors of an HTTP request to `/project`, which is
    /// the placeholder in the path. Only an event has the project in its field `scope`.
    pub(crate) fn with_project_pointer(mut self, trigger: Trigger) -> Self {
        if let Self::Registration(RegistrationError::Invalid(errors)) = &mut self
            && trigger == Trigger::Http
        {
            for error in errors.iter_mut().filter(|error| error.pointer == "/scope/project") {
                "/project".clone_into(&mut error.pointer);
            }
        }
        self
    }
}

impl From<RegistrationError> for ApiError {
    fn from(error: RegistrationError) -> Self {
        Self::Registration(error)
    }
}

impl From<UpstreamError> for ApiError {
    fn from(error: UpstreamError) -> Self {
        Self::Registration(error.into())
    }
}

impl From<FieldError> for ApiError {
    fn from(error: FieldError) -> Self {
        Self::Registration(RegistrationError::Invalid(vec![error]))
    }
}
