//! Tests of Palette: permissions, errors, paging and limits.

mod accounts;
mod classified;

use serde_json::{Value, json};

use super::*;
use crate::Request;

struct Api(Palette);

impl Api {
    fn new() -> Self {
        Self(Palette::default())
    }

    async fn call(&self, key: &str, line: &str, body: Value) -> (u16, Value) {
        self.scoped(key, None, line, body).await
    }

    async fn scoped(
        &self,
        key: &str,
        project: Option<&str>,
        line: &str,
        body: Value,
    ) -> (u16, Value) {
        let (method, path) = line.split_once(' ').unwrap();
        let mut request = http::Request::builder().method(method).uri(path).header("ApiKey", key);
        if let Some(project) = project {
            request = request.header("ProjectUid", project);
        }
        let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let request: Request =
            request.header("content-type", "application/json").body(bytes).unwrap();
        let response = self.0.respond(&request).await;
        let body = serde_json::from_slice(response.body()).unwrap_or_default();
        (response.status().as_u16(), body)
    }

    fn project(&self) -> String {
        self.0.records().tenants[0].projects[0].uid.clone()
    }
}

fn account(name: &str, scope: &str) -> Value {
    json!({
        "metadata": {"name": name, "annotations": {"scope": scope, "overlordUid": ""}},
        "spec": {"credentialType": "secret", "partition": "aws", "accessKey": "AKIAIOSFODNN7EXAMPLE",
                 "secretKey": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "policyARNs": []},
    })
}

const ACCOUNTS: &str = "/v1/cloudaccounts/aws";

async fn created(api: &Api, name: &str) -> String {
    let (status, body) =
        api.call(ADMIN_KEY, &format!("POST {ACCOUNTS}"), account(name, "tenant")).await;
    assert_eq!(status, 201, "{body}");
    body["uid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn errors_have_palettes_status_and_code() {
    let api = Api::new();
    let uid = created(&api, "prod").await;
    let one = format!("{ACCOUNTS}/{uid}");
    for (key, line, body, status, code) in [
        ("wrong", "GET /v1/users/info".to_owned(), Value::Null, 401, json!("UnAuthorizedAccess")),
        (MEMBER_KEY, format!("GET {ACCOUNTS}"), Value::Null, 403, json!("OperationForbidden")),
        (ADMIN_KEY, "GET /v1/users/me".to_owned(), Value::Null, 404, json!(404)),
        (ADMIN_KEY, format!("PATCH {ACCOUNTS}"), Value::Null, 405, json!(405)),
        (
            ADMIN_KEY,
            format!("GET {ACCOUNTS}/65f00000"),
            Value::Null,
            404,
            json!("ResourceNotFound"),
        ),
        (OTHER_TENANT_KEY, format!("GET {one}"), Value::Null, 404, json!("ResourceNotFound")),
        (OTHER_TENANT_KEY, format!("DELETE {one}"), Value::Null, 404, json!("ResourceNotFound")),
        (
            ADMIN_KEY,
            format!("POST {ACCOUNTS}"),
            account("prod", "tenant"),
            409,
            json!("CloudAccountAlreadyExists"),
        ),
        (
            ADMIN_KEY,
            format!("POST {ACCOUNTS}"),
            account("x", "project"),
            400,
            json!("InvalidScope"),
        ),
        (ADMIN_KEY, format!("POST {ACCOUNTS}"), json!({}), 422, json!(602)),
        (ADMIN_KEY, format!("GET {ACCOUNTS}?limit=abc"), Value::Null, 422, json!(601)),
        (
            ADMIN_KEY,
            "GET /v1/clouds/aws/account/sts?partition=aws-iso".to_owned(),
            Value::Null,
            422,
            json!(606),
        ),
        (
            ADMIN_KEY,
            "GET /v1/system/config/aws/sts/account".to_owned(),
            Value::Null,
            401,
            json!("UnAuthorizedAccess"),
        ),
    ] {
        let (was, response) = api.call(key, &line, body).await;
        assert_eq!((was, &response["code"]), (status, &code), "{line}: {response}");
    }
}

#[tokio::test]
async fn member_cannot_list_accounts_and_error_may_repeat_the_key() {
    let api = Api::new();
    assert_eq!(api.call(MEMBER_KEY, "GET /v1/users/info", Value::Null).await.0, 200);
    assert_eq!(api.call(MEMBER_KEY, &format!("GET {ACCOUNTS}"), Value::Null).await.0, 403);
    api.0.configure(|behaviour| behaviour.invalid_key = InvalidKeyResponse::NotFoundWithKey);
    let (status, body) = api.call("pk-nobody", "GET /v1/users/info", Value::Null).await;
    assert_eq!((status, body["code"].as_str()), (404, Some("ResourceNotFound")));
    assert!(body["message"].as_str().unwrap().contains("pk-nobody"));
}

#[tokio::test]
async fn rate_limit_rejects_requests_over_the_burst() {
    let api = Api::new();
    api.0.configure(|behaviour| behaviour.rate_limited = true);
    let mut refused = 0;
    for _ in 0..200 {
        let (status, body) = api.call(ADMIN_KEY, "GET /v1/users/info", Value::Null).await;
        refused += usize::from(status == 429 && body["code"] == "TooManyRequests");
    }
    assert!(refused > 0);
    assert_eq!(api.call(ADMIN_KEY, "GET /v1/overlords", Value::Null).await.0, 200);
}

#[tokio::test]
async fn sts_source_is_per_partition_and_external_id_per_tenant() {
    let api = Api::new();
    let system = async |method: &str, path: &str, body: Value| {
        let request = http::Request::builder().method(method).uri(path);
        let request = request
            .header("Authorization", SYSTEM_TOKEN)
            .header("content-type", "application/json");
        let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        api.0.respond(&request.body(bytes).unwrap()).await.status().as_u16()
    };
    let trust = "GET /v1/clouds/aws/account/sts?partition=aws-us-gov";
    let (status, facts) = api.call(ADMIN_KEY, trust, Value::Null).await;
    assert_eq!((status, facts["accountId"].as_str()), (200, Some("")), "D01: switched off");
    api.0.configure(|behaviour| behaviour.unconfigured_sts = UnconfiguredSts::Error);
    assert_eq!(api.call(ADMIN_KEY, trust, Value::Null).await.0, 400);
    let source = |account: &str| json!({"accountId": account, "accessKey": "AKIAIOSFODNN7EXAMPLE", "secretKey": "wJalrXUtnFEMI/K7MDENG"});
    assert_eq!(
        system("PUT", "/v1/system/config/aws/sts/account", source("111111111111")).await,
        204
    );
    assert_eq!(api.call(ADMIN_KEY, trust, Value::Null).await.0, 400, "the other partition's");
    assert_eq!(
        system("POST", "/v1/system/config/awsgov/sts/account", source("222222222222")).await,
        204
    );
    let (_, gov) = api.call(ADMIN_KEY, trust, Value::Null).await;
    let (_, commercial) = api.call(ADMIN_KEY, "GET /v1/clouds/aws/account/sts", Value::Null).await;
    let (_, other) = api.call(OTHER_TENANT_KEY, trust, Value::Null).await;
    assert_eq!(gov["accountId"], "222222222222");
    assert_eq!(commercial["accountId"], "111111111111");
    assert_ne!(gov["externalId"], other["externalId"]);
    assert_ne!(gov["externalId"], commercial["externalId"]);
}
