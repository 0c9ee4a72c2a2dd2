//! Tests of the fake Palette: permissions, errors, paging and limits.

mod accounts;
mod classified;

use serde_json::{Value, json};

use super::*;
use crate::Request;

/// A fake Palette whose API the tests call without a network.
struct PaletteApi {
    palette: Palette,
}

impl PaletteApi {
    fn new() -> Self {
        Self { palette: Palette::default() }
    }

    /// Sends a request in tenant scope. `line` is method and path. Returns status and body.
    async fn call(&self, key: &str, line: &str, body: Value) -> (u16, Value) {
        self.call_in_scope(key, None, line, body).await
    }

    /// Sends a request in the scope of a project, or in tenant scope if `project` is `None`.
    /// Returns status and body.
    async fn call_in_scope(
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
        let response = self.palette.respond(&request).await;
        let body = serde_json::from_slice(response.body()).unwrap_or_default();
        (response.status().as_u16(), body)
    }

    /// Returns the uid of the first project of the first tenant.
    fn project_uid(&self) -> String {
        self.palette.records().tenants[0].projects[0].uid.clone()
    }
}

/// Returns the body of a request that creates an account with an access key.
fn account_body(name: &str, scope: &str) -> Value {
    json!({
        "metadata": {"name": name, "annotations": {"scope": scope, "overlordUid": ""}},
        "spec": {
            "credentialType": "secret", "partition": "aws",
            "accessKey": "AKIAIOSFODNN7EXAMPLE",
            "secretKey": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "policyARNs": [],
        },
    })
}

const ACCOUNTS: &str = "/v1/cloudaccounts/aws";

/// Creates an account in tenant scope, and returns its uid.
async fn create_account(api: &PaletteApi, name: &str) -> String {
    let (status, body) =
        api.call(ADMIN_KEY, &format!("POST {ACCOUNTS}"), account_body(name, "tenant")).await;
    assert_eq!(status, 201, "{body}");
    body["uid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn error_response_has_the_status_and_code_of_palette() {
    let api = PaletteApi::new();
    let uid = create_account(&api, "prod").await;
    let account_path = format!("{ACCOUNTS}/{uid}");
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
        (
            OTHER_TENANT_KEY,
            format!("GET {account_path}"),
            Value::Null,
            404,
            json!("ResourceNotFound"),
        ),
        (
            OTHER_TENANT_KEY,
            format!("DELETE {account_path}"),
            Value::Null,
            404,
            json!("ResourceNotFound"),
        ),
        (
            ADMIN_KEY,
            format!("POST {ACCOUNTS}"),
            account_body("prod", "tenant"),
            409,
            json!("CloudAccountAlreadyExists"),
        ),
        (
            ADMIN_KEY,
            format!("POST {ACCOUNTS}"),
            account_body("x", "project"),
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
        let (found_status, response) = api.call(key, &line, body).await;
        assert_eq!((found_status, &response["code"]), (status, &code), "{line}: {response}");
    }
}

#[tokio::test]
async fn member_cannot_list_accounts_and_error_can_contain_the_api_key() {
    let api = PaletteApi::new();
    assert_eq!(api.call(MEMBER_KEY, "GET /v1/users/info", Value::Null).await.0, 200);
    assert_eq!(api.call(MEMBER_KEY, &format!("GET {ACCOUNTS}"), Value::Null).await.0, 403);
    api.palette.configure(|behaviour| behaviour.invalid_key = InvalidKeyResponse::NotFoundWithKey);
    let (status, body) = api.call("pk-nobody", "GET /v1/users/info", Value::Null).await;
    assert_eq!((status, body["code"].as_str()), (404, Some("ResourceNotFound")));
    assert!(body["message"].as_str().unwrap().contains("pk-nobody"));
}

#[tokio::test]
async fn requests_over_the_rate_limit_are_rejected() {
    let api = PaletteApi::new();
    api.palette.configure(|behaviour| behaviour.rate_limited = true);
    let mut rejected_count = 0;
    for _ in 0..200 {
        let (status, body) = api.call(ADMIN_KEY, "GET /v1/users/info", Value::Null).await;
        rejected_count += usize::from(status == 429 && body["code"] == "TooManyRequests");
    }
    assert!(rejected_count > 0);
    assert_eq!(api.call(ADMIN_KEY, "GET /v1/overlords", Value::Null).await.0, 200);
}

#[tokio::test]
async fn sts_account_differs_by_partition_and_external_id_by_tenant() {
    let api = PaletteApi::new();
    let call_as_operator = async |method: &str, path: &str, body: Value| {
        let request = http::Request::builder().method(method).uri(path);
        let request = request
            .header("Authorization", SYSTEM_TOKEN)
            .header("content-type", "application/json");
        let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        api.palette.respond(&request.body(bytes).unwrap()).await.status().as_u16()
    };
    let get_trust = "GET /v1/clouds/aws/account/sts?partition=aws-us-gov";
    let (status, body) = api.call(ADMIN_KEY, get_trust, Value::Null).await;
    assert_eq!(
        (status, body["accountId"].as_str()),
        (200, Some("")),
        "no STS account is configured"
    );
    api.palette.configure(|behaviour| behaviour.unconfigured_sts = UnconfiguredStsResponse::Error);
    assert_eq!(api.call(ADMIN_KEY, get_trust, Value::Null).await.0, 400);
    let source = |account: &str| {
        json!({
            "accountId": account, "accessKey": "AKIAIOSFODNN7EXAMPLE",
            "secretKey": "wJalrXUtnFEMI/K7MDENG",
        })
    };
    assert_eq!(
        call_as_operator("PUT", "/v1/system/config/aws/sts/account", source("111111111111")).await,
        204
    );
    assert_eq!(
        api.call(ADMIN_KEY, get_trust, Value::Null).await.0,
        400,
        "only aws has an STS account"
    );
    assert_eq!(
        call_as_operator("POST", "/v1/system/config/awsgov/sts/account", source("222222222222"))
            .await,
        204
    );
    let (_, gov_trust) = api.call(ADMIN_KEY, get_trust, Value::Null).await;
    let (_, commercial_trust) =
        api.call(ADMIN_KEY, "GET /v1/clouds/aws/account/sts", Value::Null).await;
    let (_, other_tenant_trust) = api.call(OTHER_TENANT_KEY, get_trust, Value::Null).await;
    assert_eq!(gov_trust["accountId"], "222222222222");
    assert_eq!(commercial_trust["accountId"], "111111111111");
    assert_ne!(gov_trust["externalId"], other_tenant_trust["externalId"]);
    assert_ne!(gov_trust["externalId"], commercial_trust["externalId"]);
}
