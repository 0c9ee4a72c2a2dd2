//! Records complete requests for tests that search for leaks. Off by default.

use std::sync::{Mutex, PoisonError};

use crate::server::Request;

/// A recorded request.
#[derive(Clone, Debug)]
pub struct RecordedRequest {
    /// The same text as in the call log.
    pub service: String,
    /// The same text as in the call log.
    pub operation: String,
    /// Method, path and query.
    pub target: String,
    /// Header names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// The request recorder.
#[derive(Debug, Default)]
pub struct RequestRecorder {
    requests: Mutex<Option<Vec<RecordedRequest>>>,
}

impl RequestRecorder {
    /// Starts recording.
    pub fn start(&self) {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default();
    }

    /// Returns and removes the recorded requests.
    pub fn take(&self) -> Vec<RecordedRequest> {
        let mut kept = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Records a request if recording is on.
    pub(crate) fn record(&self, sent: &RecordedRequest) {
        let mut kept = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = kept.as_mut() {
            kept.push(sent.clone());
        }
    }
}

impl RecordedRequest {
    /// Creates a record from a request.
    pub(crate) fn from_request(service: &str, operation: &str, request: &Request) -> Self {
        let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        Self {
            service: service.to_owned(),
            operation: operation.to_owned(),
            target: format!("{} {}", request.method(), request.uri()),
            headers: request.headers().iter().map(header).collect(),
            body: request.body().clone(),
        }
    }

    /// Returns the whole request as text.
    pub(crate) fn to_text(&self) -> String {
        let mut text = format!("{}\n", self.target);
        for (name, value) in &self.headers {
            text.extend([name, ": ", value, "\n"]);
        }
        text.push_str(&String::from_utf8_lossy(&self.body));
        text
    }
}
