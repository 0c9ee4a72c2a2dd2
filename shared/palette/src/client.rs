//! The client of a Palette tenant, and the client of one scope of it.

use std::sync::Arc;

use gangway_http::RetryPolicy;
use gangway_model::{Scope, stores::ApiKeyProvider};
use reqwest::Url;

use crate::{api_key::ApiKeyCache, rate_limiter::RateLimiter, response_cache::ResponseCache};

/// Client of a Palette tenant. Make one for each process: it caches the API key and limits the
/// request rate.
pub struct PaletteClient {
    pub(crate) http: reqwest::Client,
    pub(crate) base: Url,
    pub(crate) keys: ApiKeyCache,
    pub(crate) rate_limiter: RateLimiter,
    pub(crate) retry_policy: RetryPolicy,
    pub(crate) cache: Option<ResponseCache>,
}

impl PaletteClient {
    /// Returns a client of the tenant at `base`; a path of `base` is kept as a prefix. The API key
    /// is fetched with the first request.
    pub fn new(http: reqwest::Client, base: Url, api_key: Arc<dyn ApiKeyProvider>) -> Self {
        Self {
            http,
            base,
            keys: ApiKeyCache::new(api_key),
            rate_limiter: RateLimiter::default(),
            retry_policy: RetryPolicy::THROTTLED,
            cache: None,
        }
    }

    /// Limits requests to this many a second for each endpoint group; the default is 8.
    #[must_use]
    pub fn with_rate_limit(self, requests_per_second: u16) -> Self {
        Self { rate_limiter: RateLimiter::with_rps(requests_per_second), ..self }
    }
}

impl PaletteClient {
    /// Keeps what Palette returns about the tenant and its projects for ten minutes, for functions
    /// that check many accounts in a row. Accounts themselves are always read again.
    #[must_use]
    pub fn with_cache(self) -> Self {
        Self { cache: Some(ResponseCache::default()), ..self }
    }
}

/// Client of one scope of a tenant: accounts that it creates belong to that scope.
pub struct ScopedClient<'a> {
    pub(crate) palette: &'a PaletteClient,
    pub(crate) scope: Scope,
}

impl ScopedClient<'_> {
    /// Returns the scope of the requests.
    pub const fn scope(&self) -> &Scope {
        &self.scope
    }
}
