//! The AWS account from which Palette assumes roles. Each partition has one.

use acceptance::{PARTITIONS, TestApp, methods::OPEN_METHODS};
use local_cloud::palette::UnconfiguredStsResponse;
use serde_json::json;

use gangway_model::AuthMethod;

/// Acceptance rows: F24.
#[tokio::test]
async fn missing_sts_source_account_is_reported() {
    for partition in PARTITIONS {
        for unconfigured in [UnconfiguredStsResponse::EmptyAccount, UnconfiguredStsResponse::Error]
        {
            let app = TestApp::start(partition).await;
            let palette = app.cloud().palette();
            palette.records().sts_sources.remove(partition.id());
            palette.configure(|behaviour| behaviour.unconfigured_sts = unconfigured);
            let report = app
                .assert_blocked(
                    AuthMethod::Sts,
                    &app.request(AuthMethod::Sts, app.customer(), "prod"),
                )
                .await;
            report.assert_check("sts.source-account", "failed", "no source account", "enable STS");
            report.assert_check("palette.validation", "not-applicable", "", "");
            let trust = app.get("/v1/sts/trust").await;
            trust.assert_status(404);
            assert!(trust.text_at("/detail").contains("enable STS"), "{:#}", trust.body);
            app.assert_untouched();
            // Keys need no source account.
            app.assert_registered(
                AuthMethod::StaticCredentials,
                &app.request(AuthMethod::StaticCredentials, app.customer(), "prod"),
            )
            .await;
        }
    }
}

/// Acceptance rows: F24.
#[tokio::test]
async fn invalid_source_account_id_is_reported() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        if let Some(source) = app.cloud().palette().records().sts_sources.get_mut(partition.id()) {
            "123456789".clone_into(&mut source.account);
        }
        let report = app
            .assert_blocked(AuthMethod::Sts, &app.request(AuthMethod::Sts, app.customer(), "prod"))
            .await;
        report.assert_check("sts.source-account", "failed", "12 digits", "Palette's operator");
    }
}

/// Acceptance rows: F24.
#[tokio::test]
async fn source_identity_without_assume_role_is_reported() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let source = app.deployment().palette_user.as_ref().expect("a source of STS");
        source.inline("AssumeTenantRoles", &json!({
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}],
        }));
        let report = app
            .assert_blocked(AuthMethod::Sts, &app.request(AuthMethod::Sts, app.customer(), "prod"))
            .await;
        assert_eq!(report.failed(), ["palette.validation"]);
        report.assert_check("palette.validation", "failed", "AccessDenied", "");
        let covers = report.check("palette.validation")["covers"].clone();
        assert!(covers.as_array().expect("ids").contains(&json!("D02")), "{covers}");
    }
}

/// Acceptance rows: F34.
#[tokio::test]
async fn each_partition_has_its_own_source_account_and_external_id() {
    let apps = TestApp::start_all(&PARTITIONS).await;
    let mut expected = Vec::new();
    for app in &apps {
        let trust = app.get("/v1/sts/trust").await;
        trust.assert_status(200);
        assert_eq!(trust.text_at("/paletteAccountId"), app.deployment().palette.id());
        let root = format!("arn:{}:iam::{}:root", app.partition(), app.deployment().palette.id());
        assert_eq!(trust.text_at("/trustPolicy/Statement/0/Principal/AWS"), root);
        expected.push((
            trust.text_at("/paletteAccountId").to_owned(),
            trust.text_at("/externalId").to_owned(),
        ));
        let elsewhere = apps.iter().find(|other| other.partition() != app.partition());
        let elsewhere = elsewhere.expect("another partition").partition();
        let refused = app.get(&format!("/v1/sts/trust?partition={elsewhere}")).await;
        refused.assert_status(422);
        assert_eq!(refused.pointers(), ["/partition"]);
    }
    assert_ne!(expected[0].0, expected[1].0);
    assert_ne!(expected[0].1, expected[1].1);
    for app in &apps {
        let name = format!("prod-{}", app.partition());
        let request = app.request(AuthMethod::Sts, app.customer(), &name);
        let receipt = app.assert_registered(AuthMethod::Sts, &request).await;
        let account = app.deployment().palette.id();
        receipt.assert_check("sts.source-account", "passed", account, "");
    }
}

/// Acceptance rows: F34.
#[tokio::test]
async fn govcloud_source_account_does_not_affect_aws() {
    let apps = TestApp::start_all(&PARTITIONS).await;
    let [aws, gov] = apps.as_slice() else { panic!("two partitions") };
    aws.cloud().palette().records().sts_sources.remove("aws-us-gov");
    let report = gov
        .assert_blocked(AuthMethod::Sts, &gov.request(AuthMethod::Sts, gov.customer(), "gov"))
        .await;
    report.assert_check("sts.source-account", "failed", "no source account", "this partition");
    for method in OPEN_METHODS {
        let name = format!("com-{}", method.id());
        aws.assert_registered(method, &aws.request(method, aws.customer(), &name)).await;
    }
    // A GovCloud role cannot be registered by the commercial deployment, nor the reverse.
    for (here, there) in [(aws, gov), (gov, aws)] {
        let refused = here
            .register(AuthMethod::Sts, &there.request(AuthMethod::Sts, there.customer(), "x"))
            .await;
        refused.assert_status(422);
        assert_eq!(refused.pointers(), ["/roleArn"]);
    }
}
