//! F01–F03: the tenant's administrator, the list, the way in.

use acceptance::{Stage, text, with};
use local_cloud::{palette::MEMBER_KEY, world::API_KEY_SECRET};
use serde_json::json;

use crate::way::{Way, everywhere};

#[tokio::test]
async fn f01_a_key_of_somebody_who_is_no_tenant_administrator_is_told_as_that() {
    everywhere(|stage: Stage, way: Way| async move {
        stage.realm().keep(API_KEY_SECRET, MEMBER_KEY).await;
        let request = way.request(&stage, stage.customer(), "prod");
        let report = way.blocked(&stage, &request).await;
        report.assert_check("palette.session", "failed", "Palette", "tenant administrator");
        for id in ["palette.name-available", "palette.validation"] {
            assert_ne!(report.check(id)["outcome"], "passed", "{id}");
        }
        stage.get("/v1/accounts").await.assert_status(502);
        stage.assert_untouched();
    })
    .await;
}

#[tokio::test]
async fn f02_f23_a_registered_account_is_listed_and_shown_without_secrets() {
    everywhere(|stage: Stage, way: Way| async move {
        let customer = stage.customer();
        let receipt = way.registered(&stage, &way.request(&stage, customer, "prod")).await;
        receipt.assert_check("palette.account-readable", "passed", "", "");
        let list = stage.get("/v1/accounts").await;
        let shown = stage.get(&format!("/v1/accounts/{}", receipt.uid())).await;
        shown.assert_status(200);
        assert_eq!(list.body["accounts"], json!([shown.body]));
        for (pointer, told) in [
            ("/uid", receipt.uid()),
            ("/name", "prod"),
            ("/method", way.id()),
            ("/partition", stage.partition().id()),
            ("/awsAccountId", customer.account.id()),
            ("/scope", "tenant"),
            ("/permissionProfile", "core-eks"),
            ("/state", "Running"),
        ] {
            assert_eq!(shown.text_at(pointer), told, "{pointer}");
        }
        assert!(!list.text.contains("PRIVATE KEY") && !list.text.contains(&customer.keys.secret));
        stage.delete(&format!("/v1/accounts/{}", receipt.uid())).await.assert_status(204);
        assert_eq!(stage.get("/v1/accounts").await.body["accounts"], json!([]));
        stage.assert_untouched();
    })
    .await;
}

#[tokio::test]
async fn f03_every_member_of_a_request_is_taken_over_http_and_by_event() {
    everywhere(|stage: Stage, way: Way| async move {
        let customer = stage.customer();
        let mut more = json!({
            "description": "Mapping, production",
            "partition": stage.partition().id(),
            "scope": {"project": "Payments"},
            "policyArns": [customer.account.managed("SecurityAudit")],
            "privateCloudGateway": "dc-east",
            "permissionProfile": "core",
        });
        if way == Way::Portal {
            let everything = json!({"Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
            let boundary = customer.account.policy("Ceiling", &everything);
            more = with(more, &json!({"rolePrefix": "TEAM_", "permissionBoundaryArn": boundary}));
        }
        let request = with(way.request(&stage, customer, "prod"), &more);
        let receipt = way.registered(&stage, &request).await;
        let detail = with(way.by_secret(&stage, customer, "prod").await, &more);
        let deliveries = stage.event(&with(detail, &json!({"method": way.id()}))).await;
        let [delivery] = deliveries.as_slice() else { panic!("one function: {deliveries:?}") };
        assert_eq!(delivery.package, way.id());
        let answer = delivery.outcome.as_ref().expect("an answer");
        assert_eq!(text(answer, "outcome"), "unchanged", "{answer:#}");
        assert_eq!(text(answer, "uid"), receipt.uid());
        assert_eq!(stage.in_palette("prod")["metadata"]["annotations"]["scope"], "project");
        assert_eq!(stage.registered(), ["prod"]);
    })
    .await;
}
