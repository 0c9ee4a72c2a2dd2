//! An HTTP response of Gangway's API, and assertions about it.

use reqwest::header::{HeaderMap, HeaderName};
use serde_json::Value;

/// An HTTP response of Gangway's API.
#[derive(Clone, Debug)]
pub struct HttpResponse {
    pub status: u16,
    pub headers: HeaderMap,
    /// The body, unparsed.
    pub text: String,
    /// The body, parsed as JSON; null if the body is not JSON.
    pub body: Value,
}

impl HttpResponse {
    /// Returns the text at a JSON Pointer of the body, or an empty text if there is none.
    pub fn text_at(&self, pointer: &str) -> &str {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// Returns the value of a header, or an empty text if the header is missing.
    pub fn header(&self, name: HeaderName) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Returns the member `uid` of the body, or an empty text.
    pub fn uid(&self) -> &str {
        self.text_at("/uid")
    }

    /// Returns the member `outcome` of a receipt, such as `created`, or an empty text.
    pub fn outcome(&self) -> &str {
        self.text_at("/outcome")
    }

    /// Returns the member `ready` of the report, which is the body or its member `report`.
    pub fn ready(&self) -> Option<bool> {
        let report = self.body.get("report").unwrap_or(&self.body);
        report.get("ready").and_then(Value::as_bool)
    }

    /// Returns the checks of the report, which is the body or its member `report`.
    pub fn checks(&self) -> Vec<Value> {
        let report = self.body.get("report").unwrap_or(&self.body);
        report.get("checks").and_then(Value::as_array).cloned().unwrap_or_default()
    }

    /// Returns the ids of the checks with this outcome, in the order of the report.
    pub fn with_outcome(&self, outcome: &str) -> Vec<String> {
        let checks = self.checks().into_iter().filter(|check| text(check, "outcome") == outcome);
        checks.map(|check| text(&check, "id").to_owned()).collect()
    }

    /// Returns the ids of the failed checks, in the order of the report.
    pub fn failed(&self) -> Vec<String> {
        self.with_outcome("failed")
    }

    /// Asserts that a check has this outcome, and that its members `observed` and `remedy` contain
    /// these texts, in upper or lower case.
    pub fn assert_check(&self, id: &str, outcome: &str, observed: &str, remedy: &str) -> &Self {
        let check = self.check(id);
        assert_eq!(text(&check, "outcome"), outcome, "{check:#}");
        for (member, words) in [("observed", observed), ("remedy", remedy)] {
            let (actual, words) = (text(&check, member).to_lowercase(), words.to_lowercase());
            assert!(actual.contains(&words), "{member} lacks {words:?}: {check:#}");
        }
        self
    }

    /// Asserts that the report is complete: a failed, unverified or waived check has a remedy, any
    /// other check has none, ids are unique, and the report is ready unless a blocker failed. The
    /// messages of the assertions contain `situation`.
    pub fn assert_complete_report(&self, situation: &str) {
        let checks = self.checks();
        assert!(!checks.is_empty(), "{situation}: {:#}", self.body);
        for check in &checks {
            let member = |name| text(check, name);
            for name in ["id", "title", "observed"] {
                assert!(!member(name).trim().is_empty(), "{situation}: {check:#}");
            }
            let severity = member("severity");
            assert!(["blocker", "warning", "info"].contains(&severity), "{situation}: {check:#}");
            let covers = check["covers"].as_array();
            assert!(covers.is_some_and(|ids| !ids.is_empty()), "{situation}: {check:#}");
            match member("outcome") {
                "failed" | "unverified" | "waived" => {
                    assert!(member("remedy").len() > 8, "{situation}: no remedy: {check:#}");
                }
                "passed" | "not-applicable" => assert_eq!(check.get("remedy"), None, "{check:#}"),
                other => panic!("{situation}: unknown outcome {other}"),
            }
        }
        let mut ids: Vec<_> = checks.iter().map(|check| text(check, "id")).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), checks.len(), "{situation}: a check is reported twice");
        let blocks =
            |check| text(check, "outcome") == "failed" && text(check, "severity") == "blocker";
        let is_blocked = checks.iter().any(blocks);
        // If the permission profile of the account is not recorded and no blocker failed, the
        // report does not say whether the account is ready.
        let is_unknown = |check: &Value| {
            text(check, "outcome") == "unverified"
                && text(check, "observed").contains("profile of this account is not recorded")
        };
        let is_doubtful = self.ready().is_none() && checks.iter().any(is_unknown);
        if is_blocked || !is_doubtful {
            assert_eq!(self.ready(), Some(!is_blocked), "{situation}");
        }
        let report = self.body.get("report").unwrap_or(&self.body);
        assert!(report["notices"].is_array() && report["method"].is_string(), "{situation}");
    }

    /// Asserts the HTTP status. The message of the assertion contains the whole body.
    pub fn assert_status(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{}\n{:#}", self.header(LOCAL_ERROR), self.body);
        self
    }

    /// Returns the JSON Pointers of the members that the problem reports as invalid.
    pub fn pointers(&self) -> Vec<&str> {
        let errors = self.body.get("errors").and_then(Value::as_array);
        errors.into_iter().flatten().map(|error| text(error, "pointer")).collect()
    }

    /// Returns the check of the report with this id.
    ///
    /// # Panics
    /// If the report has no such check.
    pub fn check(&self, id: &str) -> Value {
        let mut found = self.checks().into_iter().filter(|check| text(check, "id") == id);
        let found = found.next();
        assert!(found.is_some(), "no check {id}: {:#}", self.body);
        found.unwrap_or_default()
    }
}

/// The header in which the local cloud reports why a function did not respond.
const LOCAL_ERROR: HeaderName = HeaderName::from_static("x-local-cloud-error");

/// Returns a text member of a JSON object, or an empty text if it is missing.
pub fn text<'a>(object: &'a Value, member: &str) -> &'a str {
    object.get(member).and_then(Value::as_str).unwrap_or_default()
}
