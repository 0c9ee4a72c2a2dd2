//! The error type of a request.

use gangway_model::{FieldError, RegistrationError, UpstreamError};

use crate::Trigger;

/// Reason why a request failed: an error of the registration workflow, or of HTTP or Lambda.
#[derive(Debug)]
pub enum ApiError {
    /// No route has the path of the request (status 404).
    RouteNotFound,
    /// A route has the path of the request, but not its HTTP method (status 405).
    MethodNotAllowed {
        /// The HTTP methods of the routes with this path, for the header `Allow`.
        allow: String,
    },
    /// The body is larger than 256 KiB (status 413).
    PayloadTooLarge,
    /// The content type is not JSON (status 415).
    UnsupportedMediaType,
    /// The payload is neither a request of API Gateway nor an event that the function handles
    /// (status 400).
    UnrecognizedEvent,
    /// An error of the registration workflow.
    Registration(RegistrationError),
    /// An internal error of Gangway (status 500).
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
