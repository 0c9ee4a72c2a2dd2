//! Parses error responses of Palette and finds their kind.

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

use crate::redact::redact;

/// Error response of Palette.
#[derive(Debug)]
pub(crate) struct ErrorResponse {
    pub(crate) kind: ErrorKind,
    /// HTTP status. Palette also uses 500 to reject a request, so 500 does not always mean a
    /// failure.
    pub(crate) status: u16,
    /// Error code of Palette. Error codes of Palette's router are numbers.
    pub(crate) code: String,
    /// Text with message, code and status. Secrets are redacted.
    pub(crate) reason: String,
}

/// Kind of an error response.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ErrorKind {
    /// Palette does not accept the API key.
    InvalidApiKey,
    /// The API key lacks a permission.
    AccessDenied,
    /// The resource does not exist, or is not visible to the API key.
    NotFound,
    /// The project does not exist, or is not visible to the API key.
    ProjectNotFound,
    /// Another account has the same name.
    NameConflict,
    Other,
}

/// Error codes that mean that the API key lacks a permission, with any HTTP status.
const ACCESS_DENIED_CODES: [&str; 4] =
    ["OperationForbidden", "ResOperationForbidden", "UnAuthorizedAccess", "ResourceAccessDenied"];

/// Error code that means that the resource does not exist, with any HTTP status.
const NOT_FOUND_CODE: &str = "ResourceNotFound";

/// Error code that means that the project does not exist or is not visible to the API key.
const PROJECT_NOT_FOUND_CODE: &str = "ProjectNotFoundInTenant";

impl ErrorResponse {
    /// Parses a response with a success status. Returns `None` if the body is not an error. A
    /// gateway in front of Palette can replace the error status by a success status. A body is an
    /// error if it has both a code and a message; no other response of Palette has both.
    pub(crate) fn parse_success(
        status: u16,
        body: &[u8],
        key: &SecretString,
        secrets: &[SecretString],
    ) -> Option<Self> {
        #[derive(Deserialize)]
        struct ErrorMembers {
            #[serde(rename = "code")]
            _code: IgnoredAny,
            #[serde(rename = "message")]
            _message: IgnoredAny,
        }
        serde_json::from_slice::<ErrorMembers>(body).ok()?;
        Self::parse(status, body, key, secrets)
    }

    /// Parses a response with a status from 400 to 500. Returns `None` if the body and the status
    /// give no reason: then a proxy has sent the response, not Palette.
    ///
    /// The API key `key` and the secrets `secrets` are redacted from the result.
    pub(crate) fn parse(
        status: u16,
        body: &[u8],
        key: &SecretString,
        secrets: &[SecretString],
    ) -> Option<Self> {
        let error: Option<Value> = serde_json::from_slice(body).ok();
        let member =
            |name| error.as_ref().and_then(|error| error.get(name)).and_then(to_non_empty_text);
        let (code, message) = (member("code"), member("message"));
        let has_reason = code.is_some() || message.is_some();
        let (code, message) = (code.unwrap_or_default(), message.unwrap_or_default());
        let kind =
            find_error_kind(status, has_reason, &code, &message, contains_api_key(body, key))?;
        let secrets = [std::slice::from_ref(key), secrets].concat();
        let mut reason = match (message.is_empty(), code.is_empty()) {
            (true, true) => format!("HTTP {status}"),
            (true, false) => format!("{code} (HTTP {status})"),
            (false, true) => format!("{message} (HTTP {status})"),
            (false, false) => format!("{message} ({code}, HTTP {status})"),
        };
        // The support of Palette asks for the reference.
        if let Some(reference) = member("ref") {
            reason = format!("{reason}, ref {reference}");
        }
        if let Some(details) = error.as_ref().and_then(|error| error.get("details")?.as_object())
            && !details.is_empty()
        {
            let details = serde_json::to_string(details).unwrap_or_default();
            reason = format!("{reason}, details: {details}");
        }
        Some(Self {
            kind,
            status,
            reason: redact(&reason, &secrets),
            code: redact(&code, &secrets),
        })
    }
}

/// Returns the kind of an error. Returns `None` if a proxy has probably sent the response.
fn find_error_kind(
    status: u16,
    has_reason: bool,
    code: &str,
    message: &str,
    is_key_quoted: bool,
) -> Option<ErrorKind> {
    let is_not_found = status == 404 || code == NOT_FOUND_CODE;
    Some(match status {
        401 => ErrorKind::InvalidApiKey,
        // For an unknown API key, Palette may return *not found* and quote the key.
        _ if is_not_found && is_key_quoted => ErrorKind::InvalidApiKey,
        403 => ErrorKind::AccessDenied,
        _ if ACCESS_DENIED_CODES.contains(&code) => ErrorKind::AccessDenied,
        _ if code == PROJECT_NOT_FOUND_CODE => ErrorKind::ProjectNotFound,
        409 => ErrorKind::NameConflict,
        _ if !has_reason => return None,
        _ if is_not_found => ErrorKind::NotFound,
        // Palette documents no error code for a name conflict.
        400 | 422 | 500 if says_already_exists(code, message) => ErrorKind::NameConflict,
        _ => ErrorKind::Other,
    })
}

/// Returns `true` if the code or the message contains "already exist" in any spelling.
fn says_already_exists(code: &str, message: &str) -> bool {
    let contains_phrase = |text: &str| {
        let text: String = text.chars().filter(char::is_ascii_alphabetic).collect();
        text.to_ascii_lowercase().contains("alreadyexist")
    };
    contains_phrase(code) || contains_phrase(message)
}

/// Returns a string or a number as text. Returns `None` for an empty string and for other JSON.
fn to_non_empty_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn contains_api_key(body: &[u8], key: &SecretString) -> bool {
    #[expect(clippy::disallowed_methods, reason = "searches the response for the key")]
    let key = key.expose_secret().as_bytes();
    !key.is_empty() && body.windows(key.len()).any(|window| window == key)
}
