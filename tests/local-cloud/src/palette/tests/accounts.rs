//! Tests of cloud accounts.

use super::*;

#[tokio::test]
async fn names_are_unique_per_scope() {
    let api = Api::new();
    let (post, project) = (format!("POST {ACCOUNTS}"), api.project());
    created(&api, "prod").await;
    let in_project = account("prod", "project");
    let call = api.scoped(ADMIN_KEY, Some(&project), &post, in_project.clone());
    assert_eq!(call.await.0, 201);
    for (response, status) in [
        (DuplicateResponse::Conflict, 409),
        (DuplicateResponse::BadRequest, 400),
        (DuplicateResponse::OperationalError, 500),
    ] {
        api.0.configure(|behaviour| behaviour.duplicate = response);
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
async fn stale_replica_returns_old_accounts() {
    let api = Api::new();
    let old = created(&api, "old").await;
    let now = api.0.records().now;
    api.0.records().delay_reads(now + 10);
    let new = created(&api, "new").await;
    let seen = || async {
        let (_, list) = api.call(ADMIN_KEY, &format!("GET {ACCOUNTS}"), Value::Null).await;
        let (old_status, _) =
            api.call(ADMIN_KEY, &format!("GET {ACCOUNTS}/{old}"), Value::Null).await;
        let (new_status, _) =
            api.call(ADMIN_KEY, &format!("GET {ACCOUNTS}/{new}"), Value::Null).await;
        (list["items"].as_array().unwrap().len(), old_status, new_status)
    };
    assert_eq!(seen().await, (1, 200, 404));
    let again = api.call(ADMIN_KEY, &format!("POST {ACCOUNTS}"), account("new", "tenant")).await;
    assert!(again.0 >= 400, "who writes is no reader");
    api.0.records().now = now + 10;
    assert_eq!(seen().await, (2, 200, 200));
}

#[tokio::test]
async fn list_pages_have_at_most_fifty_entries() {
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
async fn account_quota_is_enforced() {
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
async fn account_secrets_are_plain_or_masked_and_put_replaces_the_account() {
    let api = Api::new();
    let uid = created(&api, "prod").await;
    let one = format!("{ACCOUNTS}/{uid}");
    let (_, read) = api.call(ADMIN_KEY, &format!("GET {one}"), Value::Null).await;
    assert_eq!(read["spec"]["secretKey"], "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
    assert_eq!(
        (&read["metadata"]["uid"], &read["status"]["state"]),
        (&json!(uid), &json!("Running"))
    );
    api.0.configure(|behaviour| behaviour.secrets = SecretsOnRead::Masked);
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
