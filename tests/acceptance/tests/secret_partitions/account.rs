//! A registered account: its name, description, secret, and what Palette receives.

use acceptance::{
    TestApp,
    classified::{self, CLASSIFIED_PARTITIONS, account_member, portal, portal_access},
    methods::{CLASSIFIED_METHODS, for_each, for_each_classified},
    with,
};
use local_cloud::palette::DuplicateResponse;
use serde_json::{Value, json};

use gangway_model::AuthMethod;

/// Acceptance rows: F04.
#[tokio::test]
async fn name_of_another_account_is_a_conflict() {
    for_each_classified(|app: TestApp, method: AuthMethod| async move {
        let request = app.request(method, app.customer(), "prod");
        let receipt = app.assert_registered(method, &request).await;
        let again = app.register(method, &request).await;
        assert_eq!((again.status, again.outcome(), again.uid()), (200, "unchanged", receipt.uid()));
        let before = (app.palette_body("prod"), app.active_secrets());
        let other = if method == AuthMethod::StaticCredentials {
            AuthMethod::Scap
        } else {
            AuthMethod::StaticCredentials
        };
        for (method, request) in [
            (method, app.request(method, app.second_customer(), "prod")),
            (other, app.request(other, app.customer(), "prod")),
        ] {
            let report = app.validate(method, &request).await;
            assert_eq!(report.failed(), ["palette.name-available"], "{:#}", report.body);
            let refused = app.register(method, &request).await;
            refused.assert_status(409);
            assert_eq!((app.palette_body("prod"), app.active_secrets()), before);
        }
        for duplicate in [DuplicateResponse::BadRequest, DuplicateResponse::OperationalError] {
            app.cloud().palette().configure(|behaviour| behaviour.duplicate = duplicate);
            let one = app.request(method, app.customer(), "twice");
            let other = app.request(method, app.second_customer(), "twice");
            let (one, other) =
                tokio::join!(app.register(method, &one), app.register(method, &other));
            let mut statuses = [one.status, other.status];
            statuses.sort_unstable();
            assert_eq!(statuses, [201, 409], "{duplicate:?}: {} {}", one.text, other.text);
            let uid = if one.status == 201 { one.uid() } else { other.uid() };
            app.delete(&format!("/v1/tenant/accounts/{uid}")).await.assert_status(204);
        }
    })
    .await;
}

/// Acceptance rows: F05.
#[tokio::test]
async fn description_is_optional_and_returned_as_sent() {
    for_each_classified(|app: TestApp, method: AuthMethod| async move {
        let plain = app.request(method, app.customer(), "prod");
        let path =
            format!("/v1/tenant/accounts/{}", app.assert_registered(method, &plain).await.uid());
        assert_eq!(app.get(&path).await.body.get("description"), None);
        let expected = with(plain.clone(), &json!({"description": "Größe ≥ 3, \"prod\""}));
        assert_eq!(app.register(method, &expected).await.outcome(), "updated");
        assert_eq!(app.get(&path).await.text_at("/description"), "Größe ≥ 3, \"prod\"");
        assert_eq!(app.register(method, &plain).await.outcome(), "updated");
        assert_eq!(app.get(&path).await.body.get("description"), None);
    })
    .await;
}

/// Acceptance rows: F08, F09.
#[tokio::test]
async fn palette_receives_partition_aws_iso_b_or_aws_iso() {
    for (partition, id) in CLASSIFIED_PARTITIONS.into_iter().zip(["aws-iso-b", "aws-iso"]) {
        let app = TestApp::start(partition).await;
        for method in CLASSIFIED_METHODS {
            let request = app.request(method, app.customer(), method.id());
            let expected = with(request.clone(), &json!({"partition": id}));
            let receipt = app.assert_registered(method, &expected).await;
            assert_eq!(receipt.text_at("/partition"), id);
            assert_eq!(app.palette_body(method.id())["spec"]["partition"], id);
            for elsewhere in ["aws", "aws-us-gov", "aws-iso", "aws-iso-b"] {
                if elsewhere != id {
                    let expected = with(request.clone(), &json!({"partition": elsewhere}));
                    let refused = app.register(method, &expected).await;
                    refused.assert_status(422);
                    assert!(refused.pointers().contains(&"/partition"), "{:#}", refused.body);
                }
            }
        }
    }
}

/// Acceptance rows: F10, F13.
#[tokio::test]
async fn user_keys_are_sent_with_validation_off_and_their_ca() {
    for_each(
        &CLASSIFIED_PARTITIONS,
        &[AuthMethod::StaticCredentials],
        |app: TestApp, method: AuthMethod| async move {
            let customer = app.customer();
            let receipt =
                app.assert_registered(method, &app.request(method, customer, "prod")).await;
            receipt.assert_check(
                "palette.portal-toggle-off",
                "passed",
                "isCapValidationEnabled: false",
                "",
            );
            assert_eq!(
                app.palette_body("prod")["spec"],
                json!({
                    "credentialType": "secret", "partition": app.partition().id(), "policyARNs": [],
                    "accessKey": customer.keys.id, "secretKey": customer.keys.secret,
                    "secretSpec": {
                        "isCapValidationEnabled": false, "tls": {"ca": app.deployment().aws_ca_pem},
                    },
                })
            );
        },
    )
    .await;
}

/// Acceptance rows: F10, F13.
#[tokio::test]
async fn scap_sends_session_credentials_and_portal_settings() {
    for_each(&CLASSIFIED_PARTITIONS, &[AuthMethod::Scap], |app: TestApp, method: AuthMethod| async move {
        let (customer, deployment) = (app.customer(), app.deployment());
        app.assert_registered(method, &app.request(method, customer, "prod")).await;
        let mut spec = app.palette_body("prod")["spec"].clone();
        assert_eq!(spec["credentialType"], "secret");
        for member in ["accessKey", "secretKey", "secretToken"] {
            let key = spec.as_object_mut().expect("a spec").remove(member);
            assert!(key.as_ref().and_then(Value::as_str).is_some_and(|key| key.len() >= 16), "{member}");
        }
        let access = portal_access(customer);
        assert_eq!(
            spec["secretSpec"],
            json!({
                "agency": access.agency, account_member(app.partition()): access.account_name,
                "role": access.role_name, "namePrefix": "PROJECT_", "isCapValidationEnabled": true,
                "tls": {"ca": portal(deployment).ca_pem(), "cert": access.certificate.certificate, "key": access.certificate.key},
            })
        );
        // Palette has fetched credentials from the access portal with the client certificate.
        let records = app.cloud().palette().records();
        let refreshed = records.find_account("prod").expect("an account").portal_token.clone();
        assert!(matches!(refreshed, Some(Some(_))), "{refreshed:?}");
    })
    .await;
}

/// Acceptance rows: F11, F12.
#[tokio::test]
async fn other_methods_are_not_offered() {
    for partition in CLASSIFIED_PARTITIONS {
        let app = TestApp::start(partition).await;
        let role = json!({"name": "prod", "roleArn": app.customer().role.arn()});
        for method in ["sts", "pod-identity"] {
            let response = app.post(&format!("/v1/tenant/accounts/{method}"), &role).await;
            assert!([403, 404, 422].contains(&response.status), "{method}: {}", response.text);
        }
        app.assert_untouched();
    }
}

/// Acceptance rows: F18.
#[tokio::test]
async fn validation_needs_palettes_validation_and_stores_nothing() {
    for_each_classified(|app: TestApp, method: AuthMethod| async move {
        let request = app.request(method, app.customer(), "prod");
        let ready = app.validate(method, &request).await;
        assert_eq!(ready.ready(), Some(true), "{:#}", ready.body);
        ready.assert_check("palette.validation", "passed", "", "");
        app.assert_untouched();
        assert_eq!(ready.text_at("/method"), method.id());
        assert_eq!(ready.text_at("/awsAccountId"), app.customer().account.id());
        // Palette cannot reach the access portal or AWS, but Gangway can.
        if method == AuthMethod::StaticCredentials {
            let denied = local_cloud::Fault::on(
                "sts",
                "GetCallerIdentity",
                local_cloud::Effect::InternalError,
            );
            app.cloud().fault(denied.nth(2));
        } else {
            let mut records = app.cloud().palette().records();
            records
                .portals
                .insert(app.partition().id().to_owned(), "https://localhost:9/".to_owned());
        }
        let blocked = app.register(method, &request).await;
        blocked.assert_status(422);
        assert_eq!(blocked.failed(), ["palette.validation"], "{:#}", blocked.body);
        blocked.assert_check("palette.validation", "failed", "Palette rejected", "");
        app.assert_untouched();
    })
    .await;
}

/// Acceptance rows: F22.
#[tokio::test]
async fn registration_returns_the_uid_and_stores_one_secret() {
    for_each_classified(|app: TestApp, method: AuthMethod| async move {
        let customer = app.customer();
        let receipt = app.assert_registered(method, &app.request(method, customer, "prod")).await;
        assert_eq!(app.account_names(), ["prod"]);
        assert_eq!(app.cloud().palette().records().accounts[0].uid, receipt.uid());
        let name = format!("gangway/{}/{}/prod", app.partition(), customer.account.id());
        assert_eq!(app.active_secrets(), std::slice::from_ref(&name));
        let secret = app.deployment().gangway_account.secret(&name).expect("a secret");
        assert_eq!(receipt.text_at("/secretArn"), secret.arn);
        let kept: Value = serde_json::from_str(&secret.current.expect("a value")).expect("JSON");
        let expected = if method == AuthMethod::StaticCredentials {
            classified::key_fields(app.deployment(), customer)
        } else {
            classified::portal_request(app.deployment(), customer)
        };
        assert_eq!(kept, expected);
        assert_eq!(secret.pending, None);
        let tags: Vec<_> = secret.tags.values().map(String::as_str).collect();
        for tag in [app.partition().id(), customer.account.id(), method.id(), receipt.uid()] {
            assert!(tags.contains(&tag), "{tag}: {tags:?}");
        }
        // A caller may not name the stored secret: only re-validation reads it.
        let mut kept = app.request(method, customer, "prod");
        for member in app.secret_fields(method, customer).as_object().expect("members").keys() {
            kept.as_object_mut().expect("members").remove(member);
        }
        let kept = with(kept, &json!({"secretArn": secret.arn}));
        let refused = app.register(method, &kept).await;
        assert_eq!((refused.status, refused.pointers()), (422, vec!["/secretArn"]));
    })
    .await;
}
