//! F04, F05, F18, F22, F23: the account itself.

use acceptance::{PARTITIONS, Stage};
use gangway_model::Partition;
use local_cloud::{Effect, Fault, palette::DuplicateAnswer};
use serde_json::json;

use crate::{
    session::names,
    way::{BOTH, Way, in_palette, with},
};

#[tokio::test]
async fn f04_a_name_that_another_account_has_is_a_conflict_and_nothing_is_touched() {
    for partition in PARTITIONS {
        for way in BOTH {
            let stage = Stage::start(partition).await;
            way.registered(&stage, &way.request(stage.customer(), "prod")).await;
            let (before, kept) = (in_palette(&stage, "prod"), stage.kept());
            let other = if way == Way::Keys { Way::Role } else { Way::Keys };
            for (way, request) in [
                (way, way.request(stage.neighbour(), "prod")),
                (other, other.request(stage.customer(), "prod")),
            ] {
                let report = way.validate(&stage, &request).await;
                assert_eq!(report.failed(), ["palette.name-available"]);
                report.assert_check(
                    "palette.name-available",
                    "failed",
                    "belongs to account",
                    "choose another name",
                );
                let refused = way.register(&stage, &request).await;
                refused.assert_status(409);
                assert_eq!(refused.text_at("/type"), "urn:gangway:problem:conflict");
                assert!(refused.text_at("/detail").contains("prod"), "{:#}", refused.body);
                assert_eq!(stage.registered(), ["prod"]);
                assert_eq!(
                    (in_palette(&stage, "prod"), stage.kept()),
                    (before.clone(), kept.clone())
                );
            }
        }
    }
}

#[tokio::test]
async fn f04_the_same_account_again_is_unchanged_and_a_name_is_free_in_another_scope() {
    for partition in PARTITIONS {
        for way in BOTH {
            let stage = Stage::start(partition).await;
            let request = way.request(stage.customer(), "prod");
            let receipt = way.registered(&stage, &request).await;
            let again = way.register(&stage, &request).await;
            again.assert_status(200);
            assert_eq!((again.outcome(), again.uid()), ("unchanged", receipt.uid()));
            let inside = with(
                way.request(stage.neighbour(), "prod"),
                &json!({"scope": {"project": "Payments"}}),
            );
            if way == Way::Role {
                // A role has no secret that could be mixed up with the other's.
                way.registered(&stage, &inside).await;
            } else {
                let created = way.register(&stage, &inside).await;
                created.assert_status(201);
            }
            assert_eq!(stage.registered(), ["prod", "prod"]);
        }
    }
}

#[tokio::test]
async fn f04_a_duplicate_that_shows_only_when_it_is_made_is_a_conflict_in_every_one_of_palettes_words()
 {
    for duplicate in
        [DuplicateAnswer::Conflict, DuplicateAnswer::BadRequest, DuplicateAnswer::OperationalError]
    {
        for way in BOTH {
            let stage = Stage::start(Partition::Aws).await;
            stage.cloud().palette().behave(|behaviour| behaviour.duplicate = duplicate);
            let (one, other) =
                (way.request(stage.customer(), "prod"), way.request(stage.neighbour(), "prod"));
            let (one, other) =
                tokio::join!(way.register(&stage, &one), way.register(&stage, &other));
            let mut statuses = [one.status, other.status];
            statuses.sort_unstable();
            assert_eq!(statuses, [201, 409], "{duplicate:?}: {} {}", one.text, other.text);
            assert_eq!(stage.registered(), ["prod"]);
            let kept = usize::from(way == Way::Keys);
            assert_eq!(stage.kept().len(), kept, "{duplicate:?}: {:?}", stage.kept());
        }
    }
}

#[tokio::test]
async fn f05_a_description_may_be_left_out_and_comes_back_as_it_was_written() {
    for partition in PARTITIONS {
        for way in BOTH {
            let stage = Stage::start(partition).await;
            let plain = way.request(stage.customer(), "prod");
            let uid = way.registered(&stage, &plain).await.uid().to_owned();
            let path = format!("/v1/accounts/{uid}");
            assert_eq!(stage.get(&path).await.body.get("description"), None);
            for description in ["Zahlungen – Größe ≥ 3, \"prod\"", "another"] {
                let told = with(plain.clone(), &json!({"description": description}));
                let updated = way.register(&stage, &told).await;
                updated.assert_status(200);
                assert_eq!((updated.outcome(), updated.uid()), ("updated", &*uid));
                assert_eq!(stage.get(&path).await.text_at("/description"), description);
                let annotations = &in_palette(&stage, "prod")["metadata"]["annotations"];
                assert_eq!(annotations["description"], description);
            }
            assert_eq!(way.register(&stage, &plain).await.outcome(), "updated");
            assert_eq!(stage.get(&path).await.body.get("description"), None);
            assert_eq!(stage.registered(), ["prod"]);
        }
    }
}

#[tokio::test]
async fn f18_validation_is_green_only_when_palettes_own_is_and_keeps_nothing() {
    for partition in PARTITIONS {
        for way in BOTH {
            let stage = Stage::start(partition).await;
            let request = way.request(stage.customer(), "prod");
            let green = way.validate(&stage, &request).await;
            green.assert_status(200);
            assert_eq!(green.ready(), Some(true));
            green.assert_check("palette.validation", "passed", "", "");
            stage.assert_untouched();
            assert_eq!(green.text_at("/partition"), partition.id());
            assert_eq!(green.text_at("/awsAccountId"), stage.customer().account.id());
            // Palette cannot get in where nothing else is wrong.
            let (operation, spared) =
                if way == Way::Keys { ("GetCallerIdentity", 2) } else { ("AssumeRole", 1) };
            let cloud = stage.cloud();
            match way {
                Way::Keys => {
                    let fault = Fault::on("sts", operation, Effect::InternalError);
                    cloud.fault(fault.nth(spared));
                }
                Way::Role => {
                    let source = stage.realm().source.as_ref().expect("a source of STS");
                    source.inline("AssumeTenantRoles", &deny_assuming());
                }
            }
            let red = way.register(&stage, &request).await;
            cloud.faults().clear();
            red.assert_status(422);
            assert_eq!(red.failed(), ["palette.validation"], "{:#}", red.body);
            red.assert_check("palette.validation", "failed", "Palette refused", "");
            stage.assert_untouched();
        }
    }
}

fn deny_assuming() -> serde_json::Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": "*"}],
    })
}

#[tokio::test]
async fn f22_registering_answers_the_uid_and_keeps_one_account_and_one_secret() {
    for partition in PARTITIONS {
        for way in BOTH {
            let stage = Stage::start(partition).await;
            let customer = stage.customer();
            let receipt = way.registered(&stage, &way.request(customer, "prod")).await;
            assert_eq!(receipt.text_at("/name"), "prod");
            assert_eq!(stage.registered(), ["prod"]);
            let records = stage.cloud().palette().records();
            assert_eq!(records.accounts[0].uid, receipt.uid());
            drop(records);
            let name = format!("gangway/{partition}/{}/prod", customer.account.id());
            match way {
                Way::Keys => {
                    assert_eq!(stage.kept(), std::slice::from_ref(&name));
                    let secret = stage.realm().deployment.secret(&name).expect("a secret");
                    assert_eq!(receipt.text_at("/secretArn"), secret.arn);
                    let kept: serde_json::Value =
                        serde_json::from_str(&secret.current.expect("a value")).expect("JSON");
                    let keys = json!({
                        "accessKeyId": customer.keys.id,
                        "secretAccessKey": customer.keys.secret,
                    });
                    assert_eq!(kept, keys);
                    assert_eq!(secret.pending, None);
                    let tags: Vec<_> = secret.tags.values().map(String::as_str).collect();
                    for tag in [partition.id(), customer.account.id(), way.id(), receipt.uid()] {
                        assert!(tags.contains(&tag), "{tag}: {tags:?}");
                    }
                }
                Way::Role => {
                    assert_eq!(stage.kept(), Vec::<String>::new());
                    assert_eq!(receipt.body.get("secretArn"), None);
                }
            }
        }
    }
}

#[tokio::test]
async fn f23_a_registered_account_is_listed_shown_and_can_be_looked_at_again() {
    for partition in PARTITIONS {
        for way in BOTH {
            let stage = Stage::start(partition).await;
            let customer = stage.customer();
            let receipt = way.registered(&stage, &way.request(customer, "prod")).await;
            receipt.assert_check("palette.account-readable", "passed", "", "");
            let list = stage.get("/v1/accounts").await;
            assert_eq!(names(&list.body), ["prod"]);
            let shown = stage.get(&format!("/v1/accounts/{}", receipt.uid())).await;
            shown.assert_status(200);
            assert_eq!(list.body["accounts"][0], shown.body);
            for (pointer, told) in [
                ("/uid", receipt.uid()),
                ("/method", way.id()),
                ("/partition", partition.id()),
                ("/awsAccountId", customer.account.id()),
                ("/scope", "tenant"),
                ("/permissionProfile", "core-eks"),
                ("/state", "Running"),
            ] {
                assert_eq!(shown.text_at(pointer), told, "{pointer}");
            }
            let again =
                stage.post(&format!("/v1/accounts/{}/validate", receipt.uid()), &json!({})).await;
            again.assert_status(200);
            assert_eq!(again.ready(), Some(true), "{:#}", again.body);
            stage.delete(&format!("/v1/accounts/{}", receipt.uid())).await.assert_status(204);
            assert_eq!(names(&stage.get("/v1/accounts").await.body), Vec::<&str>::new());
            stage.assert_untouched();
        }
    }
}
