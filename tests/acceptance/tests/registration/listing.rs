//! Lists and single accounts: page by page, every account once, nothing secret.

use std::collections::BTreeSet;

use acceptance::{PARTITIONS, Stage};
use gangway_model::Partition;
use local_cloud::palette::Account;
use serde_json::{Value, json};

use crate::scene::Way;

/// As somebody would have made it on Palette's own page.
pub(crate) fn by_hand(stage: &Stage, project: Option<String>, spec: &Value, name: &str) -> String {
    let mut records = stage.cloud().palette().records();
    let (uid, tenant) = (records.fresh_uid(), records.tenants[0].uid.clone());
    let scope = if project.is_some() { "project" } else { "tenant" };
    let metadata = json!({"name": name, "annotations": {"scope": scope, "overlordUid": ""}});
    let body = json!({"metadata": metadata, "spec": spec});
    let account =
        Account { uid: uid.clone(), tenant, project, body, in_use: false, refreshed: None };
    records.accounts.push(account);
    uid
}

#[tokio::test]
async fn every_account_is_on_one_page_and_the_pages_end() {
    let stage = Stage::start(Partition::Aws).await;
    let spec = Way::Role.request(stage.customer(), "x");
    let spec = json!({"credentialType": "sts", "partition": "aws", "policyARNs": [],
        "sts": {"arn": spec["roleArn"]}});
    let project = stage.cloud().palette().records().tenants[0].projects[0].uid.clone();
    let mut uids = BTreeSet::new();
    for number in 0..120 {
        uids.insert(by_hand(&stage, None, &spec, &format!("account-{number}")));
    }
    by_hand(&stage, Some(project.clone()), &spec, "of-the-project");
    // Limit, pages, and accounts on the first of them.
    for (limit, pages, first) in [("", 3, 50), ("limit=50", 3, 50), ("limit=37", 4, 37)] {
        stage.realm().functions.kill();
        let (mut seen, mut next, mut count) = (BTreeSet::new(), String::new(), 0);
        loop {
            let list = stage.get(&format!("/v1/accounts?{limit}{next}")).await;
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
    let list = stage.get(&format!("/v1/accounts?project={project}&limit=1")).await;
    assert_eq!(list.body["accounts"].as_array().map(Vec::len), Some(1), "{}", list.text);
    for limit in ["0", "51", "-1", "many", ""] {
        let refused = stage.get(&format!("/v1/accounts?limit={limit}")).await;
        assert!([400, 422].contains(&refused.status), "{limit}: {}", refused.text);
        assert_eq!(refused.text_at("/errors/0/pointer"), "/limit", "{}", refused.text);
    }
}

#[tokio::test]
async fn accounts_are_shown_without_what_is_secret() {
    for stage in Stage::of_one_world(&PARTITIONS).await {
        for (way, name) in [(Way::Keys, "with-keys"), (Way::Role, "with-role")] {
            let name = &format!("{name}-{}", stage.partition());
            let receipt = stage.post(&way.path(), &way.request(stage.customer(), name)).await;
            let path = format!("/v1/accounts/{}", receipt.uid());
            let shown = stage.get(&path).await;
            let expected = [
                ("uid", receipt.uid()),
                ("name", name),
                ("partition", stage.partition().id()),
                ("method", way.method()),
                ("awsAccountId", stage.customer().account.id()),
                ("scope", "tenant"),
                ("permissionProfile", "core-eks"),
            ];
            for (member, value) in expected {
                assert_eq!(shown.body[member], value, "{}", shown.text);
            }
            let list = stage.get("/v1/accounts").await;
            let listed = list.body["accounts"].as_array().expect("accounts");
            assert!(listed.contains(&shown.body), "{}", list.text);
            let secret = &stage.customer().keys.secret;
            for text in [&receipt.text, &shown.text, &list.text, &stage.logs()] {
                assert!(!text.contains(secret), "{text}");
            }
        }
        assert_eq!(stage.get("/v1/accounts/65f000ffffffffffffffffff").await.status, 404);
    }
}
