//! What a portal's answer means.

use gangway_model::{TemporaryCredentials, time};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value;

use crate::PortalError;

/// How much of a portal's words is shown.
const MAX_REASON_CHARS: usize = 200;

/// What looks like a word up to here may be a secret from here on.
const MAX_WORD_CHARS: usize = 31;

/// A success. Its texts are wiped.
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

/// Whether the answer is declared as JSON.
pub(crate) fn is_json(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json") || kind.to_ascii_lowercase().ends_with("+json")
}

/// Keys, or why there are none.
pub(crate) fn judge(
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
        return credentials.keys().ok_or(PortalError::NoCredentials);
    }
    let (said, message) = words(body);
    match status {
        404 => Err(PortalError::Disabled { message }),
        // A success that names another status, or says why it is none.
        200..300 if said.is_none() && message.is_empty() => Err(PortalError::NoCredentials),
        200..300 => Err(PortalError::Rejected { status: said.unwrap_or(status), message }),
        _ => Err(PortalError::Rejected { status, message }),
    }
}

impl Credentials {
    fn keys(self) -> Option<TemporaryCredentials> {
        let Self { access_key_id, secret_access_key, session_token, expiration } = self;
        #[expect(clippy::disallowed_methods, reason = "the public half needs no wrapper")]
        let id = access_key_id?.expose_secret().to_owned();
        let secret = secret_access_key.filter(present)?;
        let expires = expiration.as_ref().and_then(Value::as_str).and_then(time::parse_rfc3339);
        let token = session_token.filter(present);
        (!id.is_empty()).then_some(TemporaryCredentials { id, secret, token, expires })
    }
}

fn present(secret: &SecretString) -> bool {
    #[expect(clippy::disallowed_methods, reason = "tells whether it is there")]
    let text = secret.expose_secret();
    !text.is_empty()
}

/// The status and the message that a JSON error names, as far as they can be repeated.
fn words(body: &[u8]) -> (Option<u16>, String) {
    let Ok(Value::Object(error)) = serde_json::from_slice(body) else {
        return (None, String::new());
    };
    let status = error.get("status").and_then(Value::as_u64).and_then(|it| it.try_into().ok());
    let message = error.get("message").and_then(Value::as_str).unwrap_or_default();
    (status, is_safe_to_echo(message))
}

/// One short line; long runs of letters may be keys, so a message that has any is not repeated.
fn is_safe_to_echo(message: &str) -> String {
    let letter = |letter: char| letter.is_ascii_alphanumeric() || "+/=_".contains(letter);
    if message.split(|next| !letter(next)).any(|word| word.len() > MAX_WORD_CHARS) {
        return String::new();
    }
    message.replace(char::is_control, " ").chars().take(MAX_REASON_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(status: u16, content_type: &str, body: &str) -> String {
        match judge(status, is_json(content_type), body.as_bytes()) {
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

    /// Rows: F85.
    #[test]
    fn every_answer_that_portals_are_known_to_give() {
        let json = "application/json";
        let keys = r#"{"Credentials":{"AccessKeyId":"ASIAX","SecretAccessKey":"s","SessionToken":"t","Expiration":"2026-11-24T03:00:00Z"}}"#;
        let bare = r#"{"Credentials":{"AccessKeyId":"AKIAX","SecretAccessKey":"s"}}"#;
        let odd = r#"{"Credentials":{"AccessKeyId":"AKIAX","SecretAccessKey":"s","SessionToken":"","Expiration":1795486506}}"#;
        for (status, content_type, body, told) in [
            (200, json, keys, "ASIAX token true expiry true"),
            (200, "Application/JSON; charset=utf-8", keys, "ASIAX token true expiry true"),
            (200, "application/vnd.cap+json", bare, "AKIAX token false expiry false"),
            (200, json, odd, "AKIAX token false expiry false"),
            (200, "text/html", "<html>Log in</html>", "it answered with a page (HTTP 200)"),
            (200, "text/html", keys, "it answered with a page (HTTP 200)"),
            (200, "", keys, "it answered with a page (HTTP 200)"),
            (403, "text/html", "<html>", "it answered with a page (HTTP 403)"),
            (502, "text/html", "<html>", "it refused (HTTP 502)"),
            (302, "text/html", "", "it redirects (HTTP 302)"),
            (
                400,
                json,
                r#"{"status":400,"message":"No such role."}"#,
                "it refused (HTTP 400: No such role.)",
            ),
            (
                200,
                json,
                r#"{"status":403,"message":"Not authorized"}"#,
                "it refused (HTTP 403: Not authorized)",
            ),
            (
                404,
                json,
                r#"{"success":false,"message":"API not enabled."}"#,
                "switched off (HTTP 404: API not enabled.)",
            ),
            (500, json, "{", "it refused (HTTP 500)"),
            (200, json, "{", "holds no Credentials"),
            (200, json, "[]", "holds no Credentials"),
            (200, json, r#"{"Credentials":{}}"#, "holds no Credentials"),
            (
                200,
                json,
                r#"{"Credentials":{"AccessKeyId":"A","SecretAccessKey":""}}"#,
                "holds no Credentials",
            ),
            (
                200,
                json,
                r#"{"credentials":{"AccessKeyId":"A","SecretAccessKey":"s"}}"#,
                "holds no Credentials",
            ),
        ] {
            let outcome = outcome(status, content_type, body);
            assert!(outcome.contains(told), "{status} {content_type} {body}: {outcome}");
        }
    }

    /// Rows: F95.
    #[test]
    fn words_that_may_hold_a_key_are_not_repeated() {
        let message = "bad key wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        let body = format!(r#"{{"status":400,"message":"{message}"}}"#);
        assert_eq!(outcome(400, "application/json", &body), "it refused (HTTP 400)");
    }
}
