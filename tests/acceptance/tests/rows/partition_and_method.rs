//! The partition and the credential type that Palette receives.

use acceptance::{PARTITIONS, TestApp, with};
use gangway_model::{AuthMethod, Partition};
use serde_json::json;

/// Acceptance rows: F06.
#[tokio::test]
async fn palette_receives_partition_aws() {
    assert_partition_is_sent(Partition::Aws, "aws").await;
}

/// Acceptance rows: F07.
#[tokio::test]
async fn palette_receives_partition_aws_us_gov() {
    assert_partition_is_sent(Partition::AwsUsGov, "aws-us-gov").await;
}

async fn assert_partition_is_sent(partition: Partition, id: &str) {
    let app = TestApp::start(partition).await;
    for (method, name) in [(AuthMethod::StaticCredentials, "keys"), (AuthMethod::Sts, "role")] {
        for (suffix, more) in [("", json!({})), ("-explicit", json!({"partition": id}))] {
            let name = format!("{name}{suffix}");
            let receipt = app
                .assert_registered(method, &with(app.request(method, app.customer(), &name), &more))
                .await;
            assert_eq!(receipt.text_at("/partition"), id);
            assert_eq!(app.palette_body(&name)["spec"]["partition"], id);
            let seen = app.get(&format!("/v1/tenant/accounts/{}", receipt.uid())).await;
            assert_eq!(seen.text_at("/partition"), id);
        }
        for elsewhere in ["aws", "aws-us-gov"].into_iter().filter(|other| *other != id) {
            let request = with(
                app.request(method, app.customer(), "elsewhere"),
                &json!({"partition": elsewhere}),
            );
            let refused = app.register(method, &request).await;
            refused.assert_status(422);
            assert!(refused.pointers().contains(&"/partition"), "{:#}", refused.body);
        }
    }
    assert_eq!(app.account_names(), ["keys", "keys-explicit", "role", "role-explicit"]);
}

/// Acceptance rows: F10.
#[tokio::test]
async fn keys_are_sent_as_credential_type_secret() {
    assert_method_is_sent(AuthMethod::StaticCredentials).await;
}

/// Acceptance rows: F11.
#[tokio::test]
async fn role_is_sent_as_credential_type_sts() {
    assert_method_is_sent(AuthMethod::Sts).await;
}

async fn assert_method_is_sent(method: AuthMethod) {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let customer = app.customer();
        let receipt = app.assert_registered(method, &app.request(method, customer, "prod")).await;
        assert_eq!(receipt.text_at("/method"), method.id());
        assert_eq!(receipt.text_at("/awsAccountId"), customer.account.id());
        let spec = app.palette_body("prod")["spec"].clone();
        assert_eq!(
            spec["credentialType"],
            if method == AuthMethod::Sts { "sts" } else { "secret" }
        );
        if method == AuthMethod::StaticCredentials {
            assert_eq!(spec["accessKey"], *customer.keys.id);
            assert_eq!(spec["secretKey"], *customer.keys.secret);
            assert_eq!(spec.get("sts"), None);
        } else {
            let sts =
                json!({"arn": customer.role.arn(), "externalId": app.deployment().external_id});
            assert_eq!(spec["sts"], sts);
            assert_eq!((spec.get("accessKey"), spec.get("secretKey")), (None, None));
        }
    }
}

/// Acceptance rows: F11.
#[tokio::test]
async fn sts_is_not_offered_in_the_secret_partitions() {
    for partition in [Partition::AwsIsoB, Partition::AwsIso] {
        let app = TestApp::start(partition).await;
        let request = json!({"name": "prod", "roleArn": app.customer().role.arn()});
        let response = app.post("/v1/tenant/accounts/sts", &request).await;
        assert!([403, 404].contains(&response.status), "{response:?}");
        assert!(app.send_event(&with(request, &json!({"method": "sts"}))).await.is_empty());
        app.assert_untouched();
    }
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        for (iso, request) in ["aws-iso", "aws-iso-b"].map(|iso| {
            let arn = format!("arn:{iso}:iam::123456789012:role/SpectroCloudRole");
            (iso, json!({"name": "prod", "roleArn": arn, "partition": iso}))
        }) {
            let refused = app.register(AuthMethod::Sts, &request).await;
            refused.assert_status(422);
            assert!(refused.pointers().contains(&"/partition"), "{iso}: {:#}", refused.body);
            let trust = app.get(&format!("/v1/sts/trust?partition={iso}")).await;
            trust.assert_status(422);
        }
        app.assert_untouched();
    }
}
