//! Responses of access portals.

use gangway_model::{TemporaryCredentials, time};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value;

use crate::PortalError;

/// Characters of a portal's message that are shown.
const MAX_REASON_CHARS: usize = 200;

/// A message with a longer word than this is not shown: the word may be a secret.
const MAX_WORD_CHARS: usize = 31;

/// A successful response. Secrets are zeroized.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Success {
    credentials: Option<Credentials>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Credentials {
    access_key_id: Option<SecretString>,
    secret_access_key: Option<SecretString>,
    session_token: Option<SecretString>,
    expiration: Option<Value>,
}

/// Returns `true` for the media types of JSON.
pub(crate) fn is_json(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    media_type.eq_ignore_ascii_case("application/json")
        || media_type.to_ascii_lowercase().ends_with("+json")
}

/// Parses the credentials or the error of a response.
pub(crate) fn parse(
    status: u16,
    is_json: bool,
    body: &[u8],
) -> Result<TemporaryCredentials, PortalError> {
    if (300..400).contains(&status) {
        return Err(PortalError::Redirect { status });
    }
    if !is_json {
        return Err(match status {
            200..300 | 401 | 403 => PortalError::HtmlResponse { status },
            _ => PortalError::Rejected { status, message: String::new() },
        });
    }
    if (200..300).contains(&status)
        && let Ok(Success { credentials: Some(credentials) }) = serde_json::from_slice(body)
    {
        return credentials.into_temporary_credentials().ok_or(PortalError::NoCredentials);
    }
    let (error_status, message) = parse_error(body);
    match status {
        404 => Err(PortalError::Disabled { message }),
        // HTTP success, but the body contains an error.
        200..300 if error_status.is_none() && message.is_empty() => Err(PortalError::NoCredentials),
        200..300 => Err(PortalError::Rejected { status: error_status.unwrap_or(status), message }),
        _ => Err(PortalError::Rejected { status, message }),
    }
}

impl Credentials {
    fn into_temporary_credentials(self) -> Option<TemporaryCredentials> {
        let Self { access_key_id, secret_access_key, session_token, expiration } = self;
        #[expect(clippy::disallowed_methods, reason = "the access key ID is not secret")]
        let id = access_key_id?.expose_secret().to_owned();
        let secret = secret_access_key.filter(is_not_empty)?;
        let expires = expiration.as_ref().and_then(Value::as_str).and_then(time::parse_rfc3339);
        let token = session_token.filter(is_not_empty);
        (!id.is_empty()).then_some(TemporaryCredentials { id, secret, token, expires })
    }
}

fn is_not_empty(secret: &SecretString) -> bool {
    #[expect(clippy::disallowed_methods, reason = "only its length is used")]
    let text = secret.expose_secret();
    !text.is_empty()
}

/// Returns the status and the message of a JSON error; the message is empty if it may contain a
/// secret.
fn parse_error(body: &[u8]) -> (Option<u16>, String) {
    let Ok(Value::Object(error)) = serde_json::from_slice(body) else {
        return (None, String::new());
    };
    let status =
        error.get("status").and_then(Value::as_u64).and_then(|status| status.try_into().ok());
    let message = error.get("message").and_then(Value::as_str).unwrap_or_default();
    (status, sanitize_message(message))
}

/// Returns one short line, or an empty one if the message contains a long word, which may be a key.
fn sanitize_message(message: &str) -> String {
    let is_word_char =
        |character: char| character.is_ascii_alphanumeric() || "+/=_".contains(character);
    if message.split(|character| !is_word_char(character)).any(|word| word.len() > MAX_WORD_CHARS) {
        return String::new();
    }
    message.replace(char::is_control, " ").chars().take(MAX_REASON_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(status: u16, content_type: &str, body: &str) -> String {
        match parse(status, is_json(content_type), body.as_bytes()) {
            Ok(keys) => {
                format!(
                    "{} token {} expiry {}",
                    keys.id,
                    keys.token.is_some(),
                    keys.expires.is_some()
                )
            }
            Err(fault) => fault.to_string(),
        }
    }

    /// Acceptance rows: F85.
    #[test]
    fn known_responses_of_portals() {
        let json = "application/json";
        let keys = r#"{"Credentials":{"AccessKeyId":"ASIAX","SecretAccessKey":"s","SessionToken":"t","Expiration":"2026-11-24T03:00:00Z"}}"#;
        let bare = r#"{"Credentials":{"AccessKeyId":"AKIAX","SecretAccessKey":"s"}}"#;
        let unusual = r#"{"Credentials":{"AccessKeyId":"AKIAX","SecretAccessKey":"s","SessionToken":"","Expiration":1795486506}}"#;
        for (status, content_type, body, expected) in [
            (200, json, keys, "ASIAX token true expiry true"),
            (200, "Application/JSON; charset=utf-8", keys, "ASIAX token true expiry true"),
            (200, "application/vnd.cap+json", bare, "AKIAX token false expiry false"),
            (200, json, unusual, "AKIAX token false expiry false"),
            (200, "text/html", "<html>Log in</html>", "it answered with an HTML page (HTTP 200)"),
            (200, "text/html", keys, "it answered with an HTML page (HTTP 200)"),
            (200, "", keys, "it answered with an HTML page (HTTP 200)"),
            (403, "text/html", "<html>", "it answered with an HTML page (HTTP 403)"),
            (502, "text/html", "<html>", "it rejected the request (HTTP 502)"),
            (302, "text/html", "", "it redirects (HTTP 302)"),
            (
                400,
                json,
                r#"{"status":400,"message":"No such role."}"#,
                "it rejected the request (HTTP 400: No such role.)",
            ),
            (
                200,
                json,
                r#"{"status":403,"message":"Not authorized"}"#,
                "it rejected the request (HTTP 403: Not authorized)",
            ),
            (
                404,
                json,
                r#"{"success":false,"message":"API not enabled."}"#,
                "switched off (HTTP 404: API not enabled.)",
            ),
            (500, json, "{", "it rejected the request (HTTP 500)"),
            (200, json, "{", "contains no Credentials"),
            (200, json, "[]", "contains no Credentials"),
            (200, json, r#"{"Credentials":{}}"#, "contains no Credentials"),
            (
                200,
                json,
                r#"{"Credentials":{"AccessKeyId":"A","SecretAccessKey":""}}"#,
                "contains no Credentials",
            ),
            (
                200,
                json,
                r#"{"credentials":{"AccessKeyId":"A","SecretAccessKey":"s"}}"#,
                "contains no Credentials",
            ),
        ] {
            let outcome = outcome(status, content_type, body);
            assert!(outcome.contains(expected), "{status} {content_type} {body}: {outcome}");
        }
    }

    /// Acceptance rows: F95.
    #[test]
    fn messages_that_may_contain_a_key_are_not_shown() {
        let message = "bad key wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        let body = format!(r#"{{"status":400,"message":"{message}"}}"#);
        assert_eq!(outcome(400, "application/json", &body), "it rejected the request (HTTP 400)");
    }
}
