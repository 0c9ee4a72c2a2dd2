//! F04, F05, F08–F10, F13, F18, F22: the account itself.

use acceptance::{
    Stage,
    enclave::{self, ENCLAVES, access, account_member, portal},
    with,
};
use local_cloud::palette::DuplicateAnswer;
use serde_json::{Value, json};

use crate::way::{BOTH, Way, everywhere, play};

#[tokio::test]
async fn f04_a_name_that_another_account_has_is_a_conflict_and_nothing_is_touched() {
    everywhere(|stage: Stage, way: Way| async move {
        let request = way.request(&stage, stage.customer(), "prod");
        let receipt = way.registered(&stage, &request).await;
        let again = way.register(&stage, &request).await;
        assert_eq!((again.status, again.outcome(), again.uid()), (200, "unchanged", receipt.uid()));
        let before = (stage.in_palette("prod"), stage.kept());
        let other = if way == Way::Keys { Way::Portal } else { Way::Keys };
        for (way, request) in [
            (way, way.request(&stage, stage.neighbour(), "prod")),
            (other, other.request(&stage, stage.customer(), "prod")),
        ] {
            let report = way.validate(&stage, &request).await;
            assert_eq!(report.failed(), ["palette.name-available"], "{:#}", report.body);
            let refused = way.register(&stage, &request).await;
            refused.assert_status(409);
            assert_eq!((stage.in_palette("prod"), stage.kept()), before);
        }
        for duplicate in [DuplicateAnswer::BadRequest, DuplicateAnswer::OperationalError] {
            stage.cloud().palette().behave(|behaviour| behaviour.duplicate = duplicate);
            let one = way.request(&stage, stage.customer(), "twice");
            let other = way.request(&stage, stage.neighbour(), "twice");
            let (one, other) =
                tokio::join!(way.register(&stage, &one), way.register(&stage, &other));
            let mut statuses = [one.status, other.status];
            statuses.sort_unstable();
            assert_eq!(statuses, [201, 409], "{duplicate:?}: {} {}", one.text, other.text);
            let uid = if one.status == 201 { one.uid() } else { other.uid() };
            stage.delete(&format!("/v1/accounts/{uid}")).await.assert_status(204);
        }
    })
    .await;
}

#[tokio::test]
async fn f05_a_description_may_be_left_out_and_comes_back_as_it_was_written() {
    everywhere(|stage: Stage, way: Way| async move {
        let plain = way.request(&stage, stage.customer(), "prod");
        let path = format!("/v1/accounts/{}", way.registered(&stage, &plain).await.uid());
        assert_eq!(stage.get(&path).await.body.get("description"), None);
        let told = with(plain.clone(), &json!({"description": "Größe ≥ 3, \"prod\""}));
        assert_eq!(way.register(&stage, &told).await.outcome(), "updated");
        assert_eq!(stage.get(&path).await.text_at("/description"), "Größe ≥ 3, \"prod\"");
        assert_eq!(way.register(&stage, &plain).await.outcome(), "updated");
        assert_eq!(stage.get(&path).await.body.get("description"), None);
    })
    .await;
}

#[tokio::test]
async fn f08_f09_the_partitions_are_told_to_palette_as_aws_iso_b_and_aws_iso() {
    for (partition, id) in ENCLAVES.into_iter().zip(["aws-iso-b", "aws-iso"]) {
        let stage = Stage::start(partition).await;
        for way in BOTH {
            let request = way.request(&stage, stage.customer(), way.id());
            let told = with(request.clone(), &json!({"partition": id}));
            let receipt = way.registered(&stage, &told).await;
            assert_eq!(receipt.text_at("/partition"), id);
            assert_eq!(stage.in_palette(way.id())["spec"]["partition"], id);
            for elsewhere in ["aws", "aws-us-gov", "aws-iso", "aws-iso-b"] {
                if elsewhere != id {
                    let told = with(request.clone(), &json!({"partition": elsewhere}));
                    let refused = way.register(&stage, &told).await;
                    refused.assert_status(422);
                    assert!(refused.pointers().contains(&"/partition"), "{:#}", refused.body);
                }
            }
        }
    }
}

#[tokio::test]
async fn f10_f13_keys_of_a_user_are_told_with_the_toggle_off_and_their_authority() {
    play(&[Way::Keys], |stage: Stage, way: Way| async move {
        let customer = stage.customer();
        let receipt = way.registered(&stage, &way.request(&stage, customer, "prod")).await;
        receipt.assert_check("palette.portal-toggle-off", "passed", "isCapValidationEnabled: false", "");
        assert_eq!(
            stage.in_palette("prod")["spec"],
            json!({
                "credentialType": "secret", "partition": stage.partition().id(), "policyARNs": [],
                "accessKey": customer.keys.id, "secretKey": customer.keys.secret,
                "secretSpec": {
                    "isCapValidationEnabled": false, "tls": {"ca": stage.realm().certificate_authority},
                },
            })
        );
    })
    .await;
}

#[tokio::test]
async fn f10_f13_keys_of_the_portal_are_told_with_the_toggle_on_and_all_that_it_takes() {
    play(&[Way::Portal], |stage: Stage, way: Way| async move {
        let (customer, realm) = (stage.customer(), stage.realm());
        way.registered(&stage, &way.request(&stage, customer, "prod")).await;
        let mut spec = stage.in_palette("prod")["spec"].clone();
        assert_eq!(spec["credentialType"], "secret");
        for member in ["accessKey", "secretKey", "secretToken"] {
            let key = spec.as_object_mut().expect("a spec").remove(member);
            assert!(key.as_ref().and_then(Value::as_str).is_some_and(|key| key.len() >= 16), "{member}");
        }
        let access = access(customer);
        assert_eq!(
            spec["secretSpec"],
            json!({
                "agency": access.agency, account_member(stage.partition()): access.account_name,
                "role": access.role_name, "namePrefix": "PROJECT_", "isCapValidationEnabled": true,
                "tls": {"ca": portal(realm).ca_pem(), "cert": access.identity.certificate, "key": access.identity.key},
            })
        );
        // Palette has fetched keys of its own with it.
        let records = stage.cloud().palette().records();
        let refreshed = records.account_named("prod").expect("an account").refreshed.clone();
        assert!(matches!(refreshed, Some(Some(_))), "{refreshed:?}");
    })
    .await;
}

#[tokio::test]
async fn f11_f12_other_methods_are_not_offered() {
    for partition in ENCLAVES {
        let stage = Stage::start(partition).await;
        let role = json!({"name": "prod", "roleArn": stage.customer().role.arn()});
        for method in ["sts", "pod-identity"] {
            let nowhere = stage.post(&format!("/v1/accounts/{method}"), &role).await;
            assert!([403, 404, 422].contains(&nowhere.status), "{method}: {}", nowhere.text);
        }
        stage.assert_untouched();
    }
}

#[tokio::test]
async fn f18_validation_is_green_only_when_palettes_own_is_and_keeps_nothing() {
    everywhere(|stage: Stage, way: Way| async move {
        let request = way.request(&stage, stage.customer(), "prod");
        let green = way.validate(&stage, &request).await;
        assert_eq!(green.ready(), Some(true), "{:#}", green.body);
        green.assert_check("palette.validation", "passed", "", "");
        stage.assert_untouched();
        assert_eq!(green.text_at("/method"), way.id());
        assert_eq!(green.text_at("/awsAccountId"), stage.customer().account.id());
        // Palette has no way to the portal, or to AWS, where Gangway has one.
        match way {
            Way::Keys => {
                let denied = local_cloud::Fault::on(
                    "sts",
                    "GetCallerIdentity",
                    local_cloud::Effect::InternalError,
                );
                stage.cloud().fault(denied.nth(2));
            }
            Way::Portal => {
                let mut records = stage.cloud().palette().records();
                records
                    .portals
                    .insert(stage.partition().id().to_owned(), "https://localhost:9/".to_owned());
            }
        }
        let red = way.register(&stage, &request).await;
        red.assert_status(422);
        assert_eq!(red.failed(), ["palette.validation"], "{:#}", red.body);
        red.assert_check("palette.validation", "failed", "Palette refused", "");
        stage.assert_untouched();
    })
    .await;
}

#[tokio::test]
async fn f22_registering_answers_the_uid_and_keeps_one_account_and_one_secret() {
    everywhere(|stage: Stage, way: Way| async move {
        let customer = stage.customer();
        let receipt = way.registered(&stage, &way.request(&stage, customer, "prod")).await;
        assert_eq!(stage.registered(), ["prod"]);
        assert_eq!(stage.cloud().palette().records().accounts[0].uid, receipt.uid());
        let name = format!("gangway/{}/{}/prod", stage.partition(), customer.account.id());
        assert_eq!(stage.kept(), std::slice::from_ref(&name));
        let secret = stage.realm().deployment.secret(&name).expect("a secret");
        assert_eq!(receipt.text_at("/secretArn"), secret.arn);
        let kept: Value = serde_json::from_str(&secret.current.expect("a value")).expect("JSON");
        let expected = match way {
            Way::Keys => enclave::keys(stage.realm(), customer),
            Way::Portal => enclave::through_portal(stage.realm(), customer),
        };
        assert_eq!(kept, expected);
        assert_eq!(secret.pending, None);
        let tags: Vec<_> = secret.tags.values().map(String::as_str).collect();
        for tag in [stage.partition().id(), customer.account.id(), way.id(), receipt.uid()] {
            assert!(tags.contains(&tag), "{tag}: {tags:?}");
        }
        // What is kept can be named in place of the values, and is the same account.
        let mut kept = way.request(&stage, customer, "prod");
        for member in way.secrets(&stage, customer).as_object().expect("members").keys() {
            kept.as_object_mut().expect("members").remove(member);
        }
        let kept = with(kept, &json!({"secretArn": secret.arn}));
        let again = way.register(&stage, &kept).await;
        assert_eq!((again.status, again.outcome(), again.uid()), (200, "unchanged", receipt.uid()));
    })
    .await;
}
