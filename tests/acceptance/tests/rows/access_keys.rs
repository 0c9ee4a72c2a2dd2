//! Access keys are checked, and so is the IAM user that they belong to.

use acceptance::{PARTITIONS, TestApp, with};
use serde_json::{Value, json};

use gangway_model::AuthMethod;

/// The secret access key that AWS's documentation uses as an example.
const SAMPLE_SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// Acceptance rows: F14.
#[tokio::test]
async fn malformed_keys_are_rejected_before_any_call() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let good = app.request(AuthMethod::StaticCredentials, app.customer(), "prod");
        let session = app.customer().role.session("portal").id;
        for (member, value, rule) in [
            ("accessKeyId", json!("AKIA"), "16 to 128"),
            ("accessKeyId", json!(" AKIAIOSFODNN7EXAMPLE"), "white space"),
            ("accessKeyId", json!("AKIAIOSFODNN7EXAMPLE\n"), "white space"),
            ("accessKeyId", json!(session), "temporary"),
            ("accessKeyId", Value::Null, "must be a string"),
            ("secretAccessKey", json!("short"), "16 to 128"),
            ("secretAccessKey", json!(format!("{SAMPLE_SECRET} ")), "white space"),
            ("secretAccessKey", json!(7), "must be a string"),
        ] {
            let mut request = good.clone();
            request[member] = value;
            let refused = app.register(AuthMethod::StaticCredentials, &request).await;
            refused.assert_status(400);
            assert_eq!(refused.pointers(), [format!("/{member}")], "{rule}");
            assert!(refused.text_at("/errors/0/detail").contains(rule), "{:#}", refused.body);
            assert!(!refused.text.contains(SAMPLE_SECRET), "{}", refused.text);
        }
        assert_eq!(app.cloud().calls().count("sts", "GetCallerIdentity"), 0);
        app.assert_untouched();
    }
}

/// Acceptance rows: F14.
#[tokio::test]
async fn keys_that_aws_rejects_are_reported_precisely() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let customer = app.customer();
        let good = app.request(AuthMethod::StaticCredentials, customer, "prod");
        for wrong in [
            json!({"accessKeyId": "AKIAIOSFODNN7EXAMPLE"}),
            json!({"secretAccessKey": SAMPLE_SECRET}),
            json!({"secretAccessKey": app.second_customer().keys.secret}),
        ] {
            let report = app
                .assert_blocked(AuthMethod::StaticCredentials, &with(good.clone(), &wrong))
                .await;
            assert_eq!(report.failed(), ["aws.identity-valid"], "{wrong}");
            report.assert_check("aws.identity-valid", "failed", "", "create a new access key");
            // Checks that need valid keys have no result.
            report.assert_check("aws.identity-is-user", "unverified", "", "aws.identity-valid");
            report.assert_check("palette.validation", "not-applicable", "", "");
            assert_eq!(report.text_at("/awsAccountId"), "");
        }
        customer.deactivate_access_key();
        let report = app.assert_blocked(AuthMethod::StaticCredentials, &good).await;
        report.assert_check("aws.identity-valid", "failed", "", "active");
        customer.activate_access_key();
        app.assert_registered(AuthMethod::StaticCredentials, &good).await;
    }
}

/// Acceptance rows: F14.
#[tokio::test]
async fn keys_of_another_partition_are_rejected() {
    let apps = TestApp::start_all(&PARTITIONS).await;
    let [aws, gov] = apps.as_slice() else { panic!("two partitions") };
    for (here, there) in [(aws, gov), (gov, aws)] {
        let report = here
            .assert_blocked(
                AuthMethod::StaticCredentials,
                &there.request(AuthMethod::StaticCredentials, there.customer(), "prod"),
            )
            .await;
        let partition = here.partition().id();
        report.assert_check("aws.identity-valid", "failed", "", partition);
        here.assert_untouched();
    }
}

/// Acceptance rows: F14.
#[tokio::test]
async fn keys_can_be_supplied_by_secret_arn() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let customer = app.customer();
        let keys =
            json!({"accessKeyId": customer.keys.id, "secretAccessKey": customer.keys.secret});
        let arn =
            app.deployment().put_secret("gangway/incoming/tenant/prod", &keys.to_string()).await;
        let request = json!({"name": "prod", "secretArn": arn});
        let receipt = app.assert_registered(AuthMethod::StaticCredentials, &request).await;
        assert!(!receipt.text.contains(&customer.keys.secret));
        let both = with(request, &json!({"accessKeyId": customer.keys.id}));
        let refused = app.register(AuthMethod::StaticCredentials, &both).await;
        refused.assert_status(400);
        assert_eq!(refused.pointers(), ["/accessKeyId"]);
        for invalid in ["no JSON", "[]", "{\"accessKeyId\": \"AKIAIOSFODNN7EXAMPLE\"}"] {
            let arn =
                app.deployment().put_secret("gangway/incoming/tenant/nonsense", invalid).await;
            let refused = app
                .register(
                    AuthMethod::StaticCredentials,
                    &json!({"name": "other", "secretArn": arn}),
                )
                .await;
            refused.assert_status(422);
            assert_eq!(refused.pointers(), ["/secretArn"], "{invalid}");
        }
        assert_eq!(app.account_names(), ["prod"]);
    }
}

/// Acceptance rows: F16.
#[tokio::test]
async fn keys_must_belong_to_an_iam_user() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let root = app.customer().account.create_root_access_key();
        let request =
            json!({"name": "prod", "accessKeyId": root.id, "secretAccessKey": root.secret});
        let report = app.assert_blocked(AuthMethod::StaticCredentials, &request).await;
        assert_eq!(report.failed(), ["aws.identity-is-user"]);
        report.assert_check("aws.identity-is-user", "failed", "root user", "create an IAM user");
        report.assert_check(
            "iam.actions-allowed",
            "unverified",
            "",
            "fix the failed checks of the keys first",
        );
        let gone = app.request(AuthMethod::StaticCredentials, app.second_customer(), "prod");
        app.second_customer().user.clone().delete();
        let report = app.assert_blocked(AuthMethod::StaticCredentials, &gone).await;
        report.assert_check("aws.identity-valid", "failed", "", "create a new access key");
        let good = app.request(AuthMethod::StaticCredentials, app.customer(), "prod");
        let receipt = app.assert_registered(AuthMethod::StaticCredentials, &good).await;
        receipt.assert_check("aws.identity-is-user", "passed", "user palette", "");
    }
}

/// Acceptance rows: F16.
#[tokio::test]
async fn an_old_key_is_a_warning() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let customer = app.customer();
        customer.user.set_key_age(&customer.keys, 400);
        let receipt = app
            .assert_registered(
                AuthMethod::StaticCredentials,
                &app.request(AuthMethod::StaticCredentials, customer, "prod"),
            )
            .await;
        receipt.assert_check("iam.key-age", "failed", "400 days", "create a new access key");
        assert_eq!(receipt.check("iam.key-age")["severity"], "warning");
    }
}
