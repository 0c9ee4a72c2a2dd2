//! `GET` of account lists and of single accounts: each account is on one page, and no secret is
//! shown.

use std::collections::BTreeSet;

use acceptance::{PARTITIONS, TestApp, methods::route};
use gangway_model::{AuthMethod, Partition};
use local_cloud::palette::Account;
use serde_json::{Value, json};

/// Creates an account in Palette without Gangway, as Palette's console does. Returns its uid.
pub(crate) fn create_in_palette(
    app: &TestApp,
    project: Option<String>,
    spec: &Value,
    name: &str,
) -> String {
    let mut records = app.cloud().palette().records();
    let (uid, tenant) = (records.new_uid(), records.tenants[0].uid.clone());
    let scope = if project.is_some() { "project" } else { "tenant" };
    let metadata = json!({"name": name, "annotations": {"scope": scope, "overlordUid": ""}});
    let body = json!({"metadata": metadata, "spec": spec});
    let account =
        Account { uid: uid.clone(), tenant, project, body, in_use: false, portal_token: None };
    records.accounts.push(account);
    uid
}

#[tokio::test]
async fn every_account_is_on_exactly_one_page() {
    let app = TestApp::start(Partition::Aws).await;
    let spec = app.request(AuthMethod::Sts, app.customer(), "x");
    let spec = json!({"credentialType": "sts", "partition": "aws", "policyARNs": [],
        "sts": {"arn": spec["roleArn"]}});
    let project = app.cloud().palette().records().tenants[0].projects[0].uid.clone();
    let mut uids = BTreeSet::new();
    for number in 0..120 {
        uids.insert(create_in_palette(&app, None, &spec, &format!("account-{number}")));
    }
    create_in_palette(&app, Some(project.clone()), &spec, "of-the-project");
    // The query, the number of pages, and the number of accounts on the first page.
    for (limit, pages, first) in [("", 3, 50), ("limit=50", 3, 50), ("limit=37", 4, 37)] {
        app.deployment().functions.stop_idle_instances();
        let (mut seen, mut next, mut count) = (BTreeSet::new(), String::new(), 0);
        loop {
            let list = app.get(&format!("/v1/tenant/accounts?{limit}{next}")).await;
            assert_eq!(list.status, 200, "{}", list.text);
            let accounts = list.body["accounts"].as_array().expect("accounts");
            assert!(count > 0 || accounts.len() == first, "{}", accounts.len());
            for account in accounts {
                assert!(seen.insert(account["uid"].as_str().expect("a uid").to_owned()), "twice");
            }
            count += 1;
            match list.text_at("/next") {
                "" => break,
                token => next = format!("&next={token}"),
            }
        }
        assert_eq!((count, &seen), (pages, &uids), "{limit}");
    }
    // Palette lists the tenant's accounts in the project as well.
    let mut next = String::new();
    let mut names = Vec::new();
    loop {
        let list = app.get(&format!("/v1/projects/{project}/accounts?limit=50{next}")).await;
        let accounts = list.body["accounts"].as_array().expect("accounts");
        names.extend(accounts.iter().map(|account| account["name"].clone()));
        match list.text_at("/next") {
            "" => break,
            token => next = format!("&next={token}"),
        }
    }
    assert_eq!(names, ["of-the-project"]);
    for limit in ["0", "51", "-1", "many", ""] {
        let refused = app.get(&format!("/v1/tenant/accounts?limit={limit}")).await;
        assert!([400, 422].contains(&refused.status), "{limit}: {}", refused.text);
        assert_eq!(refused.text_at("/errors/0/pointer"), "/limit", "{}", refused.text);
    }
}

#[tokio::test]
async fn accounts_are_listed_without_secrets() {
    for app in TestApp::start_all(&PARTITIONS).await {
        for (method, name) in
            [(AuthMethod::StaticCredentials, "with-keys"), (AuthMethod::Sts, "with-role")]
        {
            let name = &format!("{name}-{}", app.partition());
            let receipt =
                app.post(&route(method), &app.request(method, app.customer(), name)).await;
            let path = format!("/v1/tenant/accounts/{}", receipt.uid());
            let shown = app.get(&path).await;
            let expected = [
                ("uid", receipt.uid()),
                ("name", name),
                ("partition", app.partition().id()),
                ("method", method.id()),
                ("awsAccountId", app.customer().account.id()),
                ("scope", "tenant"),
            ];
            for (member, value) in expected {
                assert_eq!(shown.body[member], value, "{}", shown.text);
            }
            let recorded = app.recorded(method, "core-eks");
            assert_eq!(shown.text_at("/permissionProfile"), recorded, "{}", shown.text);
            let list = app.get("/v1/tenant/accounts").await;
            let listed = list.body["accounts"].as_array().expect("accounts");
            assert!(listed.contains(&shown.body), "{}", list.text);
            let secret = &app.customer().keys.secret;
            for text in [&receipt.text, &shown.text, &list.text, &app.logs()] {
                assert!(!text.contains(secret), "{text}");
            }
        }
        assert_eq!(app.get("/v1/tenant/accounts/65f000ffffffffffffffffff").await.status, 404);
    }
}
