//! The requests that are measured, as API Gateway sends them.

use local_cloud::world::Realm;
use serde_json::{Value, json};

use crate::Failed;

/// An event, and the status of a proper answer to it.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) event: Value,
    status: u64,
    body: Value,
    path: &'static str,
}

impl Request {
    fn post(path: &'static str, status: u64, body: Value) -> Self {
        Self { event: proxy("POST", path, Some(&body)), status, body, path }
    }

    pub(crate) fn validate_role(realm: &Realm) -> Self {
        Self::post("/v1/accounts/sts/validate", 200, role(realm))
    }

    pub(crate) fn validate_keys(realm: &Realm) -> Self {
        Self::post("/v1/accounts/static-credentials/validate", 200, keys(realm))
    }

    pub(crate) fn register_role(realm: &Realm) -> Self {
        Self::post("/v1/accounts/sts", 201, role(realm))
    }

    pub(crate) fn register_keys(realm: &Realm) -> Self {
        Self::post("/v1/accounts/static-credentials", 201, keys(realm))
    }

    /// The same account, looked at without being registered.
    pub(crate) fn validating(&self) -> Self {
        let path = match self.path {
            "/v1/accounts/sts" => "/v1/accounts/sts/validate",
            _ => "/v1/accounts/static-credentials/validate",
        };
        Self::post(path, 200, self.body.clone())
    }

    pub(crate) fn list() -> Self {
        let path = "/v1/accounts";
        Self { event: proxy("GET", path, None), status: 200, body: Value::Null, path }
    }

    /// A figure of a request that failed would be worth nothing.
    pub(crate) fn expect(&self, answer: &Value) -> Result<(), Failed> {
        let status = answer.get("statusCode").and_then(Value::as_u64).unwrap_or_default();
        let bare = answer.get("body").is_none();
        if bare || status == self.status {
            return Ok(());
        }
        Err(format!("{} was answered with {answer}", self.path).into())
    }
}

fn role(realm: &Realm) -> Value {
    let [_, customer] = &realm.customers;
    json!({ "name": "bench-sts", "roleArn": customer.role.arn() })
}

fn keys(realm: &Realm) -> Value {
    let [customer, _] = &realm.customers;
    let keys = &customer.keys;
    json!({ "name": "bench-keys", "accessKeyId": keys.id, "secretAccessKey": keys.secret })
}

fn proxy(verb: &str, path: &str, body: Option<&Value>) -> Value {
    json!({
        "resource": path,
        "path": path,
        "httpMethod": verb,
        "headers": { "Content-Type": "application/json" },
        "queryStringParameters": null,
        "pathParameters": null,
        "requestContext": { "requestId": "bench", "accountId": "100000000001", "stage": "live", "httpMethod": verb },
        "body": body.map(ToString::to_string),
        "isBase64Encoded": false,
    })
}
