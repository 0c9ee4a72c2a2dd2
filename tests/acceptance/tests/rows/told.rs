//! F06, F07, F10, F11: what Palette is told of an account, its partition and its kind of credential.

use acceptance::{PARTITIONS, Stage};
use gangway_model::Partition;
use serde_json::json;

use crate::way::{Way, in_palette, with};

#[tokio::test]
async fn f06_the_commercial_partition_is_told_to_palette_as_aws() {
    tells_its_partition(Partition::Aws, "aws").await;
}

#[tokio::test]
async fn f07_govcloud_is_told_to_palette_as_aws_us_gov() {
    tells_its_partition(Partition::AwsUsGov, "aws-us-gov").await;
}

async fn tells_its_partition(partition: Partition, id: &str) {
    let stage = Stage::start(partition).await;
    for (way, name) in [(Way::Keys, "keys"), (Way::Role, "role")] {
        for (suffix, more) in [("", json!({})), ("-told", json!({"partition": id}))] {
            let name = format!("{name}{suffix}");
            let receipt =
                way.registered(&stage, &with(way.request(stage.customer(), &name), &more)).await;
            assert_eq!(receipt.text_at("/partition"), id);
            assert_eq!(in_palette(&stage, &name)["spec"]["partition"], id);
            let seen = stage.get(&format!("/v1/accounts/{}", receipt.uid())).await;
            assert_eq!(seen.text_at("/partition"), id);
        }
        for elsewhere in ["aws", "aws-us-gov"].into_iter().filter(|other| *other != id) {
            let request =
                with(way.request(stage.customer(), "elsewhere"), &json!({"partition": elsewhere}));
            let refused = way.register(&stage, &request).await;
            refused.assert_status(422);
            assert!(refused.pointers().contains(&"/partition"), "{:#}", refused.body);
        }
    }
    assert_eq!(stage.registered(), ["keys", "keys-told", "role", "role-told"]);
}

#[tokio::test]
async fn f10_keys_are_told_to_palette_as_credential_type_secret() {
    tells_its_method(Way::Keys).await;
}

#[tokio::test]
async fn f11_a_role_is_told_to_palette_as_credential_type_sts() {
    tells_its_method(Way::Role).await;
}

async fn tells_its_method(way: Way) {
    for partition in PARTITIONS {
        let stage = Stage::start(partition).await;
        let customer = stage.customer();
        let receipt = way.registered(&stage, &way.request(customer, "prod")).await;
        assert_eq!(receipt.text_at("/method"), way.id());
        assert_eq!(receipt.text_at("/awsAccountId"), customer.account.id());
        let spec = in_palette(&stage, "prod")["spec"].clone();
        assert_eq!(spec["credentialType"], way.credential_type());
        match way {
            Way::Keys => {
                assert_eq!(spec["accessKey"], *customer.keys.id);
                assert_eq!(spec["secretKey"], *customer.keys.secret);
                assert_eq!(spec.get("sts"), None);
            }
            Way::Role => {
                let sts =
                    json!({"arn": customer.role.arn(), "externalId": stage.realm().external_id});
                assert_eq!(spec["sts"], sts);
                assert_eq!((spec.get("accessKey"), spec.get("secretKey")), (None, None));
            }
        }
    }
}

#[tokio::test]
async fn f11_sts_is_not_offered_in_the_secret_partitions() {
    for partition in [Partition::AwsIsoB, Partition::AwsIso] {
        let stage = Stage::start(partition).await;
        let request = json!({"name": "prod", "roleArn": stage.customer().role.arn()});
        let nowhere = stage.post("/v1/accounts/sts", &request).await;
        assert!([403, 404].contains(&nowhere.status), "{nowhere:?}");
        assert!(stage.event(&with(request, &json!({"method": "sts"}))).await.is_empty());
        stage.assert_untouched();
    }
    for partition in PARTITIONS {
        let stage = Stage::start(partition).await;
        for (iso, request) in ["aws-iso", "aws-iso-b"].map(|iso| {
            let arn = format!("arn:{iso}:iam::123456789012:role/SpectroCloudRole");
            (iso, json!({"name": "prod", "roleArn": arn, "partition": iso}))
        }) {
            let refused = Way::Role.register(&stage, &request).await;
            refused.assert_status(422);
            assert!(refused.pointers().contains(&"/partition"), "{iso}: {:#}", refused.body);
            let trust = stage.get(&format!("/v1/accounts/sts/trust?partition={iso}")).await;
            trust.assert_status(422);
        }
        stage.assert_untouched();
    }
}
