//! A registered account: its name, description, secret, and place in lists.

use acceptance::{PARTITIONS, TestApp, methods::OPEN_METHODS, with};
use gangway_model::{AuthMethod, Partition};
use local_cloud::{Effect, Fault, palette::DuplicateResponse};
use serde_json::json;

use crate::palette_session::listed_names;

/// Acceptance rows: F04.
#[tokio::test]
async fn name_of_another_account_is_a_conflict() {
    for partition in PARTITIONS {
        for method in OPEN_METHODS {
            let app = TestApp::start(partition).await;
            app.assert_registered(method, &app.request(method, app.customer(), "prod")).await;
            let (before, kept) = (app.palette_body("prod"), app.active_secrets());
            let other = if method == AuthMethod::StaticCredentials {
                AuthMethod::Sts
            } else {
                AuthMethod::StaticCredentials
            };
            for (method, request) in [
                (method, app.request(method, app.second_customer(), "prod")),
                (other, app.request(other, app.customer(), "prod")),
            ] {
                let report = app.validate(method, &request).await;
                assert_eq!(report.failed(), ["palette.name-available"]);
                report.assert_check(
                    "palette.name-available",
                    "failed",
                    "belongs to account",
                    "choose another name",
                );
                let refused = app.register(method, &request).await;
                refused.assert_status(409);
                assert_eq!(refused.text_at("/type"), "urn:gangway:problem:conflict");
                assert!(refused.text_at("/detail").contains("prod"), "{:#}", refused.body);
                assert_eq!(app.account_names(), ["prod"]);
                assert_eq!(
                    (app.palette_body("prod"), app.active_secrets()),
                    (before.clone(), kept.clone())
                );
            }
        }
    }
}

/// Acceptance rows: F04.
#[tokio::test]
async fn repeated_registration_is_unchanged_and_names_are_per_scope() {
    for partition in PARTITIONS {
        for method in OPEN_METHODS {
            let app = TestApp::start(partition).await;
            let request = app.request(method, app.customer(), "prod");
            let receipt = app.assert_registered(method, &request).await;
            let again = app.register(method, &request).await;
            again.assert_status(200);
            assert_eq!((again.outcome(), again.uid()), ("unchanged", receipt.uid()));
            let inside = with(
                app.request(method, app.second_customer(), "prod"),
                &json!({"scope": {"project": "Payments"}}),
            );
            if method == AuthMethod::Sts {
                // A role has no secret that could be mixed up with the other's.
                app.assert_registered(method, &inside).await;
            } else {
                let created = app.register(method, &inside).await;
                created.assert_status(201);
            }
            assert_eq!(app.account_names(), ["prod", "prod"]);
        }
    }
}

/// Acceptance rows: F04.
#[tokio::test]
async fn every_duplicate_name_error_of_palette_is_a_conflict() {
    for duplicate in [
        DuplicateResponse::Conflict,
        DuplicateResponse::BadRequest,
        DuplicateResponse::OperationalError,
    ] {
        for method in OPEN_METHODS {
            let app = TestApp::start(Partition::Aws).await;
            app.cloud().palette().configure(|behaviour| behaviour.duplicate = duplicate);
            let (one, other) = (
                app.request(method, app.customer(), "prod"),
                app.request(method, app.second_customer(), "prod"),
            );
            let (one, other) =
                tokio::join!(app.register(method, &one), app.register(method, &other));
            let mut statuses = [one.status, other.status];
            statuses.sort_unstable();
            assert_eq!(statuses, [201, 409], "{duplicate:?}: {} {}", one.text, other.text);
            assert_eq!(app.account_names(), ["prod"]);
            let kept = usize::from(method == AuthMethod::StaticCredentials);
            assert_eq!(
                app.active_secrets().len(),
                kept,
                "{duplicate:?}: {:?}",
                app.active_secrets()
            );
        }
    }
}

/// Acceptance rows: F05.
#[tokio::test]
async fn description_is_optional_and_returned_as_sent() {
    for partition in PARTITIONS {
        for method in OPEN_METHODS {
            let app = TestApp::start(partition).await;
            let plain = app.request(method, app.customer(), "prod");
            let uid = app.assert_registered(method, &plain).await.uid().to_owned();
            let path = format!("/v1/tenant/accounts/{uid}");
            assert_eq!(app.get(&path).await.body.get("description"), None);
            for description in ["Zahlungen – Größe ≥ 3, \"prod\"", "another"] {
                let expected = with(plain.clone(), &json!({"description": description}));
                let updated = app.register(method, &expected).await;
                updated.assert_status(200);
                assert_eq!((updated.outcome(), updated.uid()), ("updated", &*uid));
                assert_eq!(app.get(&path).await.text_at("/description"), description);
                let annotations = &app.palette_body("prod")["metadata"]["annotations"];
                assert_eq!(annotations["description"], description);
            }
            assert_eq!(app.register(method, &plain).await.outcome(), "updated");
            assert_eq!(app.get(&path).await.body.get("description"), None);
            assert_eq!(app.account_names(), ["prod"]);
        }
    }
}

/// Acceptance rows: F18.
#[tokio::test]
async fn validation_needs_palettes_validation_and_stores_nothing() {
    for partition in PARTITIONS {
        for method in OPEN_METHODS {
            let app = TestApp::start(partition).await;
            let request = app.request(method, app.customer(), "prod");
            let ready = app.validate(method, &request).await;
            ready.assert_status(200);
            assert_eq!(ready.ready(), Some(true));
            ready.assert_check("palette.validation", "passed", "", "");
            app.assert_untouched();
            assert_eq!(ready.text_at("/partition"), partition.id());
            assert_eq!(ready.text_at("/awsAccountId"), app.customer().account.id());
            // Only Palette's access to AWS fails; Gangway's access works.
            let (operation, nth) = if method == AuthMethod::StaticCredentials {
                ("GetCallerIdentity", 2)
            } else {
                ("AssumeRole", 1)
            };
            let cloud = app.cloud();
            if method == AuthMethod::StaticCredentials {
                let fault = Fault::on("sts", operation, Effect::InternalError);
                cloud.fault(fault.nth(nth));
            } else {
                let source = app.deployment().palette_user.as_ref().expect("a source of STS");
                source.inline("AssumeTenantRoles", &deny_assuming());
            }
            let blocked = app.register(method, &request).await;
            cloud.faults().clear();
            blocked.assert_status(422);
            assert_eq!(blocked.failed(), ["palette.validation"], "{:#}", blocked.body);
            blocked.assert_check("palette.validation", "failed", "Palette rejected", "");
            app.assert_untouched();
        }
    }
}

fn deny_assuming() -> serde_json::Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": "*"}],
    })
}

/// Acceptance rows: F22.
#[tokio::test]
async fn registration_returns_the_uid_and_stores_one_secret() {
    for partition in PARTITIONS {
        for method in OPEN_METHODS {
            let app = TestApp::start(partition).await;
            let customer = app.customer();
            let receipt =
                app.assert_registered(method, &app.request(method, customer, "prod")).await;
            assert_eq!(receipt.text_at("/name"), "prod");
            assert_eq!(app.account_names(), ["prod"]);
            let records = app.cloud().palette().records();
            assert_eq!(records.accounts[0].uid, receipt.uid());
            drop(records);
            let name = format!("gangway/{partition}/{}/prod", customer.account.id());
            if method == AuthMethod::StaticCredentials {
                assert_eq!(app.active_secrets(), std::slice::from_ref(&name));
                let secret = app.deployment().gangway_account.secret(&name).expect("a secret");
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
                for tag in [partition.id(), customer.account.id(), method.id(), receipt.uid()] {
                    assert!(tags.contains(&tag), "{tag}: {tags:?}");
                }
            } else {
                assert_eq!(app.active_secrets(), Vec::<String>::new());
                assert_eq!(receipt.body.get("secretArn"), None);
            }
        }
    }
}

/// Acceptance rows: F23.
#[tokio::test]
async fn registered_account_is_listed_and_can_be_revalidated() {
    for partition in PARTITIONS {
        for method in OPEN_METHODS {
            let app = TestApp::start(partition).await;
            let customer = app.customer();
            let receipt =
                app.assert_registered(method, &app.request(method, customer, "prod")).await;
            receipt.assert_check("palette.account-readable", "passed", "", "");
            let list = app.get("/v1/tenant/accounts").await;
            assert_eq!(listed_names(&list.body), ["prod"]);
            let shown = app.get(&format!("/v1/tenant/accounts/{}", receipt.uid())).await;
            shown.assert_status(200);
            assert_eq!(list.body["accounts"][0], shown.body);
            for (pointer, expected) in [
                ("/uid", receipt.uid()),
                ("/method", method.id()),
                ("/partition", partition.id()),
                ("/awsAccountId", customer.account.id()),
                ("/scope", "tenant"),
                ("/permissionProfile", app.recorded(method, "core-eks")),
                ("/state", "Running"),
            ] {
                assert_eq!(shown.text_at(pointer), expected, "{pointer}");
            }
            let again = app
                .post(&format!("/v1/tenant/accounts/{}/validate", receipt.uid()), &json!({}))
                .await;
            again.assert_status(200);
            assert_eq!(again.ready(), Some(true), "{:#}", again.body);
            app.delete(&format!("/v1/tenant/accounts/{}", receipt.uid())).await.assert_status(204);
            assert_eq!(
                listed_names(&app.get("/v1/tenant/accounts").await.body),
                Vec::<&str>::new()
            );
            app.assert_untouched();
        }
    }
}
