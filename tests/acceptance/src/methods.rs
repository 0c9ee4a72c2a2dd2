//! The requests of each authentication method, and the assertions on their results.

use gangway_model::{AuthMethod, Partition};
use local_cloud::fixtures::CustomerAccount;
use serde_json::{Value, json};

use crate::{HttpResponse, PARTITIONS, TestApp, classified};

/// The methods that are offered in the commercial partition and in `GovCloud`, without Pod Identity.
pub const OPEN_METHODS: [AuthMethod; 2] = [AuthMethod::StaticCredentials, AuthMethod::Sts];

/// The methods that are offered in the classified partitions.
pub const CLASSIFIED_METHODS: [AuthMethod; 2] = [AuthMethod::StaticCredentials, AuthMethod::Scap];

/// The other one of [`OPEN_METHODS`].
pub fn other_method(method: AuthMethod) -> AuthMethod {
    if method == AuthMethod::Sts { AuthMethod::StaticCredentials } else { AuthMethod::Sts }
}

/// The path to which a registration of the tenant is posted.
pub fn route(method: AuthMethod) -> String {
    format!("/v1/tenant/accounts/{method}")
}

/// The path to which a registration of a project is posted.
pub fn project_route(project: &str, method: AuthMethod) -> String {
    format!("/v1/projects/{project}/accounts/{method}")
}

/// Splits a request into its path and its body. An event has its scope in a member of the body; an HTTP
/// request has it in the path.
fn split_scope(method: AuthMethod, request: &Value) -> (String, Value) {
    let path = match request.pointer("/scope/project").and_then(Value::as_str) {
        Some(project) => project_route(project, method),
        None => route(method),
    };
    (path, with(request.clone(), &json!({"scope": null})))
}

impl TestApp {
    /// Returns the shortest valid request for a customer's account.
    ///
    /// # Panics
    /// For Pod Identity: its requests need a cluster.
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

    /// Validates a request.
    ///
    /// Each request gets a new instance of the function: an instance that serves many requests waits for Palette's rate limit.
    pub async fn validate(&self, method: AuthMethod, request: &Value) -> HttpResponse {
        self.deployment().functions.stop_idle_instances();
        let (path, body) = split_scope(method, request);
        self.post(&format!("{path}/validate"), &body).await
    }

    /// Registers an account, in a new instance of the function.
    pub async fn register(&self, method: AuthMethod, request: &Value) -> HttpResponse {
        self.deployment().functions.stop_idle_instances();
        self.post_registration(method, request).await
    }

    /// Sends a registration to an instance of the function that may have served others.
    pub async fn post_registration(&self, method: AuthMethod, request: &Value) -> HttpResponse {
        let (path, body) = split_scope(method, request);
        self.post(&path, &body).await
    }

    /// Asserts that validation reports a blocker, that registration is refused with the same failed checks, and that nothing
    /// is stored. Returns the validation report.
    pub async fn assert_blocked(&self, method: AuthMethod, request: &Value) -> HttpResponse {
        let before = (self.account_names(), self.active_secrets());
        let report = self.validate(method, request).await;
        report.assert_status(200);
        assert_eq!(report.ready(), Some(false), "{:#}", report.body);
        let refused = self.register(method, request).await;
        refused.assert_status(422);
        assert_eq!(refused.text_at("/type"), "urn:gangway:problem:checks-failed");
        assert_eq!(refused.ready(), Some(false));
        assert_eq!(refused.failed(), report.failed());
        let after = (self.account_names(), self.active_secrets());
        assert_eq!(after, before, "a refused registration stored something");
        report
    }

    /// Asserts that validation is ready and that registration creates the account. Returns the receipt.
    pub async fn assert_registered(&self, method: AuthMethod, request: &Value) -> HttpResponse {
        let report = self.validate(method, request).await;
        report.assert_status(200);
        assert_eq!(report.ready(), Some(true), "{:#}", report.body);
        let receipt = self.register(method, request).await;
        receipt.assert_status(201);
        assert_eq!(receipt.outcome(), "created");
        receipt
    }

    /// Returns the body that Palette holds of the account of this name.
    pub fn palette_body(&self, name: &str) -> Value {
        let records = self.cloud().palette().records();
        records.find_account(name).expect("an account of that name").body.clone()
    }
}

/// Returns `request` with the members of `changes` added or replaced; a null removes the member.
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

/// Runs a test concurrently with both open methods in both open partitions, each with its own local cloud.
pub async fn for_each_open<Test, Running>(test: Test)
where
    Test: Fn(TestApp, AuthMethod) -> Running,
    Running: Future<Output = ()> + Send + 'static,
{
    for_each(&PARTITIONS, &OPEN_METHODS, test).await;
}

/// Runs a test concurrently with both methods in both classified partitions, each with its own local cloud.
pub async fn for_each_classified<Test, Running>(test: Test)
where
    Test: Fn(TestApp, AuthMethod) -> Running,
    Running: Future<Output = ()> + Send + 'static,
{
    for_each(&classified::CLASSIFIED_PARTITIONS, &CLASSIFIED_METHODS, test).await;
}

/// Runs a test concurrently with each of these methods in each of these partitions, each with its own local
/// cloud.
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
