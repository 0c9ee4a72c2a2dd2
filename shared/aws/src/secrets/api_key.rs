//! Reads Palette's API key from the secret that the configuration names.

use gangway_model::{
    UpstreamError,
    stores::{ApiKeyFuture, ApiKeyProvider},
};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::SecretsManagerStore;
use crate::error::SECRETS_MANAGER;

/// JSON object that contains the API key.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ApiKeyObject {
    api_key: SecretString,
}

impl ApiKeyProvider for SecretsManagerStore {
    fn api_key(&self) -> ApiKeyFuture<'_> {
        Box::pin(async {
            let text = self.get_string(&self.0.api_key).await?;
            parse_api_key(&text).ok_or_else(|| UpstreamError::AccessDenied {
                service: SECRETS_MANAGER,
                reason: format!(
                    "the secret of Palette's API key must contain the key alone, or {{\"apiKey\": \"…\"}}: {}",
                    self.0.api_key
                ),
            })
        })
    }
}

/// Parses the content of the secret. The API key is the whole text, or the member `apiKey` of a
/// JSON object. White space around the key is removed. Returns `None` if there is no valid key.
fn parse_api_key(text: &SecretString) -> Option<SecretString> {
    #[expect(clippy::disallowed_methods, reason = "the key is wrapped again")]
    let text = text.expose_secret().trim();
    if !text.starts_with('{') {
        return to_valid_key(text);
    }
    let ApiKeyObject { api_key } = serde_json::from_str(text).ok()?;
    #[expect(clippy::disallowed_methods, reason = "the key is wrapped again")]
    let key = api_key.expose_secret();
    to_valid_key(key.trim())
}

/// Returns the key if an HTTP header can contain it; otherwise `None`.
fn to_valid_key(key: &str) -> Option<SecretString> {
    let is_valid = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic());
    is_valid.then(|| SecretString::from(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_api_key_is_the_whole_text_or_a_json_member() {
        for (text, key) in [
            ("k3y", Some("k3y")),
            (" k3y\r\n", Some("k3y")),
            (r#"{"apiKey": "k3y"}"#, Some("k3y")),
            ("\n{\"apiKey\": \" k3y \", \"note\": 1}", Some("k3y")),
            ("", None),
            ("two words", None),
            ("{}", None),
            (r#"{"apiKey": 1}"#, None),
            (r#"{"apiKey": ""}"#, None),
            ("{not json", None),
        ] {
            let parsed = parse_api_key(&SecretString::from(text));
            #[expect(clippy::disallowed_methods, reason = "a sample")]
            let parsed = parsed.as_ref().map(ExposeSecret::expose_secret);
            assert_eq!(parsed, key, "{text:?}");
        }
    }
}
