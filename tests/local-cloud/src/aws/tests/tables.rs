//! Tests of DynamoDB.
use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::aws::client::AwsResponse;
use crate::aws::{Table, TableSettings};
use crate::{Effect, Fault};

const TABLE: &str = "state";

fn settings() -> TableSettings {
    TableSettings {
        partition_key: "scope".to_owned(),
        sort_key: Some("uid".to_owned()),
        ttl_attribute: Some("expires".to_owned()),
    }
}

fn table(cloud: &LocalCloud) -> Table {
    commercial(cloud).table("us-east-1", TABLE, settings())
}

/// A caller with all permissions.
struct TestCaller(AwsClient);

impl TestCaller {
    fn new(cloud: &LocalCloud) -> TestCaller {
        TestCaller(client(cloud, &admin(&commercial(cloud))))
    }

    async fn call(&self, operation: &str, mut body: Value) -> AwsResponse {
        if body.get("TableName").is_none() {
            body["TableName"] = json!(TABLE);
        }
        self.0.dynamodb(operation, &body).await.unwrap()
    }

    async fn ok(&self, operation: &str, body: Value) -> Value {
        let response = self.call(operation, body).await;
        assert_eq!(response.status, 200, "{}", response.body);
        response.json()
    }
}

fn key(scope: &str, uid: &str) -> Value {
    json!({"scope": {"S": scope}, "uid": {"S": uid}})
}

fn item(scope: &str, uid: &str, revision: u64) -> Value {
    json!({"scope": {"S": scope}, "uid": {"S": uid}, "revision": {"N": revision.to_string()}})
}

fn of_scope(scope: &str) -> Value {
    json!({
        "KeyConditionExpression": "#scope = :scope",
        "ExpressionAttributeNames": {"#scope": "scope"},
        "ExpressionAttributeValues": {":scope": {"S": scope}},
    })
}

fn uids(response: &Value) -> Vec<&str> {
    let items = response["Items"].as_array().unwrap();
    items.iter().map(|item| item["uid"]["S"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn items_are_written_on_conditions() {
    let cloud = cloud().await;
    let (caller, table) = (TestCaller::new(&cloud), table(&cloud));
    let put = |revision: u64, condition: &str, value: &str| {
        let mut put = json!({
            "Item": item("tenant", "a", revision),
            "ConditionExpression": condition,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        });
        if condition.contains('#') {
            put["ExpressionAttributeNames"] = json!({"#r": "revision"});
        }
        if condition.contains(':') {
            put["ExpressionAttributeValues"] = json!({":v": {"N": value}});
        }
        put
    };
    for (revision, condition, value, written) in [
        (1, "attribute_exists(uid)", "", false),
        (1, "#r <= :v", "1", false),
        (1, "#r <> :v", "1", true),
        (2, "attribute_not_exists(uid)", "", false),
        (2, "attribute_not_exists(uid) OR #r < :v", "1", false),
        (2, "attribute_not_exists(uid) OR #r <= :v", "1.0", true),
        (3, "NOT #r = :v", "2", false),
        (3, "NOT (#r = :v AND attribute_exists(uid)) OR revision > :v", "2", false),
        (3, "(#r = :v)", "2", true),
        (4, "revision >= :v AND attribute_not_exists(report)", "4", false),
        (4, "revision >= :v AND attribute_not_exists(report)", "3", true),
    ] {
        let before = table.items();
        let response = caller.call("PutItem", put(revision, condition, value)).await;
        if written {
            assert_eq!((response.status, response.json()), (200, json!({})), "{condition}");
            assert_eq!(table.items(), [item("tenant", "a", revision)]);
        } else {
            let mut error = json!({
                "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
                "message": "The conditional request failed",
            });
            if let [item] = before.as_slice() {
                error["Item"] = item.clone();
            }
            assert_eq!((response.status, response.json()), (400, error), "{condition}");
            assert_eq!(table.items(), before, "{condition}");
        }
    }
    let read = caller.ok("GetItem", json!({"Key": key("tenant", "a")})).await;
    assert_eq!(read, json!({"Item": item("tenant", "a", 4)}));
    let delete = |revision: &str| {
        json!({
            "Key": key("tenant", "a"), "ConditionExpression": "revision = :v", "ReturnValues": "ALL_OLD",
            "ExpressionAttributeValues": {":v": {"N": revision}},
        })
    };
    assert_eq!(caller.call("DeleteItem", delete("3")).await.status, 400);
    let deleted = caller.ok("DeleteItem", delete("4")).await;
    assert_eq!(deleted, json!({"Attributes": item("tenant", "a", 4)}));
    assert_eq!(caller.ok("DeleteItem", json!({"Key": key("tenant", "a")})).await, json!({}));
    assert_eq!(caller.ok("GetItem", json!({"Key": key("tenant", "a")})).await, json!({}));
}

#[tokio::test]
async fn a_query_returns_pages_of_one_partition_in_order() {
    let cloud = cloud().await;
    let (caller, table) = (TestCaller::new(&cloud), table(&cloud));
    for uid in ["c", "a", "B", "b"] {
        table.put(&item("tenant", uid, 1));
        table.put(&item("project/1", uid, 1));
    }
    let all = caller.ok("Query", of_scope("tenant")).await;
    assert_eq!(uids(&all), ["B", "a", "b", "c"]);
    assert_eq!((&all["Count"], &all["ScannedCount"]), (&json!(4), &json!(4)));
    assert!(all.get("LastEvaluatedKey").is_none());
    let mut page = of_scope("tenant");
    page["Limit"] = json!(2);
    page["ProjectionExpression"] = json!("uid, #r");
    page["ExpressionAttributeNames"]["#r"] = json!("revision");
    let mut pages = Vec::new();
    loop {
        let one = caller.ok("Query", page.clone()).await;
        pages.push(uids(&one).join(""));
        if let Some(item) = one["Items"].get(0) {
            assert!(item.get("scope").is_none() && item.get("revision").is_some(), "{one}");
        }
        let Some(last) = one.get("LastEvaluatedKey") else { break };
        assert_eq!(last.as_object().unwrap().len(), 2, "{one}");
        page["ExclusiveStartKey"] = last.clone();
    }
    // The last page is full, so DynamoDB does not know that it is the last.
    assert_eq!(pages, ["Ba", "bc", ""]);
    let mut range = of_scope("tenant");
    range["KeyConditionExpression"] = json!("#scope = :scope AND uid > :uid");
    range["ExpressionAttributeValues"][":uid"] = json!({"S": "a"});
    assert_eq!(uids(&caller.ok("Query", range).await), ["b", "c"]);
    assert_eq!(uids(&caller.ok("Query", of_scope("project/2")).await), Vec::<&str>::new());
}

#[tokio::test]
async fn a_page_of_a_query_has_at_most_one_megabyte() {
    let cloud = cloud().await;
    let (caller, table) = (TestCaller::new(&cloud), table(&cloud));
    for uid in ["a", "b", "c", "d"] {
        let mut large = item("tenant", uid, 1);
        large["report"] = json!({"S": "r".repeat(400_000)});
        table.put(&large);
    }
    // The size is that of the items, not of what is projected.
    let mut query = of_scope("tenant");
    query["ProjectionExpression"] = json!("uid");
    let first = caller.ok("Query", query.clone()).await;
    assert_eq!(uids(&first), ["a", "b"]);
    query["ExclusiveStartKey"] = first["LastEvaluatedKey"].clone();
    let second = caller.ok("Query", query).await;
    assert_eq!((uids(&second), second.get("LastEvaluatedKey")), (vec!["c", "d"], None));
}

#[tokio::test]
async fn requests_are_answered_as_the_contract_says() {
    let cloud = cloud().await;
    let (caller, table) = (TestCaller::new(&cloud), table(&cloud));
    let exchanges: Vec<Value> = serde_json::from_str(include_str!("table_exchanges.json")).unwrap();
    for exchange in &exchanges {
        let operation = exchange["operation"].as_str().unwrap();
        let response = caller.call(operation, expanded(&exchange["request"])).await;
        let answer = json!({"status": response.status, "body": response.json()});
        assert_eq!(answer, expanded(&exchange["answer"]), "{}", exchange["name"]);
    }
    assert!(table.is_empty(), "the exchanges leave nothing");
}

/// Replaces each `{"$repeat": [text, count]}`.
fn expanded(value: &Value) -> Value {
    if let Some(repeated) = value.get("$repeat") {
        let count = usize::try_from(repeated[1].as_u64().unwrap()).unwrap();
        return repeated[0].as_str().unwrap().repeat(count).into();
    }
    match value {
        Value::Object(map) => map.iter().map(|(name, one)| (name.clone(), expanded(one))).collect(),
        Value::Array(list) => list.iter().map(expanded).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

#[tokio::test]
async fn a_table_is_found_in_its_region_only_and_by_its_arn() {
    let cloud = cloud().await;
    let (caller, table) = (TestCaller::new(&cloud), table(&cloud));
    table.put(&item("tenant", "a", 1));
    let get = |table: &str| json!({"TableName": table, "Key": key("tenant", "a")});
    assert!(caller.ok("GetItem", get(&table.arn())).await.get("Item").is_some());
    let missing = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException",
        "message": "Requested resource not found",
    });
    let response = caller.call("GetItem", get("other")).await;
    assert_eq!((response.status, response.json()), (400, missing.clone()));
    let elsewhere = TestCaller(caller.0.in_region("eu-west-1"));
    for name in [TABLE, &table.arn()] {
        assert_eq!(elsewhere.call("GetItem", get(name)).await.json(), missing, "{name}");
    }
    for (partition, region) in [
        ("aws-us-gov", "us-gov-west-1"),
        ("aws-iso", "us-iso-east-1"),
        ("aws-iso-b", "us-isob-east-1"),
    ] {
        let account = cloud.aws().account(partition, OTHER);
        let table = account.table(region, TABLE, settings());
        assert_eq!(table.arn(), format!("arn:{partition}:dynamodb:{region}:{OTHER}:table/{TABLE}"));
        let caller = TestCaller(client(&cloud, &admin(&account)).in_region(region));
        caller.ok("PutItem", json!({"Item": item("tenant", "a", 1)})).await;
        assert_eq!(table.len(), 1);
    }
}

#[tokio::test]
async fn each_call_needs_its_action_on_the_table() {
    let cloud = cloud().await;
    let table = table(&cloud);
    table.put(&item("tenant", "a", 1));
    let calls = [
        ("GetItem", json!({"Key": key("tenant", "a")})),
        ("PutItem", json!({"Item": item("tenant", "a", 2)})),
        ("Query", of_scope("tenant")),
        ("DeleteItem", json!({"Key": key("tenant", "a")})),
    ];
    for (allowed, _) in &calls {
        let user = commercial(&cloud).user(allowed);
        user.inline("Table", &allow(&[&format!("dynamodb:{allowed}")], &table.arn()));
        let caller = TestCaller(client(&cloud, &user.create_access_key()));
        for (operation, body) in &calls {
            let response = caller.call(operation, body.clone()).await;
            if operation == allowed {
                assert_eq!(response.status, 200, "{}", response.body);
            } else {
                let code = Some("com.amazon.coral.service#AccessDeniedException");
                assert_eq!((response.status, response.code().as_deref()), (400, code));
            }
        }
        // Whether a table exists is no business of a caller without permission.
        let other = json!({"TableName": "other", "Key": key("tenant", "a")});
        let code = caller.call("GetItem", other).await.code();
        assert_eq!(code.as_deref(), Some("com.amazon.coral.service#AccessDeniedException"));
    }
    let user = commercial(&cloud).user("scoped");
    let mut policy = allow(&["dynamodb:GetItem", "dynamodb:Query"], &table.arn());
    policy["Statement"][0]["Condition"] =
        json!({"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["tenant"]}});
    user.inline("Table", &policy);
    let caller = TestCaller(client(&cloud, &user.create_access_key()));
    for (scope, status) in [("tenant", 200), ("project/1", 400)] {
        let get = json!({"Key": key(scope, "a")});
        assert_eq!(caller.call("GetItem", get).await.status, status, "{scope}");
        assert_eq!(caller.call("Query", of_scope(scope)).await.status, status, "{scope}");
    }
}

#[tokio::test]
async fn eventually_consistent_reads_may_be_old() {
    let cloud = cloud().await;
    let (caller, table) = (TestCaller::new(&cloud), table(&cloud));
    table.put(&item("tenant", "a", 1));
    let stale = Effect::StaleReads(Duration::from_secs(2));
    cloud.fault(Fault::on("dynamodb", "PutItem", stale).once());
    caller.ok("PutItem", json!({"Item": item("tenant", "a", 2)})).await;
    let revision = async |is_consistent: Option<bool>| {
        let mut get = json!({"Key": key("tenant", "a")});
        let mut query = of_scope("tenant");
        if let Some(is_consistent) = is_consistent {
            get["ConsistentRead"] = json!(is_consistent);
            query["ConsistentRead"] = json!(is_consistent);
        }
        let get = caller.ok("GetItem", get).await["Item"]["revision"]["N"].clone();
        let query = caller.ok("Query", query).await["Items"][0]["revision"]["N"].clone();
        assert_eq!(get, query);
        get
    };
    assert_eq!(revision(None).await, "1");
    assert_eq!(revision(Some(false)).await, "1");
    assert_eq!(revision(Some(true)).await, "2");
    cloud.clock().advance(Duration::from_secs(3));
    assert_eq!(revision(None).await, "2");
}

#[tokio::test]
async fn expired_items_are_returned_until_they_are_deleted() {
    let cloud = cloud().await;
    let (caller, table) = (TestCaller::new(&cloud), table(&cloud));
    let now = cloud.clock().now();
    for (uid, expires) in [
        ("soon", json!({"N": (now + 60).to_string()})),
        ("later", json!({"N": (now + 600).to_string()})),
        ("text", json!({"S": (now + 60).to_string()})),
        ("milliseconds", json!({"N": ((now + 60) * 1000).to_string()})),
        ("years", json!({"N": "1"})),
    ] {
        let mut item = item("tenant", uid, 1);
        item["expires"] = expires;
        table.put(&item);
    }
    assert_eq!(table.delete_expired(), 0);
    cloud.clock().advance(Duration::from_secs(61));
    let get = json!({"Key": key("tenant", "soon"), "ConsistentRead": true});
    assert!(caller.ok("GetItem", get.clone()).await.get("Item").is_some());
    assert_eq!(table.delete_expired(), 1);
    assert_eq!(caller.ok("GetItem", get).await, json!({}));
    let left = caller.ok("Query", of_scope("tenant")).await;
    assert_eq!(uids(&left), ["later", "milliseconds", "text", "years"]);
}

#[tokio::test]
async fn faults_have_the_services_codes_and_calls_are_logged() {
    let cloud = cloud().await;
    let (caller, _table) = (TestCaller::new(&cloud), table(&cloud));
    let own = "com.amazonaws.dynamodb.v20120810";
    for (effect, status, code) in [
        (Effect::Throttle, 400, format!("{own}#ThrottlingException")),
        (Effect::InternalError, 500, format!("{own}#InternalServerError")),
        (
            Effect::AwsError { status: 400, code: "ProvisionedThroughputExceededException" },
            400,
            format!("{own}#ProvisionedThroughputExceededException"),
        ),
        (
            Effect::AwsError { status: 400, code: "AccessDeniedException" },
            400,
            "com.amazon.coral.service#AccessDeniedException".to_owned(),
        ),
    ] {
        cloud.fault(Fault::on("dynamodb", "Query", effect).once());
        let response = caller.call("Query", of_scope("tenant")).await;
        assert_eq!((response.status, response.code()), (status, Some(code)));
    }
    cloud.calls().clear();
    caller.ok("Query", of_scope("tenant")).await;
    caller.ok("PutItem", json!({"Item": item("tenant", "a", 1)})).await;
    let calls = cloud.calls().all();
    let writes: Vec<_> =
        calls.iter().map(|call| (call.operation.as_str(), call.is_write())).collect();
    assert_eq!(writes, [("Query", false), ("PutItem", true)]);
    assert!(calls.iter().all(|call| call.service == "dynamodb" && call.principal.is_some()));
}

#[tokio::test]
async fn what_the_fake_does_not_serve_is_refused() {
    let cloud = cloud().await;
    let (caller, _table) = (TestCaller::new(&cloud), table(&cloud));
    let put =
        |condition: &str| json!({"Item": item("tenant", "a", 1), "ConditionExpression": condition});
    for (operation, body, message) in [
        ("Query", json!({"IndexName": "x"}), "IndexName in Query"),
        ("PutItem", put("begins_with(uid, uid)"), "begins_with in ConditionExpression"),
        ("PutItem", put("uid IN (uid)"), "IN in ConditionExpression"),
        ("PutItem", put("attribute_exists(detail.one)"), "a nested path in ConditionExpression"),
    ] {
        let response = caller.call(operation, body).await;
        let message = format!("The local cloud does not support {message}.");
        assert_eq!((response.status, &response.json()["message"]), (400, &json!(message)));
    }
    let unknown = caller.call("UpdateItem", json!({})).await;
    let code = Some("com.amazon.coral.service#UnknownOperationException");
    assert_eq!((unknown.status, unknown.code().as_deref()), (400, code), "{}", unknown.body);
}
