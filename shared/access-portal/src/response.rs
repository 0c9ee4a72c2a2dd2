use gangway_model::{TemporaryCredentials, time};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value;

use crate::PortalError;

/// The maximum number of characters of a portal's message in an error message.
const MAX_MESSAGE_CHARS: usize = 200;

/// The maximum number of characters of each word in a portal's message. A message with a longer
/// word is not shown, because the word may be a secret.
const MAX_WORD_CHARS: usize = 31;

/// The body of a successful response.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SuccessBody {
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

/// Returns `true` if the value of a header `Content-Type` is a media type of JSON.
pub(crate) fn is_json(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    media_type.eq_ignore_ascii_case("application/json")
        || media_type.to_ascii_lowercase().ends_with("+json")
}

/// Parses the body of a response: returns the credentials, or the error that the status or the body
/// contains. `is_json` is `true` if the response has a media type of JSON.
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
        && let Ok(SuccessBody { credentials: Some(credentials) }) = serde_json::from_slice(body)
    {
        return credentials.into_temporary_credentials().ok_or(PortalError::NoCredentials);
    }
    let (error_status, message) = parse_error(body);
    match status {
        404 => Err(PortalError::Disabled { message }),
        // The HTTP status is 2xx, and the body contains neither credentials nor an error.
        200..300 if error_status.is_none() && message.is_empty() => Err(PortalError::NoCredentials),
        200..300 => Err(PortalError::Rejected { status: error_status.unwrap_or(status), message }),
        _ => Err(PortalError::Rejected { status, message }),
    }
}

impl Credentials {
    /// Returns the credentials, or `None` if the access key id or the secret access key is missing
    /// or empty. Ignores an expiration that is not a time in the format of RFC 3339.
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

/// Returns the members `status` and `message` of a JSON error. The message is empty if it is
/// missing or may contain a secret.
fn parse_error(body: &[u8]) -> (Option<u16>, String) {
    let Ok(Value::Object(error)) = serde_json::from_slice(body) else {
        return (None, String::new());
    };
    let status =
        error.get("status").and_then(Value::as_u64).and_then(|status| status.try_into().ok());
    let message = error.get("message").and_then(Value::as_str).unwrap_or_default();
    (status, sanitize_message(message))
}

/// Returns the message as one line, cut to [`MAX_MESSAGE_CHARS`] characters. Returns an empty text
/// if the message has a word of more than [`MAX_WORD_CHARS`] characters, because it may be a
/// secret.
fn sanitize_message(message: &str) -> String {
    let is_word_char =
        |character: char| character.is_ascii_alphanumeric() || "+/=_".contains(character);
    if message.split(|character| !is_word_char(character)).any(|word| word.len() > MAX_WORD_CHARS) {
        return String::new();
    }
    message.replace(char::is_control, " ").chars().take(MAX_MESSAGE_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_to_text(status: u16, content_type: &str, body: &str) -> String {
        match parse(status, is_json(content_type), body.as_bytes()) {
            Ok(credentials) => {
                format!(
                    "{} token {} expiry {}",
                    credentials.id,
                    credentials.token.is_some(),
                    credentials.expires.is_some()
                )
            }
            Err(error) => error.to_string(),
        }
    }

    /// Acceptance rows: F85.
    #[test]
    fn each_known_response_gives_credentials_or_its_own_error() {
        let json = "application/json";
        let complete = r#"{"Credentials":{"AccessKeyId":"ASIAX","SecretAccessKey":"s","SessionToken":"t","Expiration":"2026-11-24T03:00:00Z"}}"#;
        let without_token = r#"{"Credentials":{"AccessKeyId":"AKIAX","SecretAccessKey":"s"}}"#;
        let unusual = r#"{"Credentials":{"AccessKeyId":"AKIAX","SecretAccessKey":"s","SessionToken":"","Expiration":1795486506}}"#;
        for (status, content_type, body, expected) in [
            (200, json, complete, "ASIAX token true expiry true"),
            (200, "Application/JSON; charset=utf-8", complete, "ASIAX token true expiry true"),
            (200, "application/vnd.cap+json", without_token, "AKIAX token false expiry false"),
            (200, json, unusual, "AKIAX token false expiry false"),
            (200, "text/html", "<html>Log in</html>", "it answered with an HTML page (HTTP 200)"),
            (200, "text/html", complete, "it answered with an HTML page (HTTP 200)"),
            (200, "", complete, "it answered with an HTML page (HTTP 200)"),
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
            let outcome = parse_to_text(status, content_type, body);
            assert!(outcome.contains(expected), "{status} {content_type} {body}: {outcome}");
        }
    }

    /// Acceptance rows: F95.
    #[test]
    fn a_portal_message_that_may_contain_a_secret_is_not_shown() {
        let message = "bad key wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        let body = format!(r#"{{"status":400,"message":"{message}"}}"#);
        assert_eq!(
            parse_to_text(400, "application/json", &body),
            "it rejected the request (HTTP 400)"
        );
    }
}
