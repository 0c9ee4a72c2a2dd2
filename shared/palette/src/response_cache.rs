//! Caches responses of Palette for ten minutes.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use gangway_model::Scope;
use reqwest::Method;
use tokio::{sync::Mutex as AsyncMutex, time::Instant};

use crate::{api_request::ApiRequest, api_response::ApiResponse, error::AttemptError};

/// Time for which a response is cached.
const MAX_AGE: Duration = Duration::from_mins(10);

/// Maximum number of entries. If a new entry would exceed it, all entries are removed. A scope has
/// up to three entries.
const MAX_ENTRIES: usize = 1000;

/// Prefix of the paths of requests about accounts. Responses to these requests are never cached.
const ACCOUNTS_PATH_PREFIX: &str = "/v1/cloudaccounts/";

/// Cached response and the time at which it was received; `None` while the response is not fetched.
type Entry = Arc<AsyncMutex<Option<(Instant, ApiResponse)>>>;

/// Cache of successful responses to `GET` requests about the tenant and its projects. The key is
/// scope, path and query.
#[derive(Default)]
pub(crate) struct ResponseCache {
    entries: Mutex<BTreeMap<String, Entry>>,
}

impl ResponseCache {
    /// Returns `true` if the response to this request may be cached.
    pub(crate) fn is_cacheable(request: &ApiRequest) -> bool {
        request.method == Method::GET && !request.path.starts_with(ACCOUNTS_PATH_PREFIX)
    }

    /// Returns the cached response. If there is none, awaits `fetch` and caches its response.
    /// Concurrent calls for the same request share one fetch.
    pub(crate) async fn get_or_fetch(
        &self,
        request: &ApiRequest,
        scope: &Scope,
        fetch: impl Future<Output = Result<ApiResponse, AttemptError>>,
    ) -> Result<ApiResponse, AttemptError> {
        let entry =
            self.get_or_create_entry(format!("{scope:?} {} {:?}", request.path, request.query));
        let mut entry = entry.lock().await;
        if let Some((fetched, response)) = &*entry
            && fetched.elapsed() < MAX_AGE
        {
            return Ok(response.clone());
        }
        let response = fetch.await?;
        *entry = Some((Instant::now(), response.clone()));
        Ok(response)
    }

    /// Returns the entry of a key. Creates an empty entry if there is none.
    fn get_or_create_entry(&self, key: String) -> Entry {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= MAX_ENTRIES && !entries.contains_key(&key) {
            entries.clear();
        }
        Arc::clone(entries.entry(key).or_default())
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn response_is_fetched_once_in_ten_minutes_for_each_scope() {
        let cache = ResponseCache::default();
        let fetched = Cell::new(0);
        let request = ApiRequest::get("/v1/overlords");
        let project = Scope::Project("6a0c1a2b3c4d5e6f70818293".parse().unwrap());
        let get = async |scope: &Scope| {
            let fetch = async {
                fetched.set(fetched.get() + 1);
                Ok(ApiResponse::new(b"{}".to_vec().into()))
            };
            drop(cache.get_or_fetch(&request, scope, fetch).await);
        };
        tokio::join!(get(&Scope::Tenant), get(&Scope::Tenant));
        assert_eq!(fetched.get(), 1);
        get(&project).await;
        assert_eq!(fetched.get(), 2);
        advance(MAX_AGE).await;
        get(&Scope::Tenant).await;
        assert_eq!(fetched.get(), 3);
    }

    #[tokio::test]
    async fn errors_are_not_cached() {
        let cache = ResponseCache::default();
        let request = ApiRequest::get("/v1/overlords");
        let failed = cache
            .get_or_fetch(&request, &Scope::Tenant, async { Err(AttemptError::Throttled(None)) });
        assert!(failed.await.is_err());
        let fetch = async { Ok(ApiResponse::new(b"{}".to_vec().into())) };
        assert!(cache.get_or_fetch(&request, &Scope::Tenant, fetch).await.is_ok());
    }

    #[test]
    fn responses_about_accounts_and_to_post_are_not_cached() {
        assert!(ResponseCache::is_cacheable(&ApiRequest::get("/v1/clouds/aws/account/sts")));
        assert!(!ResponseCache::is_cacheable(&ApiRequest::get("/v1/cloudaccounts/aws")));
        let validate = ApiRequest::new(Method::POST, "/v1/clouds/aws/account/validate");
        assert!(!ResponseCache::is_cacheable(&validate));
    }
}
