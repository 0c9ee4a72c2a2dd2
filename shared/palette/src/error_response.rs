//! Error responses of Palette and their meaning.

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

use crate::redact::redact;

/// An error response.
#[derive(Debug)]
pub(crate) struct ErrorResponse {
    pub(crate) kind: ErrorKind,
    /// HTTP status. Palette also rejects requests with 500, so 500 alone does not mean a failure.
    pub(crate) status: u16,
    /// Palette's error code; codes of its router are numbers.
    pub(crate) code: String,
    /// Message, code and status, without secrets.
    pub(crate) reason: String,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ErrorKind {
    /// Palette does not accept the API key.
    InvalidApiKey,
    /// The API key lacks a permission.
    AccessDenied,
    /// The resource does not exist, or is not visible.
    NotFound,
    /// The project does not exist, or is not visible to the key.
    ProjectNotFound,
    /// The account name is taken.
    NameConflict,
    Other,
}

/// Codes of denied access, whatever the status.
const ACCESS_DENIED_CODES: [&str; 4] =
    ["OperationForbidden", "ResOperationForbidden", "UnAuthorizedAccess", "ResourceAccessDenied"];

/// Code of a missing resource, whatever the status.
const NOT_FOUND_CODE: &str = "ResourceNotFound";

/// Code of a project that does not exist or is not visible.
const PROJECT_NOT_FOUND_CODE: &str = "ProjectNotFoundInTenant";

impl ErrorResponse {
    /// Parses a response with a success status whose body is an error all the same: a gateway in
    /// front of Palette can lose the status. No other response of Palette has both a code and a
    /// message.
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

    /// Parses a response with a status from 400 to 500. Returns `None` if it contains no reason:
    /// then it is a proxy's, not Palette's.
    ///
    /// `key` and `secrets` are redacted.
    pub(crate) fn parse(
        status: u16,
        body: &[u8],
        key: &SecretString,
        secrets: &[SecretString],
    ) -> Option<Self> {
        let error: Option<Value> = serde_json::from_slice(body).ok();
        let member =
            |name| error.as_ref().and_then(|error| error.get(name)).and_then(string_or_number);
        let (code, message) = (member("code"), member("message"));
        let has_reason = code.is_some() || message.is_some();
        let (code, message) = (code.unwrap_or_default(), message.unwrap_or_default());
        let kind = kind(status, has_reason, &code, &message, contains_key(body, key))?;
        let secrets = [std::slice::from_ref(key), secrets].concat();
        let mut reason = match (message.is_empty(), code.is_empty()) {
            (true, true) => format!("HTTP {status}"),
            (true, false) => format!("{code} (HTTP {status})"),
            (false, true) => format!("{message} (HTTP {status})"),
            (false, false) => format!("{message} ({code}, HTTP {status})"),
        };
        // Palette's support asks for it.
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

fn kind(
    status: u16,
    has_reason: bool,
    code: &str,
    message: &str,
    quotes_key: bool,
) -> Option<ErrorKind> {
    let not_found = status == 404 || code == NOT_FOUND_CODE;
    Some(match status {
        401 => ErrorKind::InvalidApiKey,
        // Palette can report an unknown API key as a resource that does not exist.
        _ if not_found && quotes_key => ErrorKind::InvalidApiKey,
        403 => ErrorKind::AccessDenied,
        _ if ACCESS_DENIED_CODES.contains(&code) => ErrorKind::AccessDenied,
        _ if code == PROJECT_NOT_FOUND_CODE => ErrorKind::ProjectNotFound,
        409 => ErrorKind::NameConflict,
        _ if !has_reason => return None,
        _ if not_found => ErrorKind::NotFound,
        // Palette documents no code for a name conflict.
        400 | 422 | 500 if already_exists(code, message) => ErrorKind::NameConflict,
        _ => ErrorKind::Other,
    })
}

fn already_exists(code: &str, message: &str) -> bool {
    let says_exists = |text: &str| {
        let text: String = text.chars().filter(char::is_ascii_alphabetic).collect();
        text.to_ascii_lowercase().contains("alreadyexist")
    };
    says_exists(code) || says_exists(message)
}

fn string_or_number(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn contains_key(body: &[u8], key: &SecretString) -> bool {
    #[expect(clippy::disallowed_methods, reason = "searches the response for the key")]
    let key = key.expose_secret().as_bytes();
    !key.is_empty() && body.windows(key.len()).any(|window| window == key)
}
