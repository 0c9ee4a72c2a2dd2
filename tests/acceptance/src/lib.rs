//! The fixture of the acceptance tests: one partition of the local cloud with Gangway deployed in
//! it, called from outside only.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "a test program: what cannot be set up ends the test"
)]

mod answer;
pub mod classified;
mod contract;
pub mod evidence;
pub mod methods;
mod waiting;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use gangway_model::Partition;
use local_cloud::{
    Cloud, Effect, Fault, Options, World,
    gateway::{Delivery, Gateway},
    outbound,
    template::Template,
    world::{Customer, Realm},
};
use serde_json::Value;

pub use answer::{HttpResponse, text};
pub use methods::with;
pub use waiting::wait_until;

/// The partitions in which both methods are offered.
pub const PARTITIONS: [Partition; 2] = [Partition::Aws, Partition::AwsUsGov];

/// The kind of event that asks for a registration.
pub const REGISTRATION_REQUESTED: &str = "Gangway Registration Requested";

/// One partition of a world, and the address that a portal would use.
#[derive(Debug)]
pub struct TestApp {
    world: Arc<World>,
    partition: Partition,
    gateway: Gateway,
    http: reqwest::Client,
    trail: Mutex<Vec<String>>,
}

impl TestApp {
    /// A world of its own with this partition only.
    pub async fn start(partition: Partition) -> Self {
        Self::with(partition, Options::default()).await
    }

    /// The same in another cloud.
    pub async fn with(partition: Partition, options: Options) -> Self {
        let template = Template::of_repository().expect("the repository's template");
        let world = World::of(options, &template, &[partition]).await;
        Self::of(&Arc::new(world.expect("a world")), partition).await
    }

    /// The same, deployed with something else for a parameter of the template.
    pub async fn with_parameter(partition: Partition, parameter: &str, value: &str) -> Self {
        let template = Template::of_repository().expect("the repository's template");
        let template = template.with_default(parameter, value);
        let world = World::of(Options::default(), &template, &[partition]).await;
        Self::of(&Arc::new(world.expect("a world")), partition).await
    }

    /// The same, where everything is reached over TLS.
    pub async fn with_tls(partition: Partition) -> Self {
        Self::with(partition, Options { tls: true, ..Options::default() }).await
    }

    /// The same, where Palette's cluster is in another account than Gangway.
    pub async fn with_cluster_in_other_account(partition: Partition) -> Self {
        Self::with(partition, Options { cluster_elsewhere: true, ..Options::default() }).await
    }

    /// Stages of one world: the same Palette serves all these partitions.
    pub async fn start_all(partitions: &[Partition]) -> Vec<Self> {
        let template = Template::of_repository().expect("the repository's template");
        let world = World::of(Options::default(), &template, partitions).await;
        let world = Arc::new(world.expect("a world"));
        let mut apps = Vec::new();
        for partition in partitions {
            apps.push(Self::of(&world, *partition).await);
        }
        apps
    }

    async fn of(world: &Arc<World>, partition: Partition) -> Self {
        let gateway = world.realm(partition).gateway(0).await;
        let (world, http) = (Arc::clone(world), outbound::client(None));
        Self { world, partition, gateway, http, trail: Mutex::default() }
    }

    /// Which partition.
    pub const fn partition(&self) -> Partition {
        self.partition
    }

    /// The world.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// AWS and Palette.
    pub fn cloud(&self) -> &Cloud {
        &self.world.cloud
    }

    /// The partition: accounts, functions, event bus.
    pub fn realm(&self) -> &Realm {
        self.world.realm(self.partition)
    }

    /// The first customer.
    pub fn customer(&self) -> &Customer {
        let [first, _second] = &self.realm().customers;
        first
    }

    /// The second customer, with an AWS account of its own.
    pub fn second_customer(&self) -> &Customer {
        let [_first, second] = &self.realm().customers;
        second
    }

    /// The gateway's address, without a slash at the end.
    pub fn url(&self) -> String {
        self.gateway.url()
    }

    /// `GET`
    pub async fn get(&self, path: &str) -> HttpResponse {
        self.send("GET", path, &[], None).await
    }

    /// `DELETE`
    pub async fn delete(&self, path: &str) -> HttpResponse {
        self.send("DELETE", path, &[], None).await
    }

    /// `POST` of JSON.
    pub async fn post(&self, path: &str, body: &Value) -> HttpResponse {
        self.send("POST", path, &[JSON], Some(body.to_string().into_bytes())).await
    }

    /// `PUT` of JSON.
    pub async fn put(&self, path: &str, body: &Value) -> HttpResponse {
        self.send("PUT", path, &[JSON], Some(body.to_string().into_bytes())).await
    }

    /// Any request, with exactly these headers and this body.
    pub async fn send(
        &self,
        verb: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Vec<u8>>,
    ) -> HttpResponse {
        let method = verb.parse().expect("a verb");
        let mut request = self.http.request(method, format!("{}{path}", self.url()));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.expect("text");
        let body = serde_json::from_str(&text).unwrap_or_default();
        let answer = HttpResponse { status, headers, text, body };
        let told = format!("{verb} {path}: {status} {} {:?}", answer.outcome(), answer.failed());
        self.trail.lock().unwrap_or_else(PoisonError::into_inner).push(told);
        if let Err(breach) = contract::check_response(verb, path, &answer) {
            panic!("{verb} {path} is not answered as openapi.json says: {breach}\n{}", answer.text);
        }
        answer
    }

    /// A registration as EventBridge delivers it, to every function whose rule it fits.
    pub async fn event(&self, detail: &Value) -> Vec<Delivery> {
        self.realm().bus.put_event("portal", REGISTRATION_REQUESTED, detail).await
    }

    /// From now on every call takes far longer than calls at the same time are apart on a busy machine; those before are
    /// forgotten. What `longest_chain` counts then waited for one another.
    pub fn delay_every_call(&self) {
        let hop = Effect::Delay(Duration::from_millis(250));
        self.cloud().fault(Fault::on("*", "*", hop));
        self.cloud().calls().clear();
    }

    /// Everything that the functions wrote so far.
    pub fn logs(&self) -> String {
        self.realm().functions.logs()
    }

    /// Names of the accounts in Palette, oldest first.
    pub fn account_names(&self) -> Vec<String> {
        let records = self.cloud().palette().records();
        records.accounts.iter().map(|account| account.name().to_owned()).collect()
    }

    /// Names of the customers' secrets that Gangway keeps and has not put aside.
    pub fn active_secrets(&self) -> Vec<String> {
        let secrets = self.realm().deployment.secrets();
        let of_customers = format!("gangway/{}/", self.partition);
        let kept = secrets.into_iter().filter(|secret| !secret.deleted);
        kept.map(|secret| secret.name).filter(|name| name.starts_with(&of_customers)).collect()
    }

    /// Nothing in Palette, and no secret.
    pub fn assert_untouched(&self) {
        assert_eq!(self.account_names(), Vec::<String>::new(), "{}: in Palette", self.partition);
        assert_eq!(self.active_secrets(), Vec::<String>::new(), "{}: secrets", self.partition);
    }
}

impl Drop for TestApp {
    /// A test that fails tells in which partition, and how it came there.
    #[expect(clippy::print_stderr, reason = "read by whoever looks at a failed test")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            let trail = self.trail.lock().unwrap_or_else(PoisonError::into_inner).join("\n");
            let (partition, logs) = (self.partition, self.logs());
            eprintln!(
                "in partition {partition}, after\n{trail}\nthe functions had written\n{logs}"
            );
        }
    }
}

/// What a body of JSON says of itself.
pub const JSON: (&str, &str) = ("content-type", "application/json");
