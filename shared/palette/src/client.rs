//! Client of a Palette tenant, and client of one scope of the tenant.

use std::sync::Arc;

use gangway_http::RetryPolicy;
use gangway_model::{Scope, stores::ApiKeyProvider};
use reqwest::Url;

use crate::{api_key::ApiKeyCache, rate_limiter::RateLimiter, response_cache::ResponseCache};

/// Client of a Palette tenant. It caches the API key and limits the request rate, so a process
/// should create only one.
pub struct PaletteClient {
    pub(crate) http: reqwest::Client,
    /// URL of Palette. Its path is a prefix of all request paths.
    pub(crate) base: Url,
    pub(crate) api_keys: ApiKeyCache,
    pub(crate) rate_limiter: RateLimiter,
    pub(crate) retry_policy: RetryPolicy,
    pub(crate) cache: Option<ResponseCache>,
}

impl PaletteClient {
    /// Creates a client of the tenant at the URL `base`. The path of `base` is a prefix of all
    /// request paths. Fetches the API key when the first request is sent.
    pub fn new(http: reqwest::Client, base: Url, api_key: Arc<dyn ApiKeyProvider>) -> Self {
        Self {
            http,
            base,
            api_keys: ApiKeyCache::new(api_key),
            rate_limiter: RateLimiter::default(),
            retry_policy: RetryPolicy::THROTTLED,
            cache: None,
        }
    }

    /// Sets the maximum number of requests per second for each endpoint group. The default is 8.
    #[must_use]
    pub fn with_rate_limit(self, requests_per_second: u16) -> Self {
        Self { rate_limiter: RateLimiter::with_requests_per_second(requests_per_second), ..self }
    }
}

impl PaletteClient {
    /// Caches responses about the tenant and its projects for ten minutes, for functions that check
    /// many accounts one after the other. Responses about accounts are never cached.
    #[must_use]
    pub fn with_cache(self) -> Self {
        Self { cache: Some(ResponseCache::default()), ..self }
    }
}

/// Client of one scope of a tenant. Accounts that the client creates belong to this scope.
pub struct ScopedClient<'a> {
    pub(crate) palette: &'a PaletteClient,
    pub(crate) scope: Scope,
}

impl ScopedClient<'_> {
    /// Returns the scope that the client works in.
    pub const fn scope(&self) -> &Scope {
        &self.scope
    }
}
