//! The API key: read once, kept in memory, read again when Palette no longer takes it.

use std::sync::Arc;

use gangway_model::{UpstreamError, stores::ApiKeyProvider};
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Mutex;

use crate::SERVICE;

/// One reading of the key.
pub(crate) struct ApiKey {
    /// To find it in errors.
    pub(crate) secret: SecretString,
    /// To send it. Marked as sensitive, so that nothing prints it.
    pub(crate) header: HeaderValue,
}

impl ApiKey {
    fn from_secret(secret: &SecretString) -> Result<Self, UpstreamError> {
        #[expect(clippy::disallowed_methods, reason = "becomes the header that opens Palette")]
        // A line break at the end is how keys are pasted, and no header may hold one.
        let text = secret.expose_secret().trim();
        let denied = |_invalid| UpstreamError::AccessDenied {
            service: SERVICE,
            reason: "the API key that is kept holds characters that no key has".to_owned(),
        };
        let mut header = HeaderValue::from_str(text).map_err(denied)?;
        header.set_sensitive(true);
        Ok(Self { secret: SecretString::from(text), header })
    }
}

/// The key ring, and what was last read from it.
pub(crate) struct ApiKeyCache<K> {
    ring: K,
    held: Mutex<Option<Arc<ApiKey>>>,
}

impl<K: ApiKeyProvider> ApiKeyCache<K> {
    pub(crate) fn new(ring: K) -> Self {
        Self { ring, held: Mutex::new(None) }
    }

    /// The key. Whoever comes while it is read waits for that reading.
    pub(crate) async fn current(&self) -> Result<Arc<ApiKey>, UpstreamError> {
        self.refresh_after(None).await
    }

    /// The key that comes after one that Palette did not take, unless another call has read it already.
    pub(crate) async fn after(&self, stale: &Arc<ApiKey>) -> Result<Arc<ApiKey>, UpstreamError> {
        self.refresh_after(Some(stale)).await
    }

    async fn refresh_after(
        &self,
        stale: Option<&Arc<ApiKey>>,
    ) -> Result<Arc<ApiKey>, UpstreamError> {
        let mut held = self.held.lock().await;
        match &*held {
            Some(key) if !stale.is_some_and(|stale| Arc::ptr_eq(stale, key)) => Ok(Arc::clone(key)),
            Some(_) | None => {
                let key = Arc::new(ApiKey::from_secret(&self.ring.api_key().await?)?);
                *held = Some(Arc::clone(&key));
                Ok(key)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows: F95.
    #[test]
    fn the_header_is_never_printed_and_holds_no_line_break() {
        let key = ApiKey::from_secret(&"the-key\n".into()).unwrap();
        assert_eq!((key.header.to_str().unwrap(), key.header.is_sensitive()), ("the-key", true));
        assert!(!format!("{:?}{:?}", key.header, key.secret).contains("the-key"));
        let error = ApiKey::from_secret(&"two\nlines".into()).err().unwrap();
        assert!(!error.to_string().contains("two"), "{error}");
    }
}
