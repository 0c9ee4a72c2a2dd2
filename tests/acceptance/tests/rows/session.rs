//! F01–F03: the tenant's administrator, the list, the way in.

use acceptance::{PARTITIONS, Stage};
use local_cloud::{
    palette::{ADMIN_KEY, MEMBER_KEY, RefusedKey},
    world::API_KEY_SECRET,
};
use serde_json::{Value, json};

use crate::way::{BOTH, Way, in_palette, with};

#[tokio::test]
async fn f01_a_key_of_somebody_who_is_no_tenant_administrator_is_told_as_that() {
    for partition in PARTITIONS {
        let stage = Stage::start(partition).await;
        stage.realm().keep(API_KEY_SECRET, MEMBER_KEY).await;
        for way in BOTH {
            let more = json!({"privateCloudGateway": "dc-east"});
            let request = with(way.request(stage.customer(), "prod"), &more);
            let report = way.blocked(&stage, &request).await;
            report.assert_check("palette.session", "failed", "Palette", "tenant administrator");
            assert_eq!(report.check("palette.session")["severity"], "blocker");
            // What Palette did not show is not said to be well.
            for id in ["palette.name-available", "palette.gateway-registered", "palette.validation"]
            {
                assert_ne!(report.check(id)["outcome"], "passed", "{id}");
            }
            assert_eq!(report.check("palette.session")["covers"], json!(["C01"]));
        }
        let list = stage.get("/v1/accounts").await;
        list.assert_status(502);
        assert_eq!(list.text_at("/type"), "urn:gangway:problem:upstream-denied");
        stage.assert_untouched();
    }
}

#[tokio::test]
async fn f01_a_key_that_palette_does_not_know_is_told_and_a_new_one_is_used_at_once() {
    for partition in PARTITIONS {
        for (way, refused_key) in
            BOTH.into_iter().zip([RefusedKey::Unauthorized, RefusedKey::NotFoundWithKey])
        {
            let stage = Stage::start(partition).await;
            stage.cloud().palette().behave(|behaviour| behaviour.refused_key = refused_key);
            stage.realm().keep(API_KEY_SECRET, "pk-of-nobody-0123456789").await;
            let request = way.request(stage.customer(), "prod");
            let report = way.blocked(&stage, &request).await;
            report.assert_check("palette.session", "failed", "Palette", "PALETTE_API_KEY_SECRET");
            assert!(!report.text.contains("pk-of-nobody"), "{}", report.text);
            assert!(!stage.logs().contains("pk-of-nobody"));
            // The same instance, which holds the old key.
            stage.realm().keep(API_KEY_SECRET, ADMIN_KEY).await;
            let starts =
                stage.realm().functions.get(way.id()).map(|function| function.starts().len());
            let receipt = stage.post(&way.route(), &request).await;
            receipt.assert_status(201);
            let now = stage.realm().functions.get(way.id()).map(|function| function.starts().len());
            assert_eq!(now, starts, "a new instance");
        }
    }
}

#[tokio::test]
async fn f02_the_tenants_accounts_are_listed_page_by_page_without_secrets() {
    for partition in PARTITIONS {
        let stage = Stage::start(partition).await;
        let (first, second) = (stage.customer(), stage.neighbour());
        let empty = stage.get("/v1/accounts").await;
        empty.assert_status(200);
        assert_eq!(empty.body, json!({"accounts": []}));
        Way::Keys.registered(&stage, &Way::Keys.request(first, "one")).await;
        Way::Role.registered(&stage, &Way::Role.request(second, "two")).await;
        let all = stage.get("/v1/accounts").await;
        all.assert_status(200);
        assert_eq!(names(&all.body), ["one", "two"]);
        assert!(!all.text.contains(&first.keys.secret), "{}", all.text);
        let page = stage.get("/v1/accounts?limit=1").await;
        assert_eq!(names(&page.body), ["one"]);
        let next = page.text_at("/next");
        assert!(!next.is_empty(), "{:#}", page.body);
        let rest = stage.get(&format!("/v1/accounts?limit=1&next={next}")).await;
        assert_eq!(names(&rest.body), ["two"]);
        assert_eq!(rest.text_at("/next"), "");
        let nonsense = stage.get("/v1/accounts?limit=51").await;
        assert!([400, 422].contains(&nonsense.status), "{nonsense:?}");
        assert_eq!(nonsense.pointers(), ["/limit"]);
    }
}

#[tokio::test]
async fn f03_every_member_of_a_request_is_taken_over_http_and_by_event() {
    for partition in PARTITIONS {
        for way in BOTH {
            let stage = Stage::start(partition).await;
            let customer = stage.customer();
            let policy = customer.account.managed("SecurityAudit");
            let more = json!({
                "description": "Payments, production",
                "partition": partition.id(),
                "scope": {"project": "Payments"},
                "policyArns": [policy],
                "privateCloudGateway": "dc-east",
                "permissionProfile": "core",
            });
            let request = with(way.request(customer, "prod"), &more);
            let receipt = way.registered(&stage, &request).await;
            let again = stage.event(&event(way, &stage, request).await).await;
            let [delivery] = again.as_slice() else { panic!("one function: {again:?}") };
            assert_eq!(delivery.package, way.id());
            let answer = delivery.outcome.as_ref().expect("an answer");
            assert_eq!(answer["outcome"], "unchanged", "{answer:#}");
            assert_eq!(answer["uid"], receipt.uid());
            let body = in_palette(&stage, "prod");
            assert_eq!(body["metadata"]["annotations"]["scope"], "project");
            assert_eq!(stage.registered(), ["prod"]);
        }
    }
}

/// The same request as the detail of an event: keys come by secret.
async fn event(way: Way, stage: &Stage, request: Value) -> Value {
    let mut detail = with(request, &json!({"method": way.id()}));
    if way == Way::Keys {
        let members = detail.as_object_mut().expect("an object");
        let keys = ["accessKeyId", "secretAccessKey"]
            .map(|name| (name.to_owned(), members.remove(name).unwrap_or_default()));
        let keys: Value = serde_json::Map::from_iter(keys).into();
        let arn = stage.realm().keep("gangway/incoming/prod", &keys.to_string()).await;
        members.insert("secretArn".to_owned(), arn.into());
    }
    detail
}

pub(crate) fn names(list: &Value) -> Vec<&str> {
    let accounts = list["accounts"].as_array().map(Vec::as_slice).unwrap_or_default();
    accounts.iter().map(|account| acceptance::text(account, "name")).collect()
}
