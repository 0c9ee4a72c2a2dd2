//! Palette by itself: who may, what is refused and how, pages, limits.

use serde_json::{Value, json};

use super::*;
use crate::Request;

struct Api(State);

impl Api {
    fn new() -> Self {
        Self(State::default())
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
        let (verb, path) = line.split_once(' ').unwrap();
        let mut request = http::Request::builder().method(verb).uri(path).header("ApiKey", key);
        if let Some(project) = project {
            request = request.header("ProjectUid", project);
        }
        let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let request: Request =
            request.header("content-type", "application/json").body(bytes).unwrap();
        let response = self.0.answer(&request).await;
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
async fn refusals_have_the_status_and_code_of_the_real_one() {
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
        let (was, answer) = api.call(key, &line, body).await;
        assert_eq!((was, &answer["code"]), (status, &code), "{line}: {answer}");
    }
}

#[tokio::test]
async fn f01_a_member_may_not_see_accounts_and_a_refused_key_may_come_back_in_the_error() {
    let api = Api::new();
    assert_eq!(api.call(MEMBER_KEY, "GET /v1/users/info", Value::Null).await.0, 200);
    assert_eq!(api.call(MEMBER_KEY, &format!("GET {ACCOUNTS}"), Value::Null).await.0, 403);
    api.0.behave(|behaviour| behaviour.refused_key = RefusedKey::NotFoundWithKey);
    let (status, body) = api.call("pk-nobody", "GET /v1/users/info", Value::Null).await;
    assert_eq!((status, body["code"].as_str()), (404, Some("ResourceNotFound")));
    assert!(body["message"].as_str().unwrap().contains("pk-nobody"));
}

#[tokio::test]
async fn names_are_unique_in_their_scope_only() {
    let api = Api::new();
    let (post, project) = (format!("POST {ACCOUNTS}"), api.project());
    created(&api, "prod").await;
    let in_project = account("prod", "project");
    let call = api.scoped(ADMIN_KEY, Some(&project), &post, in_project.clone());
    assert_eq!(call.await.0, 201);
    for (answer, status) in [
        (DuplicateAnswer::Conflict, 409),
        (DuplicateAnswer::BadRequest, 400),
        (DuplicateAnswer::OperationalError, 500),
    ] {
        api.0.behave(|behaviour| behaviour.duplicate = answer);
        let call = api.scoped(ADMIN_KEY, Some(&project), &post, in_project.clone());
        assert_eq!(call.await.0, status);
    }
    let (_, list) = api
        .scoped(
            ADMIN_KEY,
            Some(&project),
            &format!("GET {ACCOUNTS}?filters=metadata.name%3Dprod"),
            Value::Null,
        )
        .await;
    assert_eq!(list["items"].as_array().unwrap().len(), 2, "a project sees the tenant's own too");
    let (_, list) = api.call(ADMIN_KEY, &format!("GET {ACCOUNTS}"), Value::Null).await;
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    let (status, body) =
        api.scoped(ADMIN_KEY, Some("65f0"), &format!("GET {ACCOUNTS}"), Value::Null).await;
    assert_eq!((status, body["code"].as_str()), (404, Some("ProjectNotFoundInTenant")));
}

#[tokio::test]
async fn lists_come_in_pages_of_fifty() {
    let api = Api::new();
    for number in 0..120 {
        created(&api, &format!("a{number}")).await;
    }
    let (mut names, mut next) = (Vec::new(), String::new());
    loop {
        let (status, page) = api
            .call(ADMIN_KEY, &format!("GET {ACCOUNTS}?limit=500&continue={next}"), Value::Null)
            .await;
        assert_eq!(status, 200, "{page}");
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 50);
        names.extend(items.iter().map(|item| item["metadata"]["name"].clone()));
        page["listmeta"]["continue"].as_str().unwrap().clone_into(&mut next);
        if next.is_empty() {
            break;
        }
    }
    assert_eq!(names.len(), 120);
    assert_eq!(names.last(), Some(&json!("a119")));
}

#[tokio::test]
async fn a_tenant_may_have_so_many_accounts_and_no_more() {
    let api = Api::new();
    api.0.records().tenants[0].quota = 1;
    created(&api, "one").await;
    let (status, body) =
        api.call(ADMIN_KEY, &format!("POST {ACCOUNTS}"), account("two", "tenant")).await;
    assert_eq!((status, body["code"].as_str()), (400, Some("ResourceLimitReached")));
    let tenant = api.0.records().tenants[0].uid.clone();
    let (_, limits) =
        api.call(ADMIN_KEY, &format!("GET /v1/tenants/{tenant}/resourceLimits"), Value::Null).await;
    assert_eq!(limits["resources"][1]["limit"], 1);
}

#[tokio::test]
async fn the_fifty_first_request_in_a_moment_is_one_too_many_where_the_limit_is_on() {
    let api = Api::new();
    api.0.behave(|behaviour| behaviour.rate_limited = true);
    let mut refused = 0;
    for _ in 0..200 {
        let (status, body) = api.call(ADMIN_KEY, "GET /v1/users/info", Value::Null).await;
        refused += usize::from(status == 429 && body["code"] == "TooManyRequests");
    }
    assert!(refused > 0);
    assert_eq!(api.call(ADMIN_KEY, "GET /v1/overlords", Value::Null).await.0, 200);
}

#[tokio::test]
async fn an_account_is_read_with_its_secret_or_with_asterisks_and_replaced_whole() {
    let api = Api::new();
    let uid = created(&api, "prod").await;
    let one = format!("{ACCOUNTS}/{uid}");
    let (_, read) = api.call(ADMIN_KEY, &format!("GET {one}"), Value::Null).await;
    assert_eq!(read["spec"]["secretKey"], "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
    assert_eq!(
        (&read["metadata"]["uid"], &read["status"]["state"]),
        (&json!(uid), &json!("Running"))
    );
    api.0.behave(|behaviour| behaviour.secrets = SecretsOnRead::Masked);
    let (_, read) = api.call(ADMIN_KEY, &format!("GET {one}"), Value::Null).await;
    assert_eq!(read["spec"]["secretKey"], "**********");

    created(&api, "taken").await;
    assert_eq!(api.call(ADMIN_KEY, &format!("PUT {one}"), account("taken", "tenant")).await.0, 409);
    assert_eq!(
        api.call(ADMIN_KEY, &format!("PUT {one}"), account("renamed", "tenant")).await.0,
        204
    );
    let call =
        api.scoped(ADMIN_KEY, Some(&api.project()), &format!("DELETE {one}"), Value::Null).await;
    assert_eq!(call.0, 403, "the tenant's account is not a project's to remove");
    assert_eq!(api.call(ADMIN_KEY, &format!("DELETE {one}"), Value::Null).await.0, 204);
    assert_eq!(api.call(ADMIN_KEY, &format!("GET {one}"), Value::Null).await.0, 404);
}

#[tokio::test]
async fn f24_f28_f34_each_partition_has_a_source_account_and_each_tenant_external_ids() {
    let api = Api::new();
    let system = async |verb: &str, path: &str, body: Value| {
        let request = http::Request::builder().method(verb).uri(path);
        let request = request
            .header("Authorization", SYSTEM_TOKEN)
            .header("content-type", "application/json");
        let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        api.0.answer(&request.body(bytes).unwrap()).await.status().as_u16()
    };
    let trust = "GET /v1/clouds/aws/account/sts?partition=aws-us-gov";
    let (status, facts) = api.call(ADMIN_KEY, trust, Value::Null).await;
    assert_eq!((status, facts["accountId"].as_str()), (200, Some("")), "D01: switched off");
    api.0.behave(|behaviour| behaviour.unconfigured_sts = UnconfiguredSts::Refused);
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
