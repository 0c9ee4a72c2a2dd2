//! The fixture: a local cloud in which the watch runs.

use std::{ops::Deref, time::Duration};

use acceptance::{HttpResponse, TestApp, methods::route};
use gangway_model::{AuthMethod, Partition};
use local_cloud::{CloudOptions, lambda::Poller, palette};
use serde_json::{Value, json};

/// The name of the function that is the watch.
pub(crate) const WATCH_FUNCTION: &str = "account-watch";

/// The time between two runs, as the template sets it by default.
const PERIOD: Duration = Duration::from_hours(6);

/// How often the clock is advanced at most. It is more than a message has deliveries.
const MAX_CLOCK_STEPS: usize = 12;

/// The detail type of events about readiness.
pub(crate) const READINESS_CHANGED: &str = "Gangway Account Readiness Changed";

/// The detail type of events about expirations.
pub(crate) const EXPIRING: &str = "Gangway Credential Expiring";

/// The detail type of events about drift.
pub(crate) const DRIFTED: &str = "Gangway Account Drifted";

/// The keys of the last report about all accounts, as a page and as a table.
const PAGE: &str = "reports/latest/accounts.html";
const TABLE: &str = "reports/latest/accounts.csv";

/// A local cloud with one partition, in which the watch runs.
#[derive(Debug)]
pub(crate) struct WatchedApp(TestApp);

impl Deref for WatchedApp {
    type Target = TestApp;

    fn deref(&self) -> &TestApp {
        &self.0
    }
}

impl WatchedApp {
    /// Starts a local cloud with one partition.
    pub(crate) async fn start(partition: Partition) -> Self {
        Self::new(TestApp::start_with(partition, CloudOptions::default()).await)
    }

    pub(crate) fn new(app: TestApp) -> Self {
        Self(app)
    }

    /// Registers an account of the first customer, and returns its uid.
    pub(crate) async fn register_account(&self, method: AuthMethod, name: &str) -> String {
        let request = self.request(method, self.customer(), name);
        let receipt = self.post(&route(method), &request).await;
        receipt.assert_status(201);
        receipt.uid().to_owned()
    }

    /// Advances the clock by one period, and invokes the watch as its schedule does. Returns the
    /// response.
    pub(crate) async fn start_run(&self) -> Value {
        self.cloud().clock().advance(PERIOD);
        let mut responses = self.deployment().run_schedules(WATCH_FUNCTION).await;
        assert_eq!(responses.len(), 1, "the function has one schedule");
        responses.remove(0).unwrap_or_else(|error| panic!("{error}\n{}", self.logs()))
    }

    /// Starts a run, and sends a copy of each of its first messages, so that every account is
    /// checked twice.
    pub(crate) async fn start_run_with_copies(&self) {
        self.poller().pause();
        self.start_run().await;
        let queue = self.deployment().queue("WatchQueue").expect("the queue");
        for message in queue.messages() {
            queue.send(&message.body);
        }
        self.poller().resume();
    }

    /// Starts a run, and waits until all its messages are handled.
    pub(crate) async fn run(&self) {
        self.start_run().await;
        self.handle_all_messages().await;
    }

    /// Advances the clock until every message in the queue is handled.
    pub(crate) async fn handle_all_messages(&self) {
        let left = self.poller().drain(MAX_CLOCK_STEPS).await;
        assert_eq!(left, 0, "messages are left\n{}", self.logs());
    }

    pub(crate) fn poller(&self) -> &Poller {
        self.deployment().poller(WATCH_FUNCTION).expect("a queue feeds the function")
    }

    /// Invokes the watch directly with these fields. Returns the response.
    pub(crate) async fn invoke(&self, fields: &Value) -> Value {
        let response = self.deployment().functions.invoke(WATCH_FUNCTION, fields).await;
        response.unwrap_or_else(|error| panic!("{error}\n{}", self.logs()))
    }

    /// Returns the details of the events of a type, oldest first.
    pub(crate) fn event_details(&self, detail_type: &str) -> Vec<Value> {
        let events = self.outcome_events().into_iter();
        events
            .filter(|event| event["detail-type"] == detail_type)
            .map(|event| event["detail"].clone())
            .collect()
    }

    /// Returns `(outcome, name)` of each event of the watch, oldest first.
    pub(crate) fn event_outcomes(&self) -> Vec<(String, String)> {
        let events = self.outcome_events().into_iter().map(|event| event["detail"].clone());
        events
            .filter(|detail| detail["trigger"] == "watch")
            .map(|detail| {
                let text = |name: &str| detail[name].as_str().unwrap_or_default().to_owned();
                (text("outcome"), text("name"))
            })
            .collect()
    }

    /// Returns the readiness of an account as the API shows it.
    pub(crate) async fn get_readiness(&self, uid: &str) -> Value {
        self.get_account(uid).await.body["readiness"].clone()
    }

    /// Returns an account as the API shows it.
    pub(crate) async fn get_account(&self, uid: &str) -> HttpResponse {
        self.deployment().functions.stop_idle_instances();
        let account = self.get(&format!("/v1/tenant/accounts/{uid}")).await;
        account.assert_status(200);
        account
    }

    /// Returns the names of the accounts that the API lists for this query, in the order of the
    /// list.
    pub(crate) async fn list_account_names(&self, query: &str) -> Vec<String> {
        self.deployment().functions.stop_idle_instances();
        let list = self.get(&format!("/v1/tenant/accounts?{query}")).await;
        list.assert_status(200);
        let accounts = list.body["accounts"].as_array().expect("a list").iter();
        accounts.map(|account| account["name"].as_str().expect("a name").to_owned()).collect()
    }

    /// Creates an account in Palette without Gangway, as another tool does. Returns its uid.
    pub(crate) fn create_in_palette(&self, name: &str, spec: &Value) -> String {
        let mut records = self.cloud().palette().records();
        let (uid, tenant) = (records.new_uid(), records.tenants[0].uid.clone());
        let annotations = json!({"scope": "tenant", "overlordUid": ""});
        let body = json!({"metadata": {"name": name, "annotations": annotations}, "spec": spec});
        let (project, in_use, portal_token) = (None, false, None);
        records.accounts.push(palette::Account {
            uid: uid.clone(),
            tenant,
            project,
            body,
            in_use,
            portal_token,
        });
        uid
    }

    /// Returns the last HTML page about all accounts.
    pub(crate) fn read_report_page(&self) -> String {
        self.read_report_object(PAGE)
    }

    /// Returns the last CSV file about all accounts.
    pub(crate) fn read_report_table(&self) -> String {
        self.read_report_object(TABLE)
    }

    fn read_report_object(&self, key: &str) -> String {
        let bucket = self.deployment().bucket("ReportsBucket").expect("the bucket");
        let object = bucket.object(key).unwrap_or_else(|| panic!("{key}: {:?}", bucket.keys()));
        String::from_utf8(object.body).expect("text")
    }

    /// Returns the log lines of the watch that contain this metric, oldest first.
    pub(crate) fn metric_lines(&self, name: &str) -> Vec<Value> {
        let lines = self.watch_log();
        let lines = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.filter(|line| line.get(name).is_some()).collect()
    }

    /// Returns what the watch has logged.
    pub(crate) fn watch_log(&self) -> String {
        self.deployment().functions.get(WATCH_FUNCTION).expect("the function").logs().text()
    }
}
