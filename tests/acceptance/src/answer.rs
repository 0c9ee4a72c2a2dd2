//! An HTTP response as a portal receives it.

use reqwest::header::{HeaderMap, HeaderName};
use serde_json::Value;

/// An answer as a portal sees it.
#[derive(Clone, Debug)]
pub struct HttpResponse {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// The body as it came.
    pub text: String,
    /// The body as JSON; null where it is none.
    pub body: Value,
}

impl HttpResponse {
    /// What is at a JSON pointer, as text; empty where there is none.
    pub fn text_at(&self, pointer: &str) -> &str {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// A header; empty where there is none.
    pub fn header(&self, name: HeaderName) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// `uid`
    pub fn uid(&self) -> &str {
        self.text_at("/uid")
    }

    /// `outcome` of a receipt.
    pub fn outcome(&self) -> &str {
        self.text_at("/outcome")
    }

    /// `ready` of a report, wherever the answer has it.
    pub fn ready(&self) -> Option<bool> {
        let report = self.body.get("report").unwrap_or(&self.body);
        report.get("ready").and_then(Value::as_bool)
    }

    /// The checks of a report, or of the report that a receipt or a problem carries.
    pub fn checks(&self) -> Vec<Value> {
        let report = self.body.get("report").unwrap_or(&self.body);
        report.get("checks").and_then(Value::as_array).cloned().unwrap_or_default()
    }

    /// Ids of the checks with this outcome, in the report's order.
    pub fn with_outcome(&self, outcome: &str) -> Vec<String> {
        let checks = self.checks().into_iter().filter(|check| text(check, "outcome") == outcome);
        checks.map(|check| text(&check, "id").to_owned()).collect()
    }

    /// Ids of the checks that failed.
    pub fn failed(&self) -> Vec<String> {
        self.with_outcome("failed")
    }

    /// The finding of one check, with these words in what was seen and in the remedy; neither minds upper case.
    pub fn assert_check(&self, id: &str, outcome: &str, observed: &str, remedy: &str) -> &Self {
        let check = self.check(id);
        assert_eq!(text(&check, "outcome"), outcome, "{check:#}");
        for (member, words) in [("observed", observed), ("remedy", remedy)] {
            let (told, words) = (text(&check, member).to_lowercase(), words.to_lowercase());
            assert!(told.contains(&words), "{member} lacks {words:?}: {check:#}");
        }
        self
    }

    /// The status; the whole answer is shown where it is another.
    pub fn assert_status(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{}\n{:#}", self.header(LOCAL_ERROR), self.body);
        self
    }

    /// The JSON pointers that a problem names.
    pub fn pointers(&self) -> Vec<&str> {
        let errors = self.body.get("errors").and_then(Value::as_array);
        errors.into_iter().flatten().map(|error| text(error, "pointer")).collect()
    }

    /// The finding of one check.
    pub fn check(&self, id: &str) -> Value {
        let mut found = self.checks().into_iter().filter(|check| text(check, "id") == id);
        let found = found.next();
        assert!(found.is_some(), "no finding of {id}: {:#}", self.body);
        found.unwrap_or_default()
    }
}

/// Where the local cloud says why a function did not answer.
const LOCAL_ERROR: HeaderName = HeaderName::from_static("x-local-cloud-error");

/// A text of a JSON object; empty where there is none.
pub fn text<'a>(object: &'a Value, member: &str) -> &'a str {
    object.get(member).and_then(Value::as_str).unwrap_or_default()
}
