use std::sync::Arc;

use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::error::{AttemptError, invalid_response};

/// Body of a successful response of Palette. A list of accounts may contain secrets, so the body is
/// zeroized on drop.
#[derive(Clone)]
pub(crate) struct ApiResponse(Arc<Zeroizing<Vec<u8>>>);

impl ApiResponse {
    pub(crate) fn new(body: Zeroizing<Vec<u8>>) -> Self {
        Self(Arc::new(body))
    }

    /// Parses the body as JSON.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, AttemptError> {
        serde_json::from_slice(&self.0)
            .map_err(|error| AttemptError::Final(invalid_response(&error)))
    }
}
