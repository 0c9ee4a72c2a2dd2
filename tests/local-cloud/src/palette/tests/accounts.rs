//! Tests of the routes for cloud accounts.

use super::*;

#[tokio::test]
async fn account_name_is_unique_in_its_scope() {
    let api = PaletteApi::new();
    let (post, project) = (format!("POST {ACCOUNTS}"), api.project_uid());
    create_account(&api, "prod").await;
    let in_project = account_body("prod", "project");
    let call = api.call_in_scope(ADMIN_KEY, Some(&project), &post, in_project.clone());
    assert_eq!(call.await.0, 201);
    for (response, status) in [
        (DuplicateResponse::Conflict, 409),
        (DuplicateResponse::BadRequest, 400),
        (DuplicateResponse::OperationalError, 500),
    ] {
        api.palette.configure(|behaviour| behaviour.duplicate = response);
        let call = api.call_in_scope(ADMIN_KEY, Some(&project), &post, in_project.clone());
        assert_eq!(call.await.0, status);
    }
    let (_, list) = api
        .call_in_scope(
            ADMIN_KEY,
            Some(&project),
            &format!("GET {ACCOUNTS}?filters=metadata.name%3Dprod"),
            Value::Null,
        )
        .await;
    assert_eq!(
        list["items"].as_array().unwrap().len(),
        2,
        "a request in a project also lists the tenant's accounts"
    );
    let (_, list) = api.call(ADMIN_KEY, &format!("GET {ACCOUNTS}"), Value::Null).await;
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    let (status, body) =
        api.call_in_scope(ADMIN_KEY, Some("65f0"), &format!("GET {ACCOUNTS}"), Value::Null).await;
    assert_eq!((status, body["code"].as_str()), (404, Some("ProjectNotFoundInTenant")));
}

#[tokio::test]
async fn stale_reads_return_old_accounts() {
    let api = PaletteApi::new();
    let old_uid = create_account(&api, "old").await;
    let now = api.palette.records().now;
    api.palette.records().delay_reads(now + 10);
    let new_uid = create_account(&api, "new").await;
    let read_accounts = || async {
        let (_, list) = api.call(ADMIN_KEY, &format!("GET {ACCOUNTS}"), Value::Null).await;
        let (old_status, _) =
            api.call(ADMIN_KEY, &format!("GET {ACCOUNTS}/{old_uid}"), Value::Null).await;
        let (new_status, _) =
            api.call(ADMIN_KEY, &format!("GET {ACCOUNTS}/{new_uid}"), Value::Null).await;
        (list["items"].as_array().unwrap().len(), old_status, new_status)
    };
    assert_eq!(read_accounts().await, (1, 200, 404));
    let duplicate =
        api.call(ADMIN_KEY, &format!("POST {ACCOUNTS}"), account_body("new", "tenant")).await;
    assert!(duplicate.0 >= 400, "a write does not use stale accounts");
    api.palette.records().now = now + 10;
    assert_eq!(read_accounts().await, (2, 200, 200));
}

#[tokio::test]
async fn account_list_has_at_most_50_entries_per_page() {
    let api = PaletteApi::new();
    for number in 0..120 {
        create_account(&api, &format!("a{number}")).await;
    }
    let (mut names, mut next) = (Vec::new(), String::new());
    loop {
        let (status, page) = api
            .call(ADMIN_KEY, &format!("GET {ACCOUNTS}?limit=500&continue={next}"), Value::Null)
            .await;
        assert_eq!(status, 200, "{page}");
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 50, "a page has at most 50 entries");
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
    let api = PaletteApi::new();
    api.palette.records().tenants[0].quota = 1;
    create_account(&api, "one").await;
    let (status, body) =
        api.call(ADMIN_KEY, &format!("POST {ACCOUNTS}"), account_body("two", "tenant")).await;
    assert_eq!((status, body["code"].as_str()), (400, Some("ResourceLimitReached")));
    let tenant = api.palette.records().tenants[0].uid.clone();
    let (_, limits) =
        api.call(ADMIN_KEY, &format!("GET /v1/tenants/{tenant}/resourceLimits"), Value::Null).await;
    assert_eq!(limits["resources"][1]["limit"], 1);
}

#[tokio::test]
async fn account_secret_can_be_masked_and_put_replaces_the_account() {
    let api = PaletteApi::new();
    let uid = create_account(&api, "prod").await;
    let account_path = format!("{ACCOUNTS}/{uid}");
    let (_, read) = api.call(ADMIN_KEY, &format!("GET {account_path}"), Value::Null).await;
    assert_eq!(read["spec"]["secretKey"], "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
    assert_eq!(
        (&read["metadata"]["uid"], &read["status"]["state"]),
        (&json!(uid), &json!("Running"))
    );
    api.palette.configure(|behaviour| behaviour.secrets = SecretsOnRead::Masked);
    let (_, read) = api.call(ADMIN_KEY, &format!("GET {account_path}"), Value::Null).await;
    assert_eq!(read["spec"]["secretKey"], "**********");

    create_account(&api, "taken").await;
    assert_eq!(
        api.call(ADMIN_KEY, &format!("PUT {account_path}"), account_body("taken", "tenant"))
            .await
            .0,
        409
    );
    assert_eq!(
        api.call(ADMIN_KEY, &format!("PUT {account_path}"), account_body("renamed", "tenant"))
            .await
            .0,
        204
    );
    let call = api
        .call_in_scope(
            ADMIN_KEY,
            Some(&api.project_uid()),
            &format!("DELETE {account_path}"),
            Value::Null,
        )
        .await;
    assert_eq!(call.0, 403, "a request in a project cannot delete an account of the tenant");
    assert_eq!(api.call(ADMIN_KEY, &format!("DELETE {account_path}"), Value::Null).await.0, 204);
    assert_eq!(api.call(ADMIN_KEY, &format!("GET {account_path}"), Value::Null).await.0, 404);
}
