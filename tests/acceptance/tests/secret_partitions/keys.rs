//! F14, F16, F72: keys of a user, with the authorities that sign AWS's endpoints.

use acceptance::{Stage, enclave::portal, with};
use local_cloud::certificates::{Chain, Wish};
use serde_json::json;

use crate::way::{Way, play};

#[tokio::test]
async fn f14_keys_that_aws_does_not_take_are_told_apart_from_all_else() {
    play(&[Way::Keys], |stage: Stage, way: Way| async move {
        let customer = stage.customer();
        let good = way.request(&stage, customer, "prod");
        for wrong in [
            json!({"accessKeyId": "AKIAIOSFODNN7EXAMPLE"}),
            json!({"secretAccessKey": "x".repeat(40)}),
        ] {
            let report = way.blocked(&stage, &with(good.clone(), &wrong)).await;
            assert_eq!(report.failed(), ["aws.identity-valid"], "{wrong}");
            report.assert_check("palette.validation", "not-applicable", "", "");
        }
        let session = json!({"accessKeyId": customer.role.session("portal").id});
        let refused = way.register(&stage, &with(good.clone(), &session)).await;
        refused.assert_status(400);
        assert_eq!(refused.pointers(), ["/accessKeyId"]);
        customer.deactivate_keys();
        way.blocked(&stage, &good).await.assert_check("aws.identity-valid", "failed", "", "active");
        customer.activate_keys();
        way.registered(&stage, &good).await;
    })
    .await;
}

#[tokio::test]
async fn f16_keys_must_be_those_of_an_iam_user() {
    play(&[Way::Keys], |stage: Stage, way: Way| async move {
        let root = stage.customer().account.root_keys();
        let keys = json!({"accessKeyId": root.id, "secretAccessKey": root.secret});
        let request = with(way.request(&stage, stage.customer(), "prod"), &keys);
        let report = way.blocked(&stage, &request).await;
        assert_eq!(report.failed(), ["aws.identity-is-user"]);
        report.assert_check("aws.identity-is-user", "failed", "root user", "create an IAM user");
    })
    .await;
}

#[tokio::test]
async fn f72_the_certification_authority_is_required_and_must_be_one() {
    play(&[Way::Keys], |stage: Stage, way: Way| async move {
        let good = way.request(&stage, stage.customer(), "prod");
        let mut without = good.clone();
        without.as_object_mut().expect("members").remove("certificateAuthority");
        let refused = way.register(&stage, &without).await;
        refused.assert_status(400);
        assert_eq!(refused.pointers(), ["/certificateAuthority"]);
        let chain = Chain::new("Another Authority");
        let leaf = chain.issue(&Wish::server());
        for (pem, rule) in [
            (String::new(), "must be the certificates"),
            ("none".to_owned(), "no -----BEGIN"),
            (leaf.certificate.clone(), "CA:TRUE"),
            (leaf.key.clone(), "private key"),
        ] {
            let refused = way
                .register(&stage, &with(good.clone(), &json!({"certificateAuthority": pem})))
                .await;
            refused.assert_status(400);
            assert_eq!(refused.pointers(), ["/certificateAuthority"]);
            assert!(refused.text_at("/errors/0/detail").contains(rule), "{:#}", refused.body);
        }
        let dead = Chain::of(
            &Wish::authority("Old Root").days(-900, -3),
            &Wish::authority("Old").days(-800, -2),
        );
        let old = with(good.clone(), &json!({"certificateAuthority": dead.pem()}));
        way.blocked(&stage, &old).await.assert_check(
            "certificates.authority-valid",
            "failed",
            "expired",
            "administrator",
        );
        let soon = Chain::of(&Wish::authority("Root"), &Wish::authority("Short").days(-800, 20));
        let soon = with(good.clone(), &json!({"certificateAuthority": soon.pem()}));
        let report = way.validate(&stage, &soon).await;
        report.assert_check(
            "certificates.authority-lasts",
            "failed",
            "Short expires on",
            "PUT the account",
        );
        assert_eq!(report.check("certificates.authority-lasts")["severity"], "warning");
        let part = with(
            good,
            &json!({"certificateAuthority": portal(stage.realm()).chain().intermediate_pem()}),
        );
        way.validate(&stage, &part).await.assert_check(
            "certificates.authority-whole",
            "failed",
            "Root",
            "whole chain",
        );
        stage.assert_untouched();
    })
    .await;
}

#[tokio::test]
async fn f72_over_tls_the_authority_must_be_the_one_that_signs_aws_there() {
    for partition in acceptance::enclave::ENCLAVES {
        let stage = Stage::over_tls(partition).await;
        let way = Way::Keys;
        let good = way.request(&stage, stage.customer(), "prod");
        let another =
            with(good.clone(), &json!({"certificateAuthority": portal(stage.realm()).ca_pem()}));
        let report = way.blocked(&stage, &another).await;
        report.assert_check(
            "certificates.authority-signs-aws",
            "failed",
            "UnknownIssuer",
            "root and intermediates",
        );
        report.assert_check("aws.identity-valid", "passed", "", "");
        report.assert_check("palette.validation", "failed", "RequestError", "");
        let receipt = way.registered(&stage, &good).await;
        receipt.assert_check(
            "certificates.authority-signs-aws",
            "passed",
            "trusted by them alone",
            "",
        );
    }
}
