//! The fixture of the acceptance tests: Gangway, deployed in one partition of the local cloud.
//! Tests reach Gangway only through its API, its events and its binaries.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "a test program: a failed setup ends the test"
)]

pub mod classified;
mod contract;
pub mod evidence;
pub mod initiator;
pub mod methods;
pub mod outcome_events;
mod response;
mod waiting;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use gangway_model::{AuthMethod, Partition};
use local_cloud::{
    CloudFixture, CloudOptions, Effect, Fault, LocalCloud,
    api_gateway::{ApiGateway, FunctionDelivery},
    cloudformation::Template,
    fixtures::{CustomerAccount, EVENT_SOURCE, PartitionDeployment},
    http_client,
    lambda::FunctionError,
    palette::KeptAnnotations,
};
use serde_json::Value;

pub use methods::with;
pub use response::{HttpResponse, text};
pub use waiting::wait_until;

/// The partitions in which every method of [`methods::OPEN_METHODS`] exists: commercial and
/// GovCloud.
pub const PARTITIONS: [Partition; 2] = [Partition::Aws, Partition::AwsUsGov];

/// The detail type of the EventBridge events that request a registration.
pub const REGISTRATION_REQUESTED: &str = "Gangway Registration Requested";

/// Gangway, deployed in one partition of a local cloud, and a client of its API.
#[derive(Debug)]
pub struct TestApp {
    cloud_fixture: Arc<CloudFixture>,
    partition: Partition,
    gateway: ApiGateway,
    http: reqwest::Client,
    request_log: Mutex<Vec<String>>,
}

impl TestApp {
    /// Starts a local cloud that has only `partition`.
    pub async fn start(partition: Partition) -> Self {
        Self::start_with(partition, CloudOptions::default()).await
    }

    /// Starts a local cloud that has only `partition`, with these options.
    pub async fn start_with(partition: Partition, options: CloudOptions) -> Self {
        let template = Template::from_repository().expect("the repository's template");
        let cloud_fixture = CloudFixture::with_partitions(options, &template, &[partition]).await;
        Self::new(&Arc::new(cloud_fixture.expect("a cloud")), partition).await
    }

    /// Starts a local cloud in which one parameter of Gangway's template has another value than its
    /// default.
    pub async fn start_with_parameter(partition: Partition, parameter: &str, value: &str) -> Self {
        Self::start_with_options(partition, CloudOptions::default(), &[(parameter, value)]).await
    }

    /// Starts a local cloud with these options, in which parameters of Gangway's template have
    /// other values than their defaults.
    pub async fn start_with_options(
        partition: Partition,
        options: CloudOptions,
        parameters: &[(&str, &str)],
    ) -> Self {
        let template = Template::from_repository().expect("the repository's template");
        let template = parameters
            .iter()
            .fold(template, |template, (name, value)| template.with_default(name, value));
        let cloud_fixture = CloudFixture::with_partitions(options, &template, &[partition]).await;
        Self::new(&Arc::new(cloud_fixture.expect("a cloud")), partition).await
    }

    /// Starts a local cloud whose services use TLS.
    pub async fn start_with_tls(partition: Partition) -> Self {
        Self::start_with(partition, CloudOptions { tls: true, ..CloudOptions::default() }).await
    }

    /// Starts a local cloud in which Palette's cluster is in another AWS account than Gangway.
    pub async fn start_with_cluster_in_other_account(partition: Partition) -> Self {
        Self::start_with(
            partition,
            CloudOptions { cluster_in_palette_account: true, ..CloudOptions::default() },
        )
        .await
    }

    /// Starts one local cloud with several partitions, which share one Palette. Returns an app for
    /// each partition.
    pub async fn start_all(partitions: &[Partition]) -> Vec<Self> {
        let template = Template::from_repository().expect("the repository's template");
        let cloud_fixture =
            CloudFixture::with_partitions(CloudOptions::default(), &template, partitions).await;
        let cloud_fixture = Arc::new(cloud_fixture.expect("a cloud"));
        let mut apps = Vec::new();
        for partition in partitions {
            apps.push(Self::new(&cloud_fixture, *partition).await);
        }
        apps
    }

    async fn new(cloud_fixture: &Arc<CloudFixture>, partition: Partition) -> Self {
        let gateway = cloud_fixture.deployment(partition).start_gateway(0).await;
        let (cloud_fixture, http) = (Arc::clone(cloud_fixture), http_client::client(None));
        Self { cloud_fixture, partition, gateway, http, request_log: Mutex::default() }
    }

    pub const fn partition(&self) -> Partition {
        self.partition
    }

    /// Returns the local cloud with its deployments.
    pub fn cloud_fixture(&self) -> &CloudFixture {
        &self.cloud_fixture
    }

    /// Returns the fake AWS and the fake Palette.
    pub fn cloud(&self) -> &LocalCloud {
        &self.cloud_fixture.cloud
    }

    /// Returns what is deployed in the partition: AWS accounts, functions and the event bus.
    pub fn deployment(&self) -> &PartitionDeployment {
        self.cloud_fixture.deployment(self.partition)
    }

    /// Returns the first customer, who has an AWS account.
    pub fn customer(&self) -> &CustomerAccount {
        let [first, _second] = &self.deployment().customers;
        first
    }

    /// Returns the second customer, who has another AWS account than the first one.
    pub fn second_customer(&self) -> &CustomerAccount {
        let [_first, second] = &self.deployment().customers;
        second
    }

    /// Sets which annotations of an account Palette stores.
    pub fn set_kept_annotations(&self, annotations: KeptAnnotations) {
        self.cloud().palette().configure(|behaviour| behaviour.annotations = annotations);
    }

    /// Returns `text` if Gangway can record it for an account of this method, else an empty text.
    /// Gangway records what Palette's API has no member for in the account's secret and in
    /// annotations. So nothing is recorded if the method has no secret and Palette drops
    /// annotations.
    pub fn recorded<'a>(&self, method: AuthMethod, text: &'a str) -> &'a str {
        let has_secret = [AuthMethod::StaticCredentials, AuthMethod::Scap].contains(&method);
        if has_secret || !self.drops_annotations() { text } else { "" }
    }

    /// Returns `true` if Palette does not store Gangway's annotations.
    pub fn drops_annotations(&self) -> bool {
        self.cloud().palette().records().behaviour.annotations == KeptAnnotations::Published
    }

    /// Returns the URL of Gangway's API in API Gateway, without a trailing slash.
    pub fn url(&self) -> String {
        self.gateway.url()
    }

    /// Sends a `GET` request.
    pub async fn get(&self, path: &str) -> HttpResponse {
        self.send("GET", path, &[], None).await
    }

    /// Sends a `DELETE` request.
    pub async fn delete(&self, path: &str) -> HttpResponse {
        self.send("DELETE", path, &[], None).await
    }

    /// Sends a `POST` request with a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> HttpResponse {
        self.send("POST", path, &[JSON], Some(body.to_string().into_bytes())).await
    }

    /// Sends a `PUT` request with a JSON body.
    pub async fn put(&self, path: &str, body: &Value) -> HttpResponse {
        self.send("PUT", path, &[JSON], Some(body.to_string().into_bytes())).await
    }

    /// Sends a request with exactly these headers and this body. Checks the response against the
    /// `OpenAPI` document.
    ///
    /// # Panics
    /// If the response does not match the document.
    pub async fn send(
        &self,
        verb: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Vec<u8>>,
    ) -> HttpResponse {
        let method = verb.parse().expect("an HTTP method");
        let mut request = self.http.request(method, format!("{}{path}", self.url()));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        let response = request.send().await.expect("a response");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.expect("text");
        let body = serde_json::from_str(&text).unwrap_or_default();
        let response = HttpResponse { status, headers, text, body };
        let line =
            format!("{verb} {path}: {status} {} {:?}", response.outcome(), response.failed());
        self.request_log.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        if let Err(difference) = contract::check_response(verb, path, &response) {
            panic!(
                "{verb} {path} does not respond as openapi.json says: {difference}\n{}",
                response.text
            );
        }
        assert_may_be_502(&response);
        response
    }

    /// Sends an event that requests a registration to EventBridge, which delivers the event to
    /// every function with a matching rule.
    pub async fn send_event(&self, detail: &Value) -> Vec<FunctionDelivery> {
        self.deployment().bus.put_event(EVENT_SOURCE, REGISTRATION_REQUESTED, detail).await
    }

    /// Invokes the function of a method with an event that requests a registration, without
    /// EventBridge. So the event need not match a rule.
    pub async fn invoke_with_event(
        &self,
        method: AuthMethod,
        detail: &Value,
    ) -> Result<Value, FunctionError> {
        let bus = &self.deployment().bus;
        let event = bus.build_event(EVENT_SOURCE, REGISTRATION_REQUESTED, detail);
        self.deployment().functions.invoke(method.id(), &event).await
    }

    /// Clears the call log, and delays every later call by 250 ms. With this delay, calls that a
    /// function makes at the same time overlap in the call log even on a busy machine, so
    /// `longest_chain` counts only calls that wait for each other.
    pub fn delay_every_call(&self) {
        let delay = Effect::Delay(Duration::from_millis(250));
        self.cloud().fault(Fault::on("*", "*", delay));
        self.cloud().calls().clear();
    }

    /// Returns the log of all functions.
    pub fn logs(&self) -> String {
        self.deployment().functions.logs()
    }

    /// Returns the outcome events that Gangway put on the event bus of its stack, oldest first.
    pub fn outcome_events(&self) -> Vec<Value> {
        self.deployment().gangway_account.put_events()
    }

    /// Returns the names of the accounts in Palette, oldest first.
    pub fn account_names(&self) -> Vec<String> {
        let records = self.cloud().palette().records();
        records.accounts.iter().map(|account| account.name().to_owned()).collect()
    }

    /// Returns the names of the secrets of registered accounts that are not scheduled for deletion.
    pub fn active_secrets(&self) -> Vec<String> {
        let secrets = self.deployment().gangway_account.secrets();
        let prefix = format!("gangway/{}/", self.partition);
        let active = secrets.into_iter().filter(|secret| !secret.deleted);
        active.map(|secret| secret.name).filter(|name| name.starts_with(&prefix)).collect()
    }

    /// Asserts that Palette has no account, and Secrets Manager no secret of an account.
    pub fn assert_untouched(&self) {
        assert_eq!(self.account_names(), Vec::<String>::new(), "{}: in Palette", self.partition);
        assert_eq!(self.active_secrets(), Vec::<String>::new(), "{}: secrets", self.partition);
    }
}

impl Drop for TestApp {
    /// Checks the outcome events of the test against their schemas. If the test has failed, prints
    /// its requests and the log of the functions instead.
    #[expect(clippy::print_stderr, reason = "for the output of a failed test")]
    fn drop(&mut self) {
        if !std::thread::panicking() {
            for event in self.outcome_events() {
                if let Err(difference) = outcome_events::check_schema(&event) {
                    panic!("an outcome event does not fit its schema: {difference}");
                }
            }
        }
        if std::thread::panicking() {
            let request_log =
                self.request_log.lock().unwrap_or_else(PoisonError::into_inner).join("\n");
            let (partition, logs) = (self.partition, self.logs());
            eprintln!(
                "in partition {partition}, after\n{request_log}\nthe functions had written\n{logs}"
            );
        }
    }
}

/// Asserts that a response with status 502 has one of two causes. Either a service failed or cannot
/// be reached, and the response says that the request can be sent again. Or the process of the
/// function ended, and API Gateway wrote the response.
fn assert_may_be_502(response: &HttpResponse) {
    let kind = response.text_at("/type").replace("urn:gangway:problem:", "");
    let helps = match kind.as_str() {
        "gateway" => true,
        "upstream-unavailable" | "upstream-failed" => response.text.contains("again"),
        _ => false,
    };
    assert!(response.status != 502 || helps, "sending it again cannot help: {}", response.text);
}

/// The content type of a JSON body.
pub const JSON: (&str, &str) = ("content-type", "application/json");
