//! A Palette tenant, and one scope of it.

use std::time::Duration;

use gangway_model::{Scope, stores::ApiKeyProvider};
use reqwest::Url;

use crate::{api_key::ApiKeyCache, rate_limiter::RateLimiter};

/// The pause before a call is first repeated.
const RETRY_PAUSE: Duration = Duration::from_millis(200);

/// A Palette tenant, called as the owner of an API key. One for each process: it holds the key and the rate limit.
pub struct PaletteClient<K> {
    pub(crate) http: reqwest::Client,
    pub(crate) base: Url,
    pub(crate) keys: ApiKeyCache<K>,
    pub(crate) gate: RateLimiter,
    pub(crate) pause: Duration,
}

impl<K: ApiKeyProvider> PaletteClient<K> {
    /// Calls the tenant at `base`, whose path is kept as a prefix. The key is read when it is first needed.
    pub fn new(http: reqwest::Client, base: Url, keyring: K) -> Self {
        Self {
            http,
            base,
            keys: ApiKeyCache::new(keyring),
            gate: RateLimiter::default(),
            pause: RETRY_PAUSE,
        }
    }

    /// Sends so many requests a second to each family of endpoints, rather than 8.
    #[must_use]
    pub fn with_rate_limit(self, requests_per_second: u16) -> Self {
        Self { gate: RateLimiter::with_rps(requests_per_second), ..self }
    }
}

/// A tenant, seen from one scope: what is made here belongs to it.
pub struct ScopedClient<'a, K> {
    pub(crate) palette: &'a PaletteClient<K>,
    pub(crate) scope: Scope,
}

impl<K> ScopedClient<'_, K> {
    /// Whose accounts these are.
    pub const fn scope(&self) -> &Scope {
        &self.scope
    }
}
