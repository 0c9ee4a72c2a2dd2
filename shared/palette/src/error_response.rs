//! What Palette means when it says no.

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use crate::scrub::redact;

/// An answer that says no, and why.
#[derive(Debug)]
pub(crate) struct ErrorResponse {
    pub(crate) kind: ErrorKind,
    /// The answer's. Palette says 500 where it refuses, too, so by itself it does not tell that something failed.
    pub(crate) status: u16,
    /// Palette's code; the router's own are numbers.
    pub(crate) code: String,
    /// In words fit for the caller.
    pub(crate) reason: String,
}

/// Kinds of no.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ErrorKind {
    /// The API key is not taken.
    InvalidApiKey,
    /// The API key is taken, and may not do this.
    AccessDenied,
    /// There is no such thing, or Palette says so.
    NotFound,
    /// There is no such project, or the key may not see it.
    ProjectNotFound,
    /// The name is taken.
    NameConflict,
    /// All else.
    Other,
}

/// Codes that mean "may not", whatever the status.
const DENIALS: [&str; 4] =
    ["OperationForbidden", "ResOperationForbidden", "UnAuthorizedAccess", "ResourceAccessDenied"];

/// Codes that mean "is not there", whatever the status.
const ABSENCES: [&str; 1] = ["ResourceNotFound"];

/// The code of a project that is not there, or not shown.
const NO_PROJECT: &str = "ProjectNotFoundInTenant";

impl ErrorResponse {
    /// Reads a status from 400 to 500. `None` if nothing in it tells why: then it was not Palette that answered.
    pub(crate) fn read(
        status: u16,
        body: &[u8],
        key: &SecretString,
        told: &[SecretString],
    ) -> Option<Self> {
        let error: Option<Value> = serde_json::from_slice(body).ok();
        let member = |name| error.as_ref().and_then(|error| error.get(name)).and_then(text);
        let (code, message) = (member("code"), member("message"));
        let explained = code.is_some() || message.is_some();
        let (code, message) = (code.unwrap_or_default(), message.unwrap_or_default());
        let kind = kind(status, explained, &code, &message, repeats(body, key))?;
        let secrets = [std::slice::from_ref(key), told].concat();
        let reason = match (message.is_empty(), code.is_empty()) {
            (true, true) => format!("HTTP {status}"),
            (true, false) => format!("{code} (HTTP {status})"),
            (false, true) => format!("{message} (HTTP {status})"),
            (false, false) => format!("{message} ({code}, HTTP {status})"),
        };
        Some(Self {
            kind,
            status,
            reason: redact(&reason, &secrets),
            code: redact(&code, &secrets),
        })
    }
}

fn kind(
    status: u16,
    explained: bool,
    code: &str,
    message: &str,
    repeats_key: bool,
) -> Option<ErrorKind> {
    let absent = status == 404 || ABSENCES.contains(&code);
    Some(match status {
        401 => ErrorKind::InvalidApiKey,
        // A key that Palette does not know can come back as a thing that it does not have.
        _ if absent && repeats_key => ErrorKind::InvalidApiKey,
        403 => ErrorKind::AccessDenied,
        _ if DENIALS.contains(&code) => ErrorKind::AccessDenied,
        _ if code == NO_PROJECT => ErrorKind::ProjectNotFound,
        409 => ErrorKind::NameConflict,
        _ if !explained => return None,
        _ if absent => ErrorKind::NotFound,
        // Palette documents no code for it.
        400 | 422 | 500 if already_exists(code, message) => ErrorKind::NameConflict,
        _ => ErrorKind::Other,
    })
}

fn already_exists(code: &str, message: &str) -> bool {
    let said = |text: &str| {
        let text: String = text.chars().filter(char::is_ascii_alphabetic).collect();
        text.to_ascii_lowercase().contains("alreadyexist")
    };
    said(code) || said(message)
}

/// A member that is a text or a number.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn repeats(body: &[u8], key: &SecretString) -> bool {
    #[expect(clippy::disallowed_methods, reason = "looks for the key in order to tell what failed")]
    let key = key.expose_secret().as_bytes();
    !key.is_empty() && body.windows(key.len()).any(|window| window == key)
}
