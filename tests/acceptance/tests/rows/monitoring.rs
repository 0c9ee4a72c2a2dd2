//! The dashboard and the alarms use metrics that the functions write.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    time::Duration,
};

use acceptance::TestApp;
use gangway_model::{AuthMethod, Partition};
use local_cloud::{
    cloudformation::Template,
    faults::{Effect, Fault},
};
use serde_json::Value;

/// A metric's name and the names of its dimensions.
type Metric = (String, Vec<String>);

/// Returns the metrics in the logs, with the values of their dimensions.
fn written_metrics(logs: &str) -> BTreeMap<Metric, BTreeSet<Vec<String>>> {
    let mut written = BTreeMap::<Metric, BTreeSet<Vec<String>>>::new();
    for line in logs.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        for directive in line["_aws"]["CloudWatchMetrics"].as_array().into_iter().flatten() {
            assert_eq!(directive["Namespace"], "Gangway");
            let dimensions = texts(&directive["Dimensions"][0]);
            let dimension_values =
                dimensions.iter().map(|name| text(&line[name.as_str()])).collect();
            let name = text(&directive["Metrics"][0]["Name"]);
            let value = &line[name.as_str()];
            let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
            assert!(!values.is_empty() && values.iter().all(Value::is_u64), "{line}");
            written.entry((name, dimensions)).or_default().insert(dimension_values);
        }
    }
    written
}

/// Returns the metrics of Gangway that the dashboard shows.
fn dashboard_metrics(template: &Template) -> BTreeSet<Metric> {
    let dashboards = template.resources("AWS::CloudWatch::Dashboard");
    let (_, dashboard) = dashboards.first().expect("a dashboard");
    let body: Value = serde_json::from_str(&text(&dashboard["DashboardBody"]["Fn::Sub"]))
        .expect("a dashboard's body is JSON");
    let widgets = body["widgets"].as_array().expect("widgets");
    let metrics = widgets.iter().filter_map(|widget| widget["properties"]["metrics"].as_array());
    let expressions = metrics.flatten().filter_map(|metric| metric[0]["expression"].as_str());
    let of_gangway = expressions.filter_map(|text| text.strip_prefix("SEARCH('{Gangway,"));
    of_gangway
        .map(|text| {
            let (dimensions, rest) = text.split_once("} MetricName=\"").expect("a metric's name");
            let (name, _) = rest.split_once('"').expect("the end of it");
            (name.to_owned(), dimensions.split(',').map(str::to_owned).collect())
        })
        .collect()
}

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().expect("a list").iter().map(text).collect()
}

const WATCH: &str = "account-watch";

/// A message of the watch queue that makes the watch list the accounts of the tenant.
const CHECK_SCOPE: &str =
    r#"{"id": "1", "source": "gangway", "kind": "list-scope", "scope": "tenant"}"#;

/// Runs the watch as its schedule does, until its messages are handled.
async fn run_the_watch(app: &TestApp) {
    let responses = app.deployment().run_schedules(WATCH).await;
    assert!(responses.iter().all(Result::is_ok), "{responses:?}");
    run_queue_of_the_watch(app).await;
}

/// Waits until every message in the queue of the watch is handled.
async fn run_queue_of_the_watch(app: &TestApp) {
    let left = app.deployment().poller(WATCH).expect("a queue").drain(8).await;
    assert_eq!(left, 0, "messages are left");
}

/// Returns logs with every metric except those about rotations.
async fn logs_with_every_metric() -> String {
    let app = TestApp::start(Partition::Aws).await;
    let customer = app.customer();
    app.assert_registered(AuthMethod::Sts, &app.request(AuthMethod::Sts, customer, "prod")).await;
    customer.trust_with_wrong_external_id();
    app.assert_blocked(AuthMethod::Sts, &app.request(AuthMethod::Sts, customer, "other")).await;
    app.cloud().fault(Fault::on("palette", "*", Effect::InternalError));
    app.get("/v1/tenant/accounts").await.assert_status(502);
    app.cloud().faults().clear();
    let keys = app.request(AuthMethod::StaticCredentials, app.second_customer(), "keys");
    app.assert_registered(AuthMethod::StaticCredentials, &keys).await;
    run_the_watch(&app).await;
    app.cloud().fault(Fault::on("palette", "*", Effect::InternalError));
    app.deployment().poller(WATCH).expect("a queue").queue().send(CHECK_SCOPE);
    run_queue_of_the_watch(&app).await;
    app.cloud().faults().clear();
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/account-vended");
    let mut samples =
        fs::read_dir(samples).expect("samples").map(|entry| entry.expect("one").path());
    let sample = samples.find(|path| path.extension().is_some_and(|end| end == "json"));
    let sample = fs::read_to_string(sample.expect("a sample")).expect("text");
    let message = serde_json::json!({"Records": [{
        "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d", "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
        "body": sample, "attributes": {"ApproximateReceiveCount": "1"}, "messageAttributes": {},
        "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3", "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:111122223333:gangway-VendingQueue", "awsRegion": "us-east-1",
    }]});
    app.deployment()
        .functions
        .invoke("account-vended", &message)
        .await
        .expect("a batch's response");
    app.logs()
}

/// Returns logs of a rotation that failed.
async fn logs_of_rotations() -> String {
    let app = TestApp::start_with_parameter(Partition::Aws, "RotateKeysAfterDays", "90").await;
    app.customer().allow_key_rotation();
    let method = AuthMethod::StaticCredentials;
    let keys = app.request(method, app.customer(), "keys");
    app.assert_registered(method, &keys).await;
    app.customer().user.create_access_key();
    app.cloud().clock().advance(Duration::from_hours(91 * 24));
    app.deployment().run_rotations().await;
    app.deployment().run_rotations().await;
    app.logs()
}

#[tokio::test]
async fn dashboard_and_alarms_use_the_metrics_of_the_functions() {
    let template = Template::from_repository().expect("the repository's template");
    let mut written = written_metrics(&logs_with_every_metric().await);
    for (metric, values) in written_metrics(&logs_of_rotations().await) {
        written.entry(metric).or_default().extend(values);
    }
    assert_eq!(
        dashboard_metrics(&template),
        written.keys().cloned().collect(),
        "the dashboard and the functions"
    );
    let alarms = template.resources("AWS::CloudWatch::Alarm");
    let own = alarms.iter().filter(|(_, alarm)| alarm["Namespace"] == "Gangway");
    let mut checked = Vec::new();
    for (id, alarm) in own {
        let dimensions = alarm["Dimensions"].as_array().expect("dimensions");
        let names = dimensions.iter().map(|dimension| text(&dimension["Name"])).collect();
        let values: Vec<_> = dimensions.iter().map(|dimension| text(&dimension["Value"])).collect();
        let metric = (text(&alarm["MetricName"]), names);
        let there = written.get(&metric).is_some_and(|all| all.contains(&values));
        assert!(there, "{id} looks at {metric:?} of {values:?}; there are {written:?}");
        checked.push(*id);
    }
    let expected =
        ["AccountsNotChecked", "CredentialsExpiring", "PaletteUnreachable", "RotationsFailed"];
    assert_eq!(checked, expected);
}
