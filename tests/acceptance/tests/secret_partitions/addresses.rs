//! F80–F83: where the portal is, for Gangway and for Palette.

use acceptance::{
    Stage,
    enclave::{account_member, portal},
};
use gangway_model::Partition;
use local_cloud::palette::Concealed;
use serde_json::{Value, json};

use crate::{
    tls::report,
    way::{Way, everywhere, play},
};

#[tokio::test]
async fn f80_without_an_address_palettes_own_for_the_partition_is_used() {
    play(&[Way::Portal], |stage: Stage, way: Way| async move {
        let request = way.request(&stage, stage.customer(), "prod");
        let function = stage.realm().functions.get("scap").expect("the function");
        let bare =
            function.in_environment(&[("GANGWAY_SCAP_URL", None), ("GANGWAY_CAP_URL", None)]);
        let answer = report(&bare, way, &request).await;
        assert_eq!(answer.ready(), Some(true), "{:#}", answer.body);
        answer.assert_check("portal.trusted", "unverified", "knows no address", "GANGWAY_");
        answer.assert_check("portal.keys", "passed", "Palette fetched them", "");
        answer.assert_check("palette.portal-address", "not-applicable", "Palette's own", "");
        let calls =
            stage.cloud().calls().of(portal(stage.realm()).kind().service(), "GetCredentials");
        assert!(
            !calls.is_empty() && calls.iter().all(|call| call.nested),
            "by Palette only: {calls:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn f74_an_account_that_is_called_by_a_name_has_to_be_made_out_before_it_is_registered() {
    play(&[Way::Portal], |stage: Stage, way: Way| async move {
        let request = way.request(&stage, stage.customer(), "prod");
        let function = stage.realm().functions.get("scap").expect("the function");
        let bare =
            function.in_environment(&[("GANGWAY_SCAP_URL", None), ("GANGWAY_CAP_URL", None)]);
        stage.cloud().palette().behave(|palette| palette.conceals = &[Concealed::Portal]);
        let answer = report(&bare, way, &request).await;
        let by_number = request[account_member(stage.partition())]
            .as_str()
            .is_some_and(|account| account.bytes().all(|byte| byte.is_ascii_digit()));
        let known = if by_number { "passed" } else { "failed" };
        answer.assert_check("portal.account-known", known, "", "");
        assert_eq!(answer.ready(), Some(by_number), "{:#}", answer.body);
        let mut named = request.clone();
        named[account_member(stage.partition())] = json!("payments");
        let answer = report(&bare, way, &named).await;
        assert_eq!(answer.ready(), Some(false), "{:#}", answer.body);
    })
    .await;
}

#[tokio::test]
async fn f81_f82_f83_the_variable_of_palettes_deployment_is_named_with_a_warning_and_can_be_corrected()
 {
    everywhere(|stage: Stage, way: Way| async move {
        let request = way.request(&stage, stage.customer(), "prod");
        // T1: as Palette's documents have it, the names seem exchanged.
        let (documented, other) = match stage.partition() {
            Partition::AwsIso => ("CUSTOM_ISOB_URL", "CUSTOM_ISO_URL"),
            Partition::Aws | Partition::AwsUsGov | Partition::AwsIsoB => {
                ("CUSTOM_ISO_URL", "CUSTOM_ISOB_URL")
            }
        };
        let seen = way.validate(&stage, &request).await;
        seen.assert_check("palette.portal-address", "unverified", "does not tell", &format!("variable {documented} "));
        let found = seen.check("palette.portal-address");
        assert_eq!((&found["severity"], &found["covers"]), (&json!("warning"), &json!(["X14"])));
        for words in [
            "kubectl -n hubble-system get deploy cloud -o jsonpath='{.spec.template.spec.containers[*].env}'",
            "Configure Endpoints",
            "exchange the names",
        ] {
            seen.assert_check("palette.portal-address", "unverified", "", words);
        }
        let function = stage.realm().functions.get(way.id()).expect("the function");
        let pairs = format!("{}={other}", stage.partition());
        let corrected = function.in_environment(&[("GANGWAY_PALETTE_PORTAL_ENV_VARS", Some(&pairs))]);
        let seen = report(&corrected, way, &request).await;
        seen.assert_check("palette.portal-address", "unverified", "", &format!("variable {other} "));
        // What the operator has set in the system console is seen without a cluster.
        let set = |address: &str| {
            let partitions: Value = json!({stage.partition().id(): {"credentialsEndpoint": address}});
            stage.cloud().palette().records().endpoints = json!({"partitions": partitions});
        };
        set(&portal(stage.realm()).url());
        way.validate(&stage, &request).await.assert_check("palette.portal-address", "passed", "both ask", "");
        set("https://portal.example.test/other");
        let seen = way.validate(&stage, &request).await;
        seen.assert_check("palette.portal-address", "failed", "portal.example.test", "Configure Endpoints");
    })
    .await;
}
