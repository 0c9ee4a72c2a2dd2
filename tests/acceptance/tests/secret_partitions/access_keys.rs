//! Access keys, with the CA certificates of the AWS endpoints.

use acceptance::{
    TestApp,
    classified::{CLASSIFIED_PARTITIONS, portal},
    methods::for_each,
    with,
};
use local_cloud::certificates::{CertificateIssuer, CertificateSpec};
use serde_json::json;

use gangway_model::AuthMethod;

/// Acceptance rows: F14.
#[tokio::test]
async fn keys_that_aws_rejects_are_reported_precisely() {
    for_each(
        &CLASSIFIED_PARTITIONS,
        &[AuthMethod::StaticCredentials],
        |app: TestApp, method: AuthMethod| async move {
            let customer = app.customer();
            let good = app.request(method, customer, "prod");
            for wrong in [
                json!({"accessKeyId": "AKIAIOSFODNN7EXAMPLE"}),
                json!({"secretAccessKey": "x".repeat(40)}),
            ] {
                let report = app.assert_blocked(method, &with(good.clone(), &wrong)).await;
                assert_eq!(report.failed(), ["aws.identity-valid"], "{wrong}");
                report.assert_check("palette.validation", "not-applicable", "", "");
            }
            let session = json!({"accessKeyId": customer.role.session("portal").id});
            let refused = app.register(method, &with(good.clone(), &session)).await;
            refused.assert_status(400);
            assert_eq!(refused.pointers(), ["/accessKeyId"]);
            customer.deactivate_access_key();
            app.assert_blocked(method, &good).await.assert_check(
                "aws.identity-valid",
                "failed",
                "",
                "active",
            );
            customer.activate_access_key();
            app.assert_registered(method, &good).await;
        },
    )
    .await;
}

/// Acceptance rows: F16.
#[tokio::test]
async fn keys_must_belong_to_an_iam_user() {
    for_each(
        &CLASSIFIED_PARTITIONS,
        &[AuthMethod::StaticCredentials],
        |app: TestApp, method: AuthMethod| async move {
            let root = app.customer().account.create_root_access_key();
            let keys = json!({"accessKeyId": root.id, "secretAccessKey": root.secret});
            let request = with(app.request(method, app.customer(), "prod"), &keys);
            let report = app.assert_blocked(method, &request).await;
            assert_eq!(report.failed(), ["aws.identity-is-user"]);
            report.assert_check(
                "aws.identity-is-user",
                "failed",
                "root user",
                "create an IAM user",
            );
        },
    )
    .await;
}

/// Acceptance rows: F72.
#[tokio::test]
async fn ca_certificate_is_required_and_must_be_valid() {
    for_each(
        &CLASSIFIED_PARTITIONS,
        &[AuthMethod::StaticCredentials],
        |app: TestApp, method: AuthMethod| async move {
            let good = app.request(method, app.customer(), "prod");
            let mut without = good.clone();
            without.as_object_mut().expect("members").remove("certificateAuthority");
            let refused = app.register(method, &without).await;
            refused.assert_status(400);
            assert_eq!(refused.pointers(), ["/certificateAuthority"]);
            let chain = CertificateIssuer::new("Another CA");
            let leaf = chain.issue(&CertificateSpec::server());
            for (pem, rule) in [
                (String::new(), "must be the CA certificates"),
                ("none".to_owned(), "no -----BEGIN"),
                (leaf.certificate.clone(), "CA:TRUE"),
                (leaf.key.clone(), "private key"),
            ] {
                let refused = app
                    .register(method, &with(good.clone(), &json!({"certificateAuthority": pem})))
                    .await;
                refused.assert_status(400);
                assert_eq!(refused.pointers(), ["/certificateAuthority"]);
                assert!(refused.text_at("/errors/0/detail").contains(rule), "{:#}", refused.body);
            }
            let dead = CertificateIssuer::from_specs(
                &CertificateSpec::ca("Old Root").with_validity_days(-900, -3),
                &CertificateSpec::ca("Old").with_validity_days(-800, -2),
            );
            let old = with(good.clone(), &json!({"certificateAuthority": dead.pem()}));
            app.assert_blocked(method, &old).await.assert_check(
                "certificates.authority-valid",
                "failed",
                "expired",
                "administrator",
            );
            let soon = CertificateIssuer::from_specs(
                &CertificateSpec::ca("Root"),
                &CertificateSpec::ca("Short").with_validity_days(-800, 20),
            );
            let soon = with(good.clone(), &json!({"certificateAuthority": soon.pem()}));
            let report = app.validate(method, &soon).await;
            report.assert_check(
                "certificates.authority-lasts",
                "failed",
                "Short expires on",
                "PUT the account",
            );
            assert_eq!(report.check("certificates.authority-lasts")["severity"], "warning");
            let part = with(
                good,
                &json!({"certificateAuthority": portal(app.deployment()).chain().intermediate_pem()}),
            );
            app.validate(method, &part).await.assert_check(
                "certificates.authority-whole",
                "failed",
                "Root",
                "whole chain",
            );
            app.assert_untouched();
        },
    )
    .await;
}

/// Acceptance rows: F72.
#[tokio::test]
async fn ca_certificate_must_sign_the_aws_endpoints() {
    for partition in CLASSIFIED_PARTITIONS {
        let app = TestApp::start_with_tls(partition).await;
        let method = AuthMethod::StaticCredentials;
        let good = app.request(method, app.customer(), "prod");
        let another =
            with(good.clone(), &json!({"certificateAuthority": portal(app.deployment()).ca_pem()}));
        let report = app.assert_blocked(method, &another).await;
        report.assert_check(
            "certificates.authority-signs-aws",
            "failed",
            "UnknownIssuer",
            "root and intermediates",
        );
        report.assert_check("aws.identity-valid", "passed", "", "");
        report.assert_check("palette.validation", "failed", "RequestError", "");
        let receipt = app.assert_registered(method, &good).await;
        receipt.assert_check("certificates.authority-signs-aws", "passed", "this chain signs", "");
    }
}
