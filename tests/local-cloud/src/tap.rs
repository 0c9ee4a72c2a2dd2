//! Everything that callers send, word for word, for tests that look for leaks. Closed unless a test opens it.

use std::sync::{Mutex, PoisonError};

use crate::server::Request;

/// One call as it came in.
#[derive(Clone, Debug)]
pub struct Sent {
    /// As the log of calls names it.
    pub service: String,
    /// As the log of calls names it.
    pub operation: String,
    /// Verb, path and query.
    pub target: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

/// What was sent since it was opened.
#[derive(Debug, Default)]
pub struct Tap {
    kept: Mutex<Option<Vec<Sent>>>,
}

impl Tap {
    /// Keeps what comes in from now on.
    pub fn open(&self) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default();
    }

    /// What came in since the last time.
    pub fn take(&self) -> Vec<Sent> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Keeps a call.
    pub(crate) fn record(&self, sent: &Sent) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = kept.as_mut() {
            kept.push(sent.clone());
        }
    }
}

impl Sent {
    /// A call, read.
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

    /// All of it as one text, as a careless service would repeat it.
    pub(crate) fn to_text(&self) -> String {
        let mut words = format!("{}\n", self.target);
        for (name, value) in &self.headers {
            words.extend([name, ": ", value, "\n"]);
        }
        words.push_str(&String::from_utf8_lossy(&self.body));
        words
    }
}
