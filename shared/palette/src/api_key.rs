//! Fetches and caches Palette's API key. The key is fetched on first use, and again when Palette
//! does not accept it.

use std::sync::Arc;

use gangway_model::{UpstreamError, stores::ApiKeyProvider};
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Mutex;

use crate::SERVICE;

/// API key that was fetched from the provider.
pub(crate) struct ApiKey {
    /// The key, used to redact it from error messages.
    pub(crate) secret: SecretString,
    /// Value of the `ApiKey` header, marked as sensitive so that nothing prints it.
    pub(crate) header: HeaderValue,
}

impl ApiKey {
    /// Converts the stored text to a header value.
    fn from_secret(secret: &SecretString) -> Result<Self, UpstreamError> {
        #[expect(clippy::disallowed_methods, reason = "sent as the ApiKey header")]
        // A key that a person has pasted often ends with a line break, which a header cannot
        // contain.
        let text = secret.expose_secret().trim();
        let invalid = |_error| UpstreamError::AccessDenied {
            service: SERVICE,
            reason: "the stored API key contains characters that an HTTP header cannot contain"
                .to_owned(),
        };
        let mut header = HeaderValue::from_str(text).map_err(invalid)?;
        header.set_sensitive(true);
        Ok(Self { secret: SecretString::from(text), header })
    }
}

/// Fetches the API key from the provider and caches it.
pub(crate) struct ApiKeyCache {
    provider: Arc<dyn ApiKeyProvider>,
    cached: Mutex<Option<Arc<ApiKey>>>,
}

impl ApiKeyCache {
    pub(crate) fn new(provider: Arc<dyn ApiKeyProvider>) -> Self {
        Self { provider, cached: Mutex::new(None) }
    }

    /// Returns the cached key. Fetches the key if none is cached; concurrent calls share one fetch.
    pub(crate) async fn current(&self) -> Result<Arc<ApiKey>, UpstreamError> {
        self.get_newer_than(None).await
    }

    /// Returns a key that is newer than `stale`, which Palette did not accept. Returns the cached
    /// key if another call has fetched it after `stale`; otherwise fetches the key.
    pub(crate) async fn refresh(&self, stale: &Arc<ApiKey>) -> Result<Arc<ApiKey>, UpstreamError> {
        self.get_newer_than(Some(stale)).await
    }

    /// Returns the cached key if it is not `stale`; otherwise fetches the key and caches it.
    async fn get_newer_than(
        &self,
        stale: Option<&Arc<ApiKey>>,
    ) -> Result<Arc<ApiKey>, UpstreamError> {
        let mut cached = self.cached.lock().await;
        match &*cached {
            Some(key) if !stale.is_some_and(|stale| Arc::ptr_eq(stale, key)) => Ok(Arc::clone(key)),
            Some(_) | None => {
                let key = Arc::new(ApiKey::from_secret(&self.provider.api_key().await?)?);
                *cached = Some(Arc::clone(&key));
                Ok(key)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Acceptance rows: F95.
    #[test]
    fn api_key_header_is_sensitive_and_has_no_line_break() {
        let key = ApiKey::from_secret(&"the-key\n".into()).unwrap();
        assert_eq!((key.header.to_str().unwrap(), key.header.is_sensitive()), ("the-key", true));
        assert!(!format!("{:?}{:?}", key.header, key.secret).contains("the-key"));
        let error = ApiKey::from_secret(&"two\nlines".into()).err().unwrap();
        assert!(!error.to_string().contains("two"), "{error}");
    }
}
