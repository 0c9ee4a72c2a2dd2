//! F24, F34: the AWS account that Palette itself comes from, one in each partition.

use acceptance::{PARTITIONS, Stage};
use local_cloud::palette::UnconfiguredSts;
use serde_json::json;

use crate::way::{BOTH, Way};

#[tokio::test]
async fn f24_a_palette_without_a_source_account_for_the_partition_is_told_to_its_operator() {
    for partition in PARTITIONS {
        for unconfigured in [UnconfiguredSts::EmptyAccount, UnconfiguredSts::Refused] {
            let stage = Stage::start(partition).await;
            let palette = stage.cloud().palette();
            palette.records().sts_sources.remove(partition.id());
            palette.behave(|behaviour| behaviour.unconfigured_sts = unconfigured);
            let report =
                Way::Role.blocked(&stage, &Way::Role.request(stage.customer(), "prod")).await;
            report.assert_check("sts.source-account", "failed", "no source account", "enable STS");
            report.assert_check("palette.validation", "not-applicable", "", "");
            let trust = stage.get("/v1/accounts/sts/trust").await;
            trust.assert_status(404);
            assert!(trust.text_at("/detail").contains("enable STS"), "{:#}", trust.body);
            stage.assert_untouched();
            // Keys need no source account.
            Way::Keys.registered(&stage, &Way::Keys.request(stage.customer(), "prod")).await;
        }
    }
}

#[tokio::test]
async fn f24_an_account_id_that_is_none_is_told() {
    for partition in PARTITIONS {
        let stage = Stage::start(partition).await;
        if let Some(source) = stage.cloud().palette().records().sts_sources.get_mut(partition.id())
        {
            "123456789".clone_into(&mut source.account);
        }
        let report = Way::Role.blocked(&stage, &Way::Role.request(stage.customer(), "prod")).await;
        report.assert_check("sts.source-account", "failed", "12 digits", "operator of Palette");
    }
}

#[tokio::test]
async fn f24_a_source_identity_that_may_not_assume_roles_is_found_out() {
    for partition in PARTITIONS {
        let stage = Stage::start(partition).await;
        let source = stage.realm().source.as_ref().expect("a source of STS");
        source.inline("AssumeTenantRoles", &json!({
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}],
        }));
        let report = Way::Role.blocked(&stage, &Way::Role.request(stage.customer(), "prod")).await;
        assert_eq!(report.failed(), ["palette.validation"]);
        report.assert_check("palette.validation", "failed", "AccessDenied", "");
        let covers = report.check("palette.validation")["covers"].clone();
        assert!(covers.as_array().expect("ids").contains(&json!("D02")), "{covers}");
    }
}

#[tokio::test]
async fn f34_each_partition_has_a_source_account_and_an_external_id_of_its_own() {
    let stages = Stage::of_one_world(&PARTITIONS).await;
    let mut told = Vec::new();
    for stage in &stages {
        let trust = stage.get("/v1/accounts/sts/trust").await;
        trust.assert_status(200);
        assert_eq!(trust.text_at("/paletteAccountId"), stage.realm().palette.id());
        let root = format!("arn:{}:iam::{}:root", stage.partition(), stage.realm().palette.id());
        assert_eq!(trust.text_at("/trustPolicy/Statement/0/Principal/AWS"), root);
        told.push((
            trust.text_at("/paletteAccountId").to_owned(),
            trust.text_at("/externalId").to_owned(),
        ));
        let elsewhere = stages.iter().find(|other| other.partition() != stage.partition());
        let elsewhere = elsewhere.expect("another partition").partition();
        let refused = stage.get(&format!("/v1/accounts/sts/trust?partition={elsewhere}")).await;
        refused.assert_status(422);
        assert_eq!(refused.pointers(), ["/partition"]);
    }
    assert_ne!(told[0].0, told[1].0);
    assert_ne!(told[0].1, told[1].1);
    for stage in &stages {
        let name = format!("prod-{}", stage.partition());
        let request = Way::Role.request(stage.customer(), &name);
        let receipt = Way::Role.registered(stage, &request).await;
        let account = stage.realm().palette.id();
        receipt.assert_check("sts.source-account", "passed", account, "");
    }
}

#[tokio::test]
async fn f34_govcloud_without_its_source_account_leaves_the_commercial_partition_as_it_is() {
    let stages = Stage::of_one_world(&PARTITIONS).await;
    let [aws, gov] = stages.as_slice() else { panic!("two partitions") };
    aws.cloud().palette().records().sts_sources.remove("aws-us-gov");
    let report = Way::Role.blocked(gov, &Way::Role.request(gov.customer(), "gov")).await;
    report.assert_check("sts.source-account", "failed", "no source account", "this partition");
    for way in BOTH {
        let name = format!("com-{}", way.id());
        way.registered(aws, &way.request(aws.customer(), &name)).await;
    }
    // A role of GovCloud cannot be told to the commercial deployment, nor the other way round.
    for (here, there) in [(aws, gov), (gov, aws)] {
        let refused = Way::Role.register(here, &Way::Role.request(there.customer(), "x")).await;
        refused.assert_status(422);
        assert_eq!(refused.pointers(), ["/roleArn"]);
    }
}
