//! F16, F32, F33: the role, its trust, and the proof that Palette gets in, and nobody else under its name.

use acceptance::{PARTITIONS, Stage};
use local_cloud::world::Customer;
use serde_json::{Value, json};

use crate::way::{Way::Role, in_palette, with};

/// A statement that lets this principal in.
fn trusting(principal: &Value, condition: &Value) -> Value {
    let mut statement =
        json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"});
    if condition.is_object() {
        statement["Condition"] = condition.clone();
    }
    statement
}

fn trust(customer: &Customer, statements: &[Value]) {
    customer.role.trust(&json!({"Version": "2012-10-17", "Statement": statements}));
}

#[tokio::test]
async fn f16_the_role_must_exist_under_its_arn() {
    for partition in PARTITIONS {
        let stage = Stage::start(partition).await;
        let customer = stage.customer();
        let account = customer.account.id();
        let missing = format!("arn:{partition}:iam::{account}:role/NoSuchRole");
        let report = Role.blocked(&stage, &json!({"name": "prod", "roleArn": missing})).await;
        report.assert_check("iam.role-exists", "failed", "no role NoSuchRole", "CloudFormation");
        report.assert_check("palette.validation", "failed", "Palette refused", "trust policy");
        let elsewhere = format!("arn:{partition}:iam::{account}:role/team/SpectroCloudRole");
        let report = Role.blocked(&stage, &json!({"name": "prod", "roleArn": elsewhere})).await;
        let right = customer.role.arn();
        report.assert_check("iam.role-exists", "failed", "the path differs", &right);
        let receipt = Role.registered(&stage, &json!({"name": "prod", "roleArn": right})).await;
        receipt.assert_check("iam.role-exists", "passed", &right, "");
    }
}

#[tokio::test]
async fn f16_a_role_whose_sessions_are_short_is_told_and_one_under_a_path_is_fine() {
    for partition in PARTITIONS {
        let stage = Stage::start(partition).await;
        let customer = stage.customer();
        let role = customer.account.role_at("/team/", "PaletteRole");
        for arn in customer.role.attached() {
            role.attach(&arn);
        }
        let palette = stage.realm().palette.id().parse().expect("an account id");
        role.trust(&gangway_policies::trust_policy(partition, palette, &stage.realm().external_id));
        role.max_session(1800);
        let request = json!({"name": "prod", "roleArn": role.arn()});
        let report = Role.blocked(&stage, &request).await;
        assert_eq!(report.failed(), ["iam.role-session-long-enough", "palette.validation"]);
        report.assert_check("iam.role-session-long-enough", "failed", "30 minutes", "one hour");
        assert_eq!(report.check("iam.role-session-long-enough")["severity"], "warning");
        role.max_session(3600);
        Role.registered(&stage, &request).await;
        assert_eq!(in_palette(&stage, "prod")["spec"]["sts"]["arn"], role.arn());
    }
}

#[tokio::test]
async fn f32_an_arn_that_is_none_of_a_role_of_this_partition_is_told_by_its_rule() {
    for partition in PARTITIONS {
        let stage = Stage::start(partition).await;
        let other = PARTITIONS.into_iter().find(|other| *other != partition).expect("another");
        let iam = |rest: &str| format!("arn:{partition}:iam::{rest}");
        for (arn, status) in [
            (json!("SpectroCloudRole"), 400),
            (json!(""), 400),
            (json!(iam("123456789:role/SpectroCloudRole")), 400),
            (json!(iam("123456789012:user/palette")), 400),
            (json!(iam("123456789012:policy/SpectroCloudRole")), 400),
            (json!(iam("123456789012:role/")), 400),
            (json!(iam("123456789012:role/Spectro Cloud")), 400),
            (json!(format!(" {}", iam("123456789012:role/SpectroCloudRole"))), 400),
            (json!(format!("arn:{partition}:sts::123456789012:assumed-role/A/b")), 400),
            (json!("arn:aws-cn:iam::123456789012:role/SpectroCloudRole"), 400),
            (json!(["arn"]), 400),
            (json!(format!("arn:{other}:iam::123456789012:role/SpectroCloudRole")), 422),
        ] {
            let refused = Role.register(&stage, &json!({"name": "prod", "roleArn": arn})).await;
            refused.assert_status(status);
            assert_eq!(refused.pointers(), ["/roleArn"], "{arn}");
        }
        stage.assert_untouched();
        assert_eq!(stage.cloud().calls().count("sts", "AssumeRole"), 0);
        let good = Role.request(stage.customer(), "prod");
        let receipt = Role.registered(&stage, &good).await;
        receipt.assert_check("sts.role-arn", "passed", stage.customer().account.id(), "");
    }
}

#[tokio::test]
async fn f33_palette_assumes_the_role_and_is_refused_under_another_external_id() {
    for partition in PARTITIONS {
        let stage = Stage::start(partition).await;
        let receipt = Role.registered(&stage, &Role.request(stage.customer(), "prod")).await;
        receipt.assert_check("palette.validation", "passed", "", "");
        receipt.assert_check("sts.external-id-required", "passed", "", "");
        receipt.assert_check("sts.external-id-enforced", "passed", "was refused", "");
        let assumed = stage.cloud().calls().of("sts", "AssumeRole");
        let by_palette: Vec<_> = assumed.iter().filter(|call| call.nested).collect();
        assert!(by_palette.iter().any(|call| call.status == Some(200)), "{by_palette:?}");
        assert!(by_palette.iter().any(|call| call.status == Some(403)), "{by_palette:?}");
    }
}

#[tokio::test]
async fn f33_a_trust_that_does_not_ask_for_the_external_id_blocks() {
    for partition in PARTITIONS {
        let stage = Stage::start(partition).await;
        let customer = stage.customer();
        let request = Role.request(customer, "prod");
        customer.trust_without_external_id();
        let report = Role.blocked(&stage, &request).await;
        let wanted = format!("\"sts:ExternalId\":\"{}\"", stage.realm().external_id);
        report.assert_check(
            "sts.external-id-required",
            "failed",
            "without any external id",
            &wanted,
        );
        report.assert_check(
            "sts.external-id-enforced",
            "failed",
            "another tenant",
            "every statement",
        );
        report.assert_check("palette.validation", "passed", "", "");
        customer.trust_palette();
        Role.registered(&stage, &request).await;
    }
}

#[tokio::test]
async fn f33_a_second_statement_without_the_external_id_opens_the_door_again() {
    for partition in PARTITIONS {
        let stage = Stage::start(partition).await;
        let (customer, realm) = (stage.customer(), stage.realm());
        let palette = json!({"AWS": realm.palette.root_arn()});
        let asks = json!({"StringEquals": {"sts:ExternalId": realm.external_id}});
        trust(customer, &[trusting(&palette, &asks), trusting(&palette, &Value::Null)]);
        let report = Role.blocked(&stage, &Role.request(customer, "prod")).await;
        report.assert_check(
            "sts.external-id-enforced",
            "failed",
            "not this tenant's",
            "every statement",
        );
        assert_eq!(report.check("sts.external-id-enforced")["severity"], "warning");
        report.assert_check("sts.external-id-required", "failed", "", "every statement");
        // Where Gangway cannot look, it is still found out, and the warning is all that there is.
        customer.hide_from_gangway();
        let receipt = Role.registered(&stage, &Role.request(customer, "prod")).await;
        assert_eq!(receipt.failed(), ["sts.external-id-enforced"]);
        receipt.assert_check("sts.external-id-enforced", "failed", "", "every statement");
    }
}

#[tokio::test]
async fn f33_a_trust_with_another_external_id_keeps_palette_out() {
    for partition in PARTITIONS {
        let stage = Stage::start(partition).await;
        let customer = stage.customer();
        customer.trust_with_wrong_external_id();
        let report = Role.blocked(&stage, &Role.request(customer, "prod")).await;
        let ours = stage.realm().external_id.clone();
        report.assert_check("sts.external-id-required", "failed", "another external id", &ours);
        report.assert_check("palette.validation", "failed", "AccessDenied", "trust policy");
        report.assert_check("sts.external-id-enforced", "not-applicable", "", "");
    }
}

#[tokio::test]
async fn f33_a_trust_in_somebody_else_or_in_everyone_blocks() {
    for partition in PARTITIONS {
        let stage = Stage::start(partition).await;
        let (customer, realm) = (stage.customer(), stage.realm());
        let request = Role.request(customer, "prod");
        let asks = json!({"StringEquals": {"sts:ExternalId": realm.external_id}});
        customer.trust(stage.neighbour().account.id(), &realm.external_id);
        let report = Role.blocked(&stage, &request).await;
        report.assert_check(
            "sts.trusts-palette",
            "failed",
            realm.palette.id(),
            &realm.palette.root_arn(),
        );
        trust(customer, &[trusting(&json!({"AWS": "*"}), &asks)]);
        let report = Role.blocked(&stage, &request).await;
        assert_eq!(report.failed(), ["sts.trusts-palette"]);
        report.assert_check("sts.trusts-palette", "failed", "everyone", "trust policy");
        // Palette's very user is enough.
        let source = realm.source.as_ref().expect("a source of STS").arn();
        trust(customer, &[trusting(&json!({"AWS": source}), &asks)]);
        Role.registered(&stage, &request).await;
    }
}

#[tokio::test]
async fn f33_conditions_that_keep_palette_out_are_told() {
    for partition in PARTITIONS {
        for (operator, key, value) in [
            ("Bool", "aws:MultiFactorAuthPresent", json!("true")),
            ("IpAddress", "aws:SourceIp", json!("203.0.113.0/24")),
        ] {
            let stage = Stage::start(partition).await;
            let (customer, realm) = (stage.customer(), stage.realm());
            let palette = json!({"AWS": realm.palette.root_arn()});
            let mut asks = json!({"StringEquals": {"sts:ExternalId": realm.external_id}});
            asks = with(asks, &json!({operator: {key: value}}));
            trust(customer, &[trusting(&palette, &asks)]);
            let report = Role.validate(&stage, &Role.request(customer, "prod")).await;
            assert_eq!(report.ready(), Some(false), "{:#}", report.body);
            let check = report.check("sts.no-excluding-conditions");
            assert!(["failed", "unverified"].contains(&acceptance::text(&check, "outcome")));
            assert!(acceptance::text(&check, "observed").contains(key), "{check:#}");
            report.assert_check("palette.validation", "failed", "AccessDenied", "trust policy");
            stage.assert_untouched();
        }
    }
}

#[tokio::test]
async fn f33_the_proof_is_made_again_of_what_is_registered() {
    for partition in PARTITIONS {
        let stage = Stage::start(partition).await;
        let customer = stage.customer();
        let receipt = Role.registered(&stage, &Role.request(customer, "prod")).await;
        let path = format!("/v1/accounts/{}/validate", receipt.uid());
        assert_eq!(stage.post(&path, &json!({})).await.ready(), Some(true));
        customer.trust_with_wrong_external_id();
        let report = stage.post(&path, &json!({})).await;
        report.assert_status(200);
        assert_eq!(report.ready(), Some(false));
        report.assert_check("palette.validation", "failed", "AccessDenied", "trust policy");
        assert_eq!(stage.registered(), ["prod"]);
    }
}
