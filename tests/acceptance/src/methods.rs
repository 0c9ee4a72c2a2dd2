//! Builds and sends requests of each authentication method, and asserts what follows from them.

use gangway_model::{AuthMethod, Partition};
use local_cloud::fixtures::CustomerAccount;
use serde_json::{Value, json};

use crate::{HttpResponse, PARTITIONS, TestApp, classified};

/// The methods of the commercial partition and of `GovCloud`, except Pod Identity.
pub const OPEN_METHODS: [AuthMethod; 2] = [AuthMethod::StaticCredentials, AuthMethod::Sts];

/// The methods of the classified partitions.
pub const CLASSIFIED_METHODS: [AuthMethod; 2] = [AuthMethod::StaticCredentials, AuthMethod::Scap];

/// Returns the method of [`OPEN_METHODS`] that `method` is not.
pub fn other_method(method: AuthMethod) -> AuthMethod {
    if method == AuthMethod::Sts { AuthMethod::StaticCredentials } else { AuthMethod::Sts }
}

/// Returns the path of the API that registers accounts in the scope of the tenant.
pub fn route(method: AuthMethod) -> String {
    format!("/v1/tenant/accounts/{method}")
}

/// Returns the path of the API that registers accounts in the scope of a project.
pub fn project_route(project: &str, method: AuthMethod) -> String {
    format!("/v1/projects/{project}/accounts/{method}")
}

/// Returns the path and the body of the HTTP request for a request that has its scope in the member
/// `scope`, as in an event. An HTTP request has its scope in the path.
fn split_scope(method: AuthMethod, request: &Value) -> (String, Value) {
    let path = match request.pointer("/scope/project").and_then(Value::as_str) {
        Some(project) => project_route(project, method),
        None => route(method),
    };
    (path, with(request.clone(), &json!({"scope": null})))
}

impl TestApp {
    /// Returns a valid request that registers a customer's AWS account, without optional members.
    ///
    /// # Panics
    /// If `method` is Pod Identity, because such a request needs a cluster.
    pub fn request(&self, method: AuthMethod, customer: &CustomerAccount, name: &str) -> Value {
        let deployment = self.deployment();
        let fields = match method {
            AuthMethod::StaticCredentials => classified::key_fields(deployment, customer),
            AuthMethod::Sts => json!({"roleArn": customer.role.arn()}),
            AuthMethod::Scap => classified::portal_request(deployment, customer),
            AuthMethod::PodIdentity => panic!("a request for Pod Identity needs a cluster"),
        };
        with(json!({"name": name}), &fields)
    }

    /// Sends a request to the route `validate` of its method.
    ///
    /// A new instance of the function serves the request. An instance that serves many requests
    /// waits because of Palette's rate limit.
    pub async fn validate(&self, method: AuthMethod, request: &Value) -> HttpResponse {
        self.deployment().functions.stop_idle_instances();
        let (path, body) = split_scope(method, request);
        self.post(&format!("{path}/validate"), &body).await
    }

    /// Sends a registration. A new instance of the function serves it.
    pub async fn register(&self, method: AuthMethod, request: &Value) -> HttpResponse {
        self.deployment().functions.stop_idle_instances();
        self.post_registration(method, request).await
    }

    /// Sends a registration. An instance of the function that already served requests may serve it.
    pub async fn post_registration(&self, method: AuthMethod, request: &Value) -> HttpResponse {
        let (path, body) = split_scope(method, request);
        self.post(&path, &body).await
    }

    /// Asserts that validation reports a failed blocker, that registration is rejected with the
    /// same failed checks, and that nothing is stored. Returns the response to the validation.
    pub async fn assert_blocked(&self, method: AuthMethod, request: &Value) -> HttpResponse {
        let before = (self.account_names(), self.active_secrets());
        let report = self.validate(method, request).await;
        report.assert_status(200);
        assert_eq!(report.ready(), Some(false), "{:#}", report.body);
        let rejected = self.register(method, request).await;
        rejected.assert_status(422);
        assert_eq!(rejected.text_at("/type"), "urn:gangway:problem:checks-failed");
        assert_eq!(rejected.ready(), Some(false));
        assert_eq!(rejected.failed(), report.failed());
        let after = (self.account_names(), self.active_secrets());
        assert_eq!(after, before, "a rejected registration stored something");
        report
    }

    /// Asserts that the report of a validation is `ready` and that registration creates the
    /// account. Returns the response to the registration, which has the receipt.
    pub async fn assert_registered(&self, method: AuthMethod, request: &Value) -> HttpResponse {
        let report = self.validate(method, request).await;
        report.assert_status(200);
        assert_eq!(report.ready(), Some(true), "{:#}", report.body);
        let receipt = self.register(method, request).await;
        receipt.assert_status(201);
        assert_eq!(receipt.outcome(), "created");
        receipt
    }

    /// Returns the JSON body of the account of this name, as Palette stores it.
    pub fn palette_body(&self, name: &str) -> Value {
        let records = self.cloud().palette().records();
        records.find_account(name).expect("an account of that name").body.clone()
    }
}

/// Returns `request` with the members of `changes` added or replaced. A member of `changes` that is
/// null removes the member of the same name.
#[must_use]
pub fn with(mut request: Value, changes: &Value) -> Value {
    let object = request.as_object_mut().expect("an object");
    for (name, value) in changes.as_object().expect("an object") {
        if value.is_null() {
            object.remove(name);
        } else {
            object.insert(name.clone(), value.clone());
        }
    }
    request
}

/// Runs a test with each of [`OPEN_METHODS`] in each of [`PARTITIONS`] at the same time. Each run
/// has its own local cloud.
pub async fn for_each_open<Test, Running>(test: Test)
where
    Test: Fn(TestApp, AuthMethod) -> Running,
    Running: Future<Output = ()> + Send + 'static,
{
    for_each(&PARTITIONS, &OPEN_METHODS, test).await;
}

/// Runs a test with each of [`CLASSIFIED_METHODS`] in both classified partitions at the same time.
/// Each run has its own local cloud.
pub async fn for_each_classified<Test, Running>(test: Test)
where
    Test: Fn(TestApp, AuthMethod) -> Running,
    Running: Future<Output = ()> + Send + 'static,
{
    for_each(&classified::CLASSIFIED_PARTITIONS, &CLASSIFIED_METHODS, test).await;
}

/// Runs a test with each of `methods` in each of `partitions` at the same time. Each run has its
/// own local cloud.
///
/// # Panics
/// If a run panics.
pub async fn for_each<Test, Running>(partitions: &[Partition], methods: &[AuthMethod], test: Test)
where
    Test: Fn(TestApp, AuthMethod) -> Running,
    Running: Future<Output = ()> + Send + 'static,
{
    let mut running = Vec::new();
    for partition in partitions {
        for method in methods {
            let app = TestApp::start(*partition).await;
            running.push((partition, method, tokio::spawn(test(app, *method))));
        }
    }
    for (partition, method, test) in running {
        assert!(test.await.is_ok(), "in {partition}, with {method}: see above");
    }
}
