//! Palette's API key, from the secret that the settings name.

use gangway_model::{UpstreamError, stores::ApiKeyProvider};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::SecretsManagerStore;
use crate::error::SECRETS_MANAGER;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wrapped {
    api_key: SecretString,
}

impl ApiKeyProvider for SecretsManagerStore {
    async fn api_key(&self) -> Result<SecretString, UpstreamError> {
        let text = self.get_string(&self.0.api_key).await?;
        read(&text).ok_or_else(|| UpstreamError::AccessDenied {
            service: SECRETS_MANAGER,
            reason: format!(
                "the secret of Palette's API key must hold the key alone, or {{\"apiKey\": \"…\"}}: {}",
                self.0.api_key
            ),
        })
    }
}

/// The key alone, or as a member of a JSON object. White space around it is a slip of whoever stored it.
fn read(text: &SecretString) -> Option<SecretString> {
    #[expect(clippy::disallowed_methods, reason = "it is unwrapped and hidden again")]
    let text = text.expose_secret().trim();
    if !text.starts_with('{') {
        return usable(text);
    }
    let Wrapped { api_key } = serde_json::from_str(text).ok()?;
    #[expect(clippy::disallowed_methods, reason = "it is trimmed and hidden again")]
    let key = api_key.expose_secret();
    usable(key.trim())
}

/// A key is sent as a header.
fn usable(key: &str) -> Option<SecretString> {
    let fits = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| SecretString::from(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_stands_alone_or_in_an_object() {
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
            let read = read(&SecretString::from(text));
            #[expect(clippy::disallowed_methods, reason = "a sample")]
            let read = read.as_ref().map(ExposeSecret::expose_secret);
            assert_eq!(read, key, "{text:?}");
        }
    }
}
