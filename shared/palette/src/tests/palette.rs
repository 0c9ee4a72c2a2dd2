//! A fake of Palette for the tests. It returns the responses that a test defines, and records
//! the requests.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    http::Response,
};
use gangway_http::RetryPolicy;
use gangway_model::{
    AccessKey, Credential, Partition, PermissionProfile, Registration, Scope, StsRole,
    stores::{ApiKeyFuture, ApiKeyProvider},
};
use secrecy::SecretString;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::{PaletteClient, ScopedClient};

/// API key that the provider of the tests returns first.
pub(super) const API_KEY: &str = "first-api-key";
/// API key that the provider of the tests returns after the first fetch.
pub(super) const SECOND_API_KEY: &str = "second-api-key";
pub(super) const UID: &str = "5f0c1a2b3c4d5e6f70818293";
pub(super) const PROJECT: &str = "6a0c1a2b3c4d5e6f70818293";
pub(super) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// Request that the fake has received.
#[derive(Clone, Debug)]
pub(super) struct RecordedRequest {
    /// Method and path of the request.
    pub(super) call: String,
    pub(super) query: String,
    /// Value of the header `ApiKey`.
    pub(super) key: String,
    /// Value of the header `ProjectUid`.
    pub(super) project: Option<String>,
    pub(super) body: Value,
}

/// Response of the fake: status, body, and the value of `Retry-After`.
#[derive(Clone, Debug)]
pub(super) struct FakeResponse(pub(super) u16, pub(super) String, pub(super) Option<u32>);

#[expect(clippy::needless_pass_by_value, reason = "the scripts of tests read better without &")]
pub(super) fn fake_response(status: u16, body: impl ToString) -> FakeResponse {
    FakeResponse(status, body.to_string(), None)
}

/// API key provider that returns its keys one after the other, and then the last key again and
/// again.
pub(super) struct KeySequence {
    keys: Vec<&'static str>,
    reads: Arc<AtomicUsize>,
}

impl ApiKeyProvider for KeySequence {
    fn api_key(&self) -> ApiKeyFuture<'_> {
        Box::pin(async {
            let read = self.reads.fetch_add(1, Ordering::SeqCst);
            // Other tasks can run here, so that concurrent calls of the test overlap.
            tokio::task::yield_now().await;
            Ok(self.keys[read.min(self.keys.len() - 1)].into())
        })
    }
}

/// A running fake of Palette, and a client of it.
pub(super) struct FakePalette {
    pub(super) palette: PaletteClient,
    /// Number of times that the API key was fetched.
    pub(super) reads: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<RecordedRequest>>>,
}

impl FakePalette {
    /// Starts a fake. Calls `respond` with each request and the number of earlier requests.
    pub(super) async fn start(
        respond: impl Fn(&RecordedRequest, usize) -> FakeResponse + Clone + Send + Sync + 'static,
    ) -> Self {
        let requests = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&requests);
        let router = Router::new().fallback(async move |request: Request| {
            let request = record(request).await;
            let before = {
                let mut log = log.lock().unwrap();
                log.push(request.clone());
                log.len() - 1
            };
            let FakeResponse(status, body, retry_after) = respond(&request, before);
            let mut response = Response::builder().status(status);
            if let Some(seconds) = retry_after {
                response = response.header("retry-after", seconds);
            }
            response.body(Body::from(body)).unwrap()
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/palette/", listener.local_addr().unwrap());
        drop(tokio::spawn(async move { axum::serve(listener, router).await }));
        let reads = Arc::new(AtomicUsize::new(0));
        let palette = fast_client(
            &base,
            KeySequence { keys: vec![API_KEY, SECOND_API_KEY], reads: Arc::clone(&reads) },
        );
        Self { palette, reads, requests }
    }

    /// Starts a fake that returns the same response to every request.
    pub(super) async fn returning(status: u16, body: impl ToString) -> Self {
        let response = fake_response(status, body);
        Self::start(move |_, _| response.clone()).await
    }

    pub(super) fn tenant(&self) -> ScopedClient<'_> {
        ScopedClient { palette: &self.palette, scope: Scope::Tenant }
    }

    pub(super) fn project(&self) -> ScopedClient<'_> {
        ScopedClient { palette: &self.palette, scope: Scope::Project(PROJECT.parse().unwrap()) }
    }

    pub(super) fn requests(&self) -> Vec<RecordedRequest> {
        self.requests.lock().unwrap().clone()
    }

    /// Returns method and path of all requests.
    pub(super) fn calls(&self) -> Vec<String> {
        self.requests().into_iter().map(|request| request.call).collect()
    }

    /// Returns the number of times that the API key was fetched.
    pub(super) fn key_fetches(&self) -> usize {
        self.reads.load(Ordering::SeqCst)
    }
}

/// Returns a client with almost no delay between retries.
pub(super) fn fast_client(base: &str, keys: KeySequence) -> PaletteClient {
    let http = gangway_http::build_client(
        &gangway_http::RootStore::for_kind(gangway_model::RootStoreKind::Public).unwrap(),
    )
    .unwrap();
    let palette = PaletteClient::new(http, base.parse().unwrap(), Arc::new(keys));
    let retry_policy = RetryPolicy::THROTTLED.with_first_delay(Duration::from_millis(1));
    PaletteClient { retry_policy, ..palette }
}

/// Converts a request that the fake has received.
async fn record(request: Request) -> RecordedRequest {
    let (parts, body) = request.into_parts();
    let header = |name| parts.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let (key, project) = (header("apikey").unwrap_or_default(), header("projectuid"));
    let body = to_bytes(body, usize::MAX).await.unwrap();
    RecordedRequest {
        call: format!("{} {}", parts.method, parts.uri.path()),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        key,
        project,
        body: serde_json::from_slice(&body).unwrap_or_default(),
    }
}

/// Returns a static access key.
pub(super) fn access_key() -> Credential {
    Credential::AccessKey(AccessKey {
        id: "AKIAIOSFODNN7EXAMPLE".parse().unwrap(),
        secret: SecretString::from(SECRET).try_into().unwrap(),
        certificate_authority: None,
    })
}

/// Returns a role that Palette assumes.
pub(super) fn role() -> Credential {
    Credential::StsRole(StsRole {
        role: "arn:aws:iam::123456789012:role/SpectroCloudRole".parse().unwrap(),
        external_id: "external-id-of-the-tenant".to_owned(),
    })
}

pub(super) fn registration(credential: Credential) -> Registration {
    Registration {
        name: "prod".parse().unwrap(),
        description: None,
        partition: Partition::Aws,
        account: "123456789012".parse().unwrap(),
        scope: Scope::Tenant,
        policies: Vec::new(),
        gateway: None,
        profile: PermissionProfile::CoreEks,
        region: None,
        waived_checks: Vec::new(),
        credential,
        incoming_secret: None,
    }
}
