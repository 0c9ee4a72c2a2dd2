//! The address of the access portal that Gangway uses, and the one that Palette uses.

use acceptance::{
    TestApp,
    classified::{CLASSIFIED_PARTITIONS, account_member, portal},
    methods::{for_each, for_each_classified},
};
use gangway_model::{AuthMethod, Partition};
use local_cloud::palette::NotFoundCall;
use serde_json::{Value, json};

use crate::tls::invoke_validation;

/// Acceptance rows: F80.
#[tokio::test]
async fn default_portal_address_of_the_partition_is_used() {
    for_each(
        &CLASSIFIED_PARTITIONS,
        &[AuthMethod::Scap],
        |app: TestApp, method: AuthMethod| async move {
            let request = app.request(method, app.customer(), "prod");
            let function = app.deployment().functions.get("scap").expect("the function");
            let bare =
                function.with_environment(&[("GANGWAY_SCAP_URL", None), ("GANGWAY_CAP_URL", None)]);
            let response = invoke_validation(&bare, method, &request).await;
            assert_eq!(response.ready(), Some(true), "{:#}", response.body);
            response.assert_check("portal.trusted", "unverified", "has no address", "GANGWAY_");
            response.assert_check("portal.keys", "passed", "Palette fetched them", "");
            response.assert_check("palette.portal-address", "not-applicable", "Palette's own", "");
            let calls = app
                .cloud()
                .calls()
                .for_operation(portal(app.deployment()).kind().service(), "GetCredentials");
            assert!(
                !calls.is_empty() && calls.iter().all(|call| call.nested),
                "by Palette only: {calls:?}"
            );
        },
    )
    .await;
}

/// Acceptance rows: F74.
#[tokio::test]
async fn account_name_must_be_resolved_before_registration() {
    for_each(
        &CLASSIFIED_PARTITIONS,
        &[AuthMethod::Scap],
        |app: TestApp, method: AuthMethod| async move {
            let request = app.request(method, app.customer(), "prod");
            let function = app.deployment().functions.get("scap").expect("the function");
            let bare =
                function.with_environment(&[("GANGWAY_SCAP_URL", None), ("GANGWAY_CAP_URL", None)]);
            app.cloud().palette().configure(|palette| {
                palette.not_found_calls = &[NotFoundCall::GetPortalCredentials];
            });
            let response = invoke_validation(&bare, method, &request).await;
            response.assert_check("portal.account-known", "failed", "without its 12-digit id", "");
            assert_eq!(response.ready(), Some(false), "{:#}", response.body);
            // The 12-digit id names the AWS account, but Palette cannot validate it without
            // credentials.
            let mut numbered = request.clone();
            numbered[account_member(app.partition())] = json!(app.customer().account.id());
            let response = invoke_validation(&bare, method, &numbered).await;
            response.assert_check(
                "portal.account-known",
                "passed",
                app.customer().account.id(),
                "",
            );
            response.assert_check("portal.keys", "unverified", "cannot fetch keys", "");
            response.assert_check("palette.validation", "failed", "", "set the portal's URL");
            assert_eq!(response.ready(), Some(false), "{:#}", response.body);
        },
    )
    .await;
}

/// Acceptance rows: F81, F82, F83.
#[tokio::test]
async fn palette_endpoint_variable_is_named_in_a_warning() {
    for_each_classified(|app: TestApp, method: AuthMethod| async move {
        let request = app.request(method, app.customer(), "prod");
        // T1: as Palette's documents have it, the names seem exchanged.
        let (documented, other) = match app.partition() {
            Partition::AwsIso => ("CUSTOM_ISOB_URL", "CUSTOM_ISO_URL"),
            Partition::Aws | Partition::AwsUsGov | Partition::AwsIsoB => {
                ("CUSTOM_ISO_URL", "CUSTOM_ISOB_URL")
            }
        };
        let seen = app.validate(method, &request).await;
        seen.assert_check("palette.portal-address", "unverified", "does not return the URL of its portal", &format!("variable {documented} "));
        let found = seen.check("palette.portal-address");
        assert_eq!((&found["severity"], &found["covers"]), (&json!("warning"), &json!(["X14"])));
        for words in [
            "kubectl --namespace hubble-system get deploy cloud --output jsonpath='{.spec.template.spec.containers[*].env}'",
            &format!("set env deployment/cloud {documented}=\""),
            "Configure Endpoints",
            "exchange the names",
        ] {
            seen.assert_check("palette.portal-address", "unverified", "", words);
        }
        let function = app.deployment().functions.get(method.id()).expect("the function");
        let pairs = format!("{}={other}", app.partition());
        let corrected = function.with_environment(&[("GANGWAY_PALETTE_PORTAL_ENV_VARS", Some(&pairs))]);
        let seen = invoke_validation(&corrected, method, &request).await;
        seen.assert_check("palette.portal-address", "unverified", "", &format!("variable {other} "));
        // Gangway reads the address that the operator has set in Palette's system console.
        let set = |address: &str| {
            let partitions: Value = json!({app.partition().id(): {"credentialsEndpoint": address}});
            app.cloud().palette().records().endpoints = json!({"partitions": partitions});
        };
        set(&portal(app.deployment()).url());
        app.validate(method, &request).await.assert_check("palette.portal-address", "passed", "both use", "");
        set("https://portal.example.test/other");
        let seen = app.validate(method, &request).await;
        seen.assert_check("palette.portal-address", "failed", "portal.example.test", "Configure Endpoints");
    })
    .await;
}
