//! A stage for acceptance tests: one partition of the local cloud with Gangway deployed in it, spoken to from outside only.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test program: what cannot be set up ends the test"
)]

use std::sync::Arc;

use domain::Partition;
use local_cloud::{
    Cloud, Options, World,
    gateway::{Delivery, Gateway},
    outbound,
    template::Template,
    world::{Customer, Realm},
};
use reqwest::header::{HeaderMap, HeaderName};
use serde_json::Value;

/// The partitions in which both methods are offered.
pub const PARTITIONS: [Partition; 2] = [Partition::Aws, Partition::AwsUsGov];

/// The kind of event that asks for a registration.
pub const REGISTRATION_REQUESTED: &str = "Gangway Registration Requested";

/// One partition of a world, and the address that a portal would use.
#[derive(Debug)]
pub struct Stage {
    world: Arc<World>,
    partition: Partition,
    gateway: Gateway,
    http: reqwest::Client,
}

impl Stage {
    /// A world of its own with this partition only.
    pub async fn start(partition: Partition) -> Self {
        let template = Template::of_repository().expect("the repository's template");
        let world = World::of(Options::default(), &template, &[partition]).await;
        Self::of(&Arc::new(world.expect("a world")), partition).await
    }

    /// Stages of one world: the same Palette serves all these partitions.
    pub async fn of_one_world(partitions: &[Partition]) -> Vec<Self> {
        let template = Template::of_repository().expect("the repository's template");
        let world = World::of(Options::default(), &template, partitions).await;
        let world = Arc::new(world.expect("a world"));
        let mut stages = Vec::new();
        for partition in partitions {
            stages.push(Self::of(&world, *partition).await);
        }
        stages
    }

    async fn of(world: &Arc<World>, partition: Partition) -> Self {
        let gateway = world.realm(partition).gateway(0).await;
        Self { world: Arc::clone(world), partition, gateway, http: outbound::client(None) }
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
    pub fn neighbour(&self) -> &Customer {
        let [_first, second] = &self.realm().customers;
        second
    }

    /// The gateway's address, without a slash at the end.
    pub fn url(&self) -> String {
        self.gateway.url()
    }

    /// `GET`
    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], None).await
    }

    /// `DELETE`
    pub async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, &[], None).await
    }

    /// `POST` of JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, &[JSON], Some(body.to_string().into_bytes())).await
    }

    /// `PUT` of JSON.
    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send("PUT", path, &[JSON], Some(body.to_string().into_bytes())).await
    }

    /// Any request, with exactly these headers and this body.
    pub async fn send(
        &self,
        verb: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Vec<u8>>,
    ) -> Answer {
        let verb = verb.parse().expect("a verb");
        let mut request = self.http.request(verb, format!("{}{path}", self.url()));
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
        Answer { status, headers, text, body }
    }

    /// A registration as EventBridge delivers it, to every function whose rule it fits.
    pub async fn event(&self, detail: &Value) -> Vec<Delivery> {
        self.realm().bus.put_event("portal", REGISTRATION_REQUESTED, detail).await
    }

    /// Everything that the functions wrote so far.
    pub fn logs(&self) -> String {
        self.realm().functions.logs()
    }

    /// Names of the accounts in Palette, oldest first.
    pub fn registered(&self) -> Vec<String> {
        let records = self.cloud().palette().records();
        records.accounts.iter().map(|account| account.name().to_owned()).collect()
    }

    /// Names of the customers' secrets that Gangway keeps and has not put aside.
    pub fn kept(&self) -> Vec<String> {
        let secrets = self.realm().deployment.secrets();
        let of_customers = format!("gangway/{}/", self.partition);
        let kept = secrets.into_iter().filter(|secret| !secret.deleted);
        kept.map(|secret| secret.name).filter(|name| name.starts_with(&of_customers)).collect()
    }

    /// Nothing in Palette, and no secret.
    pub fn assert_untouched(&self) {
        assert_eq!(self.registered(), Vec::<String>::new(), "{}: in Palette", self.partition);
        assert_eq!(self.kept(), Vec::<String>::new(), "{}: secrets", self.partition);
    }
}

/// What a body of JSON says of itself.
pub const JSON: (&str, &str) = ("content-type", "application/json");

/// An answer as a portal sees it.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// The body as it came.
    pub text: String,
    /// The body as JSON; null where it is none.
    pub body: Value,
}

impl Answer {
    /// What is at a JSON pointer, as text; empty where there is none.
    pub fn text_at(&self, pointer: &str) -> &str {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// A header; empty where there is none.
    pub fn header(&self, name: HeaderName) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// `uid`
    pub fn uid(&self) -> &str {
        self.text_at("/uid")
    }

    /// `outcome` of a receipt.
    pub fn outcome(&self) -> &str {
        self.text_at("/outcome")
    }

    /// `ready` of a report, wherever the answer has it.
    pub fn ready(&self) -> Option<bool> {
        let report = self.body.get("report").unwrap_or(&self.body);
        report.get("ready").and_then(Value::as_bool)
    }

    /// The checks of a report, or of the report that a receipt or a problem carries.
    pub fn checks(&self) -> Vec<Value> {
        let report = self.body.get("report").unwrap_or(&self.body);
        report.get("checks").and_then(Value::as_array).cloned().unwrap_or_default()
    }

    /// The finding of one check.
    pub fn check(&self, id: &str) -> Value {
        let mut found =
            self.checks().into_iter().filter(|check| check.get("id") == Some(&id.into()));
        found.next().expect("a finding of that check")
    }
}
