//! `POST /v1/accounts/{uid}/validate`: a registered account, looked at as it is now.

use acceptance::{Answer, Stage};
use local_cloud::palette::SecretsOnRead;
use serde_json::json;

use crate::{
    listing::by_hand,
    scene::{Way, everywhere, play, with},
    state::writes,
};

async fn look(stage: &Stage, uid: &str) -> Answer {
    // Each look has Palette's burst for itself.
    stage.realm().functions.kill();
    stage.cloud().calls().clear();
    let report = stage.post(&format!("/v1/accounts/{uid}/validate"), &json!({})).await;
    assert_eq!(report.status, 200, "{}", report.text);
    assert_eq!(writes(stage), Vec::<String>::new());
    report
}

fn failed(report: &Answer) -> Vec<String> {
    let mut failed = report.checks();
    failed.retain(|check| check["outcome"] == "failed" && check["severity"] == "blocker");
    failed.iter().map(|check| check["id"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test]
async fn a_healthy_account_is_ready_and_says_of_which_method_it_is() {
    everywhere(|stage: Stage, way| async move {
        let receipt = stage.post(&way.path(), &way.request(stage.customer(), "prod")).await;
        let report = look(&stage, receipt.uid()).await;
        assert_eq!(report.ready(), Some(true), "{}", report.text);
        assert_eq!(report.text_at("/method"), way.method());
        assert_eq!(report.text_at("/awsAccountId"), stage.customer().account.id());
        assert_eq!(report.check("palette.validation")["outcome"], "passed");
        if way == Way::Keys {
            for check in ["vault.secret-in-use", "vault.secret-matches-palette"] {
                assert_eq!(report.check(check)["outcome"], "passed", "{}", report.text);
            }
        }
        assert!(!report.text.contains(&stage.customer().keys.secret));
    })
    .await;
}

#[tokio::test]
async fn a_key_that_was_deactivated_since_is_seen() {
    play(&[Way::Keys], |stage: Stage, way| async move {
        let receipt = stage.post(&way.path(), &way.request(stage.customer(), "prod")).await;
        stage.customer().deactivate_keys();
        let report = look(&stage, receipt.uid()).await;
        assert_eq!(report.ready(), Some(false), "{}", report.text);
        assert_eq!(failed(&report), ["aws.identity-valid"], "{}", report.text);
        stage.customer().activate_keys();
        assert_eq!(look(&stage, receipt.uid()).await.ready(), Some(true));
    })
    .await;
}

#[tokio::test]
async fn a_trust_that_was_broken_since_is_seen() {
    play(&[Way::Role], |stage: Stage, way| async move {
        let receipt = stage.post(&way.path(), &way.request(stage.customer(), "prod")).await;
        stage.customer().trust_with_wrong_external_id();
        let report = look(&stage, receipt.uid()).await;
        assert_eq!(report.ready(), Some(false), "{}", report.text);
        assert!(failed(&report).contains(&"palette.validation".to_owned()), "{}", report.text);
        stage.customer().trust_palette();
        stage.customer().hide_from_gangway();
        // Palette still gets in; what Gangway cannot see is not passed.
        let report = look(&stage, receipt.uid()).await;
        assert_eq!(report.ready(), Some(true), "{}", report.text);
        let unverified = report.checks().iter().any(|check| check["outcome"] == "unverified");
        assert!(unverified, "{}", report.text);
    })
    .await;
}

#[tokio::test]
async fn a_gateway_that_stopped_since_is_seen() {
    everywhere(|stage: Stage, way| async move {
        let request = way.request(stage.customer(), "prod");
        let request = with(&request, json!({"privateCloudGateway": "dc-east"}));
        let receipt = stage.post(&way.path(), &request).await;
        assert_eq!(look(&stage, receipt.uid()).await.ready(), Some(true));
        {
            let mut records = stage.cloud().palette().records();
            let gateways = &mut records.tenants[0].gateways;
            let gateway = gateways.iter_mut().find(|one| one.name == "dc-east");
            gateway.expect("that gateway").state = "Error".to_owned();
        }
        let report = look(&stage, receipt.uid()).await;
        assert_eq!(failed(&report), ["palette.gateway-running"], "{}", report.text);
    })
    .await;
}

#[tokio::test]
async fn an_account_that_was_made_by_hand_is_looked_at_as_far_as_that_goes() {
    everywhere(|stage: Stage, way| async move {
        let (customer, partition) = (stage.customer(), stage.partition().id());
        let spec = match way {
            Way::Keys => json!({
                "credentialType": "secret", "partition": partition, "policyARNs": [],
                "accessKey": customer.keys.id, "secretKey": customer.keys.secret,
            }),
            Way::Role => json!({
                "credentialType": "sts", "partition": partition, "policyARNs": [],
                "sts": {"arn": customer.role.arn()},
            }),
        };
        let uid = by_hand(&stage, None, &spec, "by-hand");
        let report = look(&stage, &uid).await;
        assert_eq!(report.ready(), Some(true), "{}", report.text);
        match way {
            Way::Keys => {
                assert_eq!(report.check("vault.secret-in-use")["outcome"], "unverified");
            }
            Way::Role => assert_eq!(report.check("palette.validation")["outcome"], "passed"),
        }
        let noticed = report.body["notices"].to_string();
        assert!(noticed.contains("No permission profile is noted"), "{noticed}");
        // A registration of the same name and identity takes it over.
        stage.realm().functions.kill();
        let receipt = stage.post(&way.path(), &way.request(customer, "by-hand")).await;
        assert_eq!((receipt.uid(), receipt.outcome()), (&*uid, "updated"), "{}", receipt.text);
        let report = look(&stage, &uid).await;
        assert_eq!(report.ready(), Some(true), "{}", report.text);
        assert!(!report.body["notices"].to_string().contains("No permission profile is noted"));
    })
    .await;
}

#[tokio::test]
async fn a_secret_that_is_gone_or_another_than_palettes_is_seen() {
    play(&[Way::Keys], |stage: Stage, way| async move {
        let receipt = stage.post(&way.path(), &way.request(stage.customer(), "prod")).await;
        let key = stage.customer().user.keys();
        stage.cloud().palette().records().accounts[0].body["spec"]["accessKey"] = json!(key.id);
        let report = look(&stage, receipt.uid()).await;
        assert_eq!(report.check("vault.secret-matches-palette")["outcome"], "failed");
        let masked = SecretsOnRead::MaskedWithId;
        stage.cloud().palette().behave(|palette| palette.secrets = masked);
        let report = look(&stage, receipt.uid()).await;
        assert_eq!(report.check("vault.secret-matches-palette")["outcome"], "unverified");
        let arn = receipt.text_at("/secretArn");
        let deletion = json!({"SecretId": arn, "RecoveryWindowInDays": 7});
        let administrator = stage.realm().administrator();
        administrator.secrets("DeleteSecret", &deletion).await.expect("an answer");
        let report = look(&stage, receipt.uid()).await;
        assert_eq!(failed(&report), ["vault.secret-in-use"], "{}", report.text);
    })
    .await;
}

#[tokio::test]
async fn an_account_of_the_tenant_is_looked_at_through_a_project_too() {
    everywhere(|stage: Stage, way| async move {
        let receipt = stage.post(&way.path(), &way.request(stage.customer(), "prod")).await;
        let project = stage.cloud().palette().records().tenants[0].projects[0].uid.clone();
        let path = format!("/v1/accounts/{}/validate?project={project}", receipt.uid());
        let report = stage.post(&path, &json!({})).await;
        assert_eq!(report.ready(), Some(true), "{}", report.text);
    })
    .await;
}
