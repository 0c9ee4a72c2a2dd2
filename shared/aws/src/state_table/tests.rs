//! Tests of the conversion of items, and of requests to the local cloud.

use std::time::{Duration, UNIX_EPOCH};

use gangway_http::deadline;
use local_cloud::{
    CloudOptions, Effect, Fault, LocalCloud,
    aws::{Table, TableSettings},
    http_client,
};
use serde_json::json;
use tokio::time::Instant;

use super::*;

/// Returns an item with revision 7 and this report.
fn item(report: Option<&str>) -> StateItem {
    StateItem {
        scope: "project/6543210fedcba9876543210f".to_owned(),
        uid: "0123456789abcdef01234567".parse().unwrap(),
        revision: 7,
        checked: UNIX_EPOCH + Duration::from_secs(1_795_486_506),
        expires: UNIX_EPOCH + Duration::from_secs(4_000_000_000),
        document: r#"{"ready":true}"#.to_owned(),
        report: report.map(str::to_owned),
    }
}

#[test]
fn parsed_attributes_equal_the_written_item() {
    for item in [item(None), item(Some("{}"))] {
        assert_eq!(StateItem::parse(item.to_attributes()).unwrap(), item);
    }
}

#[test]
fn invalid_attribute_of_an_item_is_named_in_the_error() {
    let text = |value: &str| Some(AttributeValue::S(value.to_owned()));
    let digits = |value: &str| Some(AttributeValue::N(value.to_owned()));
    for (attribute, value, fault) in [
        (SCOPE, None, "is missing"),
        (UID, text("a b"), "is not a uid"),
        (REVISION, None, "is missing"),
        (REVISION, text("7"), "is not a whole number"),
        (REVISION, digits("-1"), "is not a whole number"),
        (EXPIRES, digits("1.5"), "is not a whole number"),
        (EXPIRES, digits("18446744073709551615"), "is too large"),
        (CHECKED, text("yesterday"), "is not a time of RFC 3339"),
        (CHECKED, digits("1"), "is not a string"),
        (DOCUMENT, None, "is missing"),
        (item::REPORT, Some(AttributeValue::Bool(true)), "is not a string"),
    ] {
        let mut attributes = item(None).to_attributes();
        attributes.remove(attribute);
        attributes.extend(value.map(|value| (attribute.to_owned(), value)));
        let error = StateItem::parse(attributes).unwrap_err().to_string();
        assert!(error.contains(&format!("attribute {attribute} {fault}")), "{error}");
        assert!(!error.contains("yesterday") && !error.contains("a b"), "{error}");
    }
}

const ACCOUNT: &str = "123456789012";

/// A local cloud with a table, and a client whose user may read and write the table.
struct Fixture {
    cloud: LocalCloud,
    stored: Table,
    table: StateTable,
}

impl Fixture {
    async fn new(partition: &str, region: &str) -> Self {
        let cloud = LocalCloud::start(CloudOptions::default()).await;
        let account = cloud.aws().account(partition, ACCOUNT);
        let settings = TableSettings {
            partition_key: SCOPE.to_owned(),
            sort_key: Some(UID.to_owned()),
            ttl_attribute: Some(EXPIRES.to_owned()),
        };
        let stored = account.table(region, "gangway-State", settings);
        let user = account.user("watch");
        let actions = ["GetItem", "PutItem", "Query"];
        let actions = actions.map(|action| format!("dynamodb:{action}"));
        let statement = json!({"Effect": "Allow", "Action": actions, "Resource": stored.arn()});
        user.inline("Table", &json!({"Version": "2012-10-17", "Statement": [statement]}));
        let http = http_client::client(cloud.ca_pem());
        let credentials = user.create_access_key();
        let session = AwsSession::for_test(http, &cloud.url(), region, &credentials).await;
        let table = StateTable::new(&session, stored.arn());
        Self { cloud, stored, table }
    }

    async fn in_commercial_partition() -> Self {
        Self::new("aws", "us-east-1").await
    }

    async fn get(&self) -> Option<StateItem> {
        let StateItem { scope, uid, .. } = item(None);
        self.table.get(&scope, &uid).await.unwrap()
    }
}

/// Returns an item with this revision and a report.
fn item_of_revision(revision: u64) -> StateItem {
    StateItem { revision, ..item(Some("{}")) }
}

#[tokio::test]
async fn write_succeeds_only_with_the_revision_of_the_stored_item() {
    for (partition, region) in [
        ("aws", "us-east-1"),
        ("aws-us-gov", "us-gov-west-1"),
        ("aws-iso", "us-iso-east-1"),
        ("aws-iso-b", "us-isob-east-1"),
    ] {
        let fixture = Fixture::new(partition, region).await;
        let table = &fixture.table;
        assert_eq!(fixture.get().await, None);
        for (written, replaces, outcome) in [
            (1, Some(1), WriteOutcome::Conflict),
            (1, None, WriteOutcome::Written),
            (2, None, WriteOutcome::Conflict),
            (2, Some(1), WriteOutcome::Written),
            (3, Some(1), WriteOutcome::Conflict),
        ] {
            assert_eq!(table.put(&item_of_revision(written), replaces).await.unwrap(), outcome);
        }
        assert_eq!(fixture.get().await, Some(item_of_revision(2)));
    }
}

#[tokio::test]
async fn write_that_the_sdk_repeats_is_no_conflict() {
    let fixture = Fixture::in_commercial_partition().await;
    for (written, replaces) in [(1, None), (2, Some(1))] {
        fixture.cloud.fault(Fault::on("dynamodb", "PutItem", Effect::DisconnectAfter).once());
        let outcome = fixture.table.put(&item_of_revision(written), replaces).await.unwrap();
        assert_eq!(outcome, WriteOutcome::Written);
        assert_eq!(fixture.get().await, Some(item_of_revision(written)));
    }
    assert_eq!(fixture.cloud.calls().count("dynamodb", "PutItem"), 4);
}

#[tokio::test]
async fn an_expired_item_is_absent_and_can_be_replaced() {
    let fixture = Fixture::in_commercial_partition().await;
    let expired =
        StateItem { expires: clock::now() - Duration::from_secs(1), ..item_of_revision(7) };
    let hour = clock::now() + Duration::from_hours(1);
    let other = StateItem { uid: "other".parse().unwrap(), expires: hour, ..item_of_revision(1) };
    fixture.table.put(&expired, None).await.unwrap();
    fixture.table.put(&other, None).await.unwrap();
    assert_eq!(fixture.stored.len(), 2);
    assert_eq!(fixture.get().await, None);
    let listed = fixture.table.list(&expired.scope).await.unwrap();
    assert_eq!(listed.iter().map(|item| &item.uid).collect::<Vec<_>>(), [&other.uid]);
    let replaced = fixture.table.put(&item_of_revision(1), None).await.unwrap();
    assert_eq!((replaced, fixture.get().await), (WriteOutcome::Written, Some(item_of_revision(1))));
}

#[tokio::test]
async fn list_returns_all_pages_of_its_scope_without_reports() {
    let fixture = Fixture::in_commercial_partition().await;
    let report = "r".repeat(390_000);
    for number in 0..7 {
        let uid = format!("account-{number}").parse().unwrap();
        let item = StateItem { uid, report: Some(report.clone()), ..item_of_revision(1) };
        fixture.table.put(&item, None).await.unwrap();
    }
    let tenant = StateItem { scope: "tenant".to_owned(), ..item_of_revision(1) };
    fixture.table.put(&tenant, None).await.unwrap();
    let listed = fixture.table.list(&item_of_revision(1).scope).await.unwrap();
    let uids: Vec<_> = listed.iter().map(|item| item.uid.to_string()).collect();
    assert_eq!(uids, (0..7).map(|number| format!("account-{number}")).collect::<Vec<_>>());
    assert!(listed.iter().all(|item| item.report.is_none() && item.revision == 1));
    assert!(fixture.cloud.calls().count("dynamodb", "Query") > 3, "pages of two");
    let tenants = fixture.table.list("tenant").await.unwrap();
    assert_eq!(tenants, [StateItem { report: None, ..tenant }]);
    assert_eq!(fixture.table.list("project/none").await.unwrap(), []);
}

#[tokio::test]
async fn get_returns_the_last_write() {
    let fixture = Fixture::in_commercial_partition().await;
    fixture.table.put(&item_of_revision(1), None).await.unwrap();
    let stale = Effect::StaleReads(Duration::from_mins(1));
    fixture.cloud.fault(Fault::on("dynamodb", "PutItem", stale).once());
    fixture.table.put(&item_of_revision(2), Some(1)).await.unwrap();
    assert_eq!(fixture.get().await, Some(item_of_revision(2)));
    assert_eq!(fixture.table.list(&item_of_revision(1).scope).await.unwrap()[0].revision, 1);
}

#[tokio::test]
async fn get_and_list_return_an_error_for_an_invalid_item() {
    let fixture = Fixture::in_commercial_partition().await;
    let StateItem { scope, uid, .. } = item(None);
    fixture.stored.put(&json!({
        SCOPE: {"S": scope}, UID: {"S": uid.as_str()}, "revision": {"S": "one"},
    }));
    for error in [
        fixture.table.get(&scope, &uid).await.unwrap_err(),
        fixture.table.list(&scope).await.unwrap_err(),
    ] {
        let text = error.to_string();
        assert!(error.is_rejected() && text.contains("attribute revision is not a"), "{text}");
        assert!(text.contains(uid.as_str()) && text.contains(&scope), "{text}");
    }
}

#[tokio::test]
async fn error_names_the_missing_permission_table_or_size_limit() {
    let fixture = Fixture::in_commercial_partition().await;
    let StateItem { scope, uid, .. } = item(None);
    let missing = StateTable { table: "gone".to_owned(), ..fixture.table.clone() };
    let denied = missing.get(&scope, &uid).await.unwrap_err().to_string();
    assert!(denied.contains("allow dynamodb:GetItem"), "{denied}");
    let code = Effect::AwsError { status: 400, code: "ResourceNotFoundException" };
    fixture.cloud.fault(Fault::on("dynamodb", "*", code));
    for error in [
        missing.get(&scope, &uid).await.unwrap_err(),
        missing.put(&item(None), None).await.unwrap_err(),
        missing.list(&scope).await.unwrap_err(),
    ] {
        let text = error.to_string();
        assert!(text.contains("no table gone") && text.contains(TABLE_VARIABLE), "{text}");
    }
    let large = StateItem { report: Some("r".repeat(MAX_ITEM_BYTES)), ..item(None) };
    let refused = fixture.table.put(&large, None).await.unwrap_err().to_string();
    assert!(refused.contains("accepts 409600"), "{refused}");
}

#[tokio::test]
async fn throttled_dynamodb_calls_are_retried() {
    let fixture = Fixture::in_commercial_partition().await;
    for code in [
        "ProvisionedThroughputExceededException",
        "ThrottlingException",
        "RequestLimitExceeded",
        "TransactionInProgressException",
    ] {
        let effect = Effect::AwsError { status: 400, code };
        fixture.cloud.calls().clear();
        fixture.cloud.fault(Fault::on("dynamodb", "GetItem", effect).times(2));
        assert_eq!(fixture.get().await, None);
        assert_eq!(fixture.cloud.calls().count("dynamodb", "GetItem"), 3, "{code}");
        fixture.cloud.fault(Fault::on("dynamodb", "GetItem", effect));
        let StateItem { scope, uid, .. } = item(None);
        let error = fixture.table.get(&scope, &uid).await.unwrap_err();
        assert!(matches!(error, UpstreamError::Throttled { .. }), "{code}: {error}");
        fixture.cloud.faults().clear();
    }
}

#[tokio::test]
async fn no_request_is_sent_after_the_deadline() {
    let fixture = Fixture::in_commercial_partition().await;
    let StateItem { scope, uid, .. } = item(None);
    let read = deadline::scope(Instant::now(), fixture.table.get(&scope, &uid)).await;
    assert!(matches!(read, Err(UpstreamError::TimedOut { .. })));
    assert_eq!(fixture.cloud.calls().all().len(), 0);
}
