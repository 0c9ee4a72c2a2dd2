//! The API key: fetched on first use, cached, and fetched again when Palette no longer accepts it.

use std::sync::Arc;

use gangway_model::{UpstreamError, stores::ApiKeyProvider};
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Mutex;

use crate::SERVICE;

/// An API key, as the provider returned it at one time.
pub(crate) struct ApiKey {
    /// Used to redact the key from error messages.
    pub(crate) secret: SecretString,
    /// Value of the `ApiKey` header, marked as sensitive so that nothing prints it.
    pub(crate) header: HeaderValue,
}

impl ApiKey {
    fn from_secret(secret: &SecretString) -> Result<Self, UpstreamError> {
        #[expect(clippy::disallowed_methods, reason = "sent as the ApiKey header")]
        // Pasted keys often end with a line break, which no header may contain.
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

/// Cache of the API key.
pub(crate) struct ApiKeyCache {
    provider: Arc<dyn ApiKeyProvider>,
    cached: Mutex<Option<Arc<ApiKey>>>,
}

impl ApiKeyCache {
    pub(crate) fn new(provider: Arc<dyn ApiKeyProvider>) -> Self {
        Self { provider, cached: Mutex::new(None) }
    }

    /// Returns the cached key, or fetches it. Concurrent calls share one fetch.
    pub(crate) async fn current(&self) -> Result<Arc<ApiKey>, UpstreamError> {
        self.newer_than(None).await
    }

    /// Returns another key than `stale`, which Palette did not accept: the cached one if it has
    /// been fetched since, else a new one.
    pub(crate) async fn refresh(&self, stale: &Arc<ApiKey>) -> Result<Arc<ApiKey>, UpstreamError> {
        self.newer_than(Some(stale)).await
    }

    async fn newer_than(&self, stale: Option<&Arc<ApiKey>>) -> Result<Arc<ApiKey>, UpstreamError> {
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
    fn the_header_is_sensitive_and_contains_no_line_break() {
        let key = ApiKey::from_secret(&"the-key\n".into()).unwrap();
        assert_eq!((key.header.to_str().unwrap(), key.header.is_sensitive()), ("the-key", true));
        assert!(!format!("{:?}{:?}", key.header, key.secret).contains("the-key"));
        let error = ApiKey::from_secret(&"two\nlines".into()).err().unwrap();
        assert!(!error.to_string().contains("two"), "{error}");
    }
}
