//! Palette's validation is real: it gets in where the set-up is good, and tells why where it is not.

use std::time::Duration;

use gangway_policies::PolicyDocument;
use serde_json::{Value, json};

use super::*;
use crate::{Host, aws::Keys, outbound, palette::ADMIN_KEY};

const NONE: &str = "Resources: {}";

async fn world(tls: bool) -> World {
    let (template, partitions) =
        (Template::parse(NONE).unwrap(), [Partition::Aws, Partition::AwsUsGov]);
    World::of(Options { tls, ..Options::default() }, &template, &partitions).await.unwrap()
}

async fn post(world: &World, path: &str, body: &Value) -> (u16, Value) {
    let http = outbound::client(world.cloud.ca_pem());
    let request = http.post(format!("{}/v1/clouds/aws/{path}", world.cloud.url()));
    let response = request.header("ApiKey", ADMIN_KEY).json(body).send().await.unwrap();
    let status = response.status().as_u16();
    (status, serde_json::from_str(&response.text().await.unwrap()).unwrap_or_default())
}

fn keys(realm: &Realm) -> Value {
    let keys = &realm.customers[0].keys;
    let mut spec = json!({"credentialType": "secret", "partition": realm.partition.id(), "accessKey": keys.id,
                          "secretKey": keys.secret, "policyARNs": []});
    if let Some(ca) = &realm.certificate_authority {
        spec["secretSpec"] = json!({"isCapValidationEnabled": false, "tls": {"ca": ca}});
    }
    spec
}

fn role(realm: &Realm, external_id: &str) -> Value {
    json!({"credentialType": "sts", "partition": realm.partition.id(), "policyARNs": [],
           "sts": {"arn": realm.customers[0].role.arn(), "externalId": external_id}})
}

async fn validated(world: &World, spec: &Value) -> (u16, String) {
    let (status, answer) = post(world, "account/validate", spec).await;
    (status, answer["message"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn f18_f33_palette_gets_in_with_keys_and_roles_that_are_good_in_both_partitions_over_tls_too()
{
    for tls in [false, true] {
        let world = world(tls).await;
        for realm in world.realms() {
            assert_eq!(validated(&world, &keys(realm)).await, (204, String::new()));
            let role = role(realm, &realm.external_id);
            assert_eq!(validated(&world, &role).await, (204, String::new()));
        }
        let calls = world.cloud.calls().of("sts", "AssumeRole");
        assert!(calls.len() == 2 && calls.iter().all(|call| call.nested), "{calls:?}");
    }
}

#[tokio::test]
async fn f33_palette_is_kept_out_by_an_external_id_that_is_not_the_roles() {
    let world = world(false).await;
    let realm = world.realm(Partition::Aws);
    let (status, message) = validated(&world, &role(realm, "another-external-id")).await;
    assert!(status == 400 && message.contains("AccessDenied"), "{message}");
    realm.customers[0].trust_with_wrong_external_id();
    let right = role(realm, &realm.external_id);
    let (status, message) = validated(&world, &right).await;
    assert!(status == 400 && message.contains("AccessDenied"), "{message}");
    realm.customers[0].trust_palette();
    assert_eq!(validated(&world, &right).await.0, 204);
    world.cloud.palette().records().sts_sources.remove("aws");
    let (_, message) = validated(&world, &right).await;
    assert!(message.contains("AwsStsAccountNotConfigured"), "{message}");
}

#[tokio::test]
async fn f34_no_identity_of_one_partition_is_good_in_another() {
    let world = world(false).await;
    let (aws, gov) = (world.realm(Partition::Aws), world.realm(Partition::AwsUsGov));
    for mut foreign in [role(aws, &gov.external_id), keys(aws)] {
        foreign["partition"] = json!("aws-us-gov");
        let (status, message) = validated(&world, &foreign).await;
        assert!(status == 400 && message.contains("InvalidClientTokenId"), "{message}");
    }
}

#[tokio::test]
async fn f18_keys_that_aws_refuses_are_refused_in_aws_words_and_if_wished_with_the_keys_repeated() {
    let world = world(false).await;
    let realm = world.realm(Partition::Aws);
    realm.customers[0].deactivate_keys();
    assert_eq!(validated(&world, &keys(realm)).await.0, 400);
    realm.customers[0].activate_keys();
    assert_eq!(validated(&world, &keys(realm)).await.0, 204);
    world.cloud.palette().behave(|behaviour| behaviour.validation_fails_with_500 = true);
    let mut wrong = keys(realm);
    wrong["secretKey"] = json!("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
    let (status, message) = validated(&world, &wrong).await;
    assert!(status == 500 && message.contains("SignatureDoesNotMatch"), "{message}");
    assert!(!message.contains("wJalr"));
    world.cloud.palette().behave(|behaviour| behaviour.errors_repeat_secrets = true);
    assert!(validated(&world, &wrong).await.1.contains("wJalr"));
}

#[tokio::test]
async fn f20_policies_are_those_that_the_credential_sees() {
    let world = world(false).await;
    let realm = world.realm(Partition::AwsUsGov);
    let customer = &realm.customers[0];
    let (status, answer) = post(&world, "policies", &keys(realm)).await;
    assert_eq!(status, 200, "{answer}");
    let arn = customer.policy(PolicyDocument::Nodes);
    let policies = answer["policies"].as_array().unwrap();
    assert!(policies.iter().any(|policy| policy["arn"] == json!(arn)), "{answer}");
    let body = json!({"account": keys(realm), "policyArns": [arn]});
    assert_eq!(post(&world, "policyArns/validate", &body).await.0, 204);
    customer.account.remove_policy(&arn);
    let (status, answer) = post(&world, "policyArns/validate", &body).await;
    let message = answer["message"].as_str().unwrap();
    assert!(status == 400 && message.contains("NoSuchEntity"), "{message}");
}

#[tokio::test]
async fn gangways_own_account_keeps_palettes_key_and_its_authority() {
    let world = world(true).await;
    let realm = world.realm(Partition::Aws);
    let current = |name| realm.deployment.secret(name).unwrap().current.unwrap();
    assert_eq!(current(API_KEY_SECRET), ADMIN_KEY);
    assert_eq!(Some(current("gangway/palette-ca-bundle").as_str()), world.cloud.ca_pem());
    realm.keep(API_KEY_SECRET, "another").await;
    assert_eq!(current(API_KEY_SECRET), "another");
}

#[tokio::test]
async fn every_partition_is_furnished_from_the_repositorys_own_template() {
    let world = World::start(Options::default()).await.unwrap();
    for (realm, offers_sts) in world.realms().iter().zip([true, true, false, false]) {
        assert_eq!(realm.source.is_some(), offers_sts, "{}", realm.partition);
        assert_eq!(realm.functions.get("sts").is_some(), offers_sts, "{}", realm.partition);
        assert!(realm.functions.get("static-credentials").is_some());
        assert_eq!(validated(&world, &keys(realm)).await, (204, String::new()));
        let arn = realm.customers[1].role.arn();
        assert!(arn.starts_with(&format!("arn:{}:iam::4", realm.partition)), "{arn}");
    }
}

#[tokio::test]
async fn who_reaches_another_address_than_loopbacks_finds_every_part_there() {
    let host: Host = "127.0.0.2".parse().unwrap();
    let (template, partitions) = (Template::of_repository().unwrap(), [Partition::AwsIsoB]);
    let options = Options { tls: true, host, ..Options::default() };
    let world = World::of(options, &template, &partitions).await.unwrap();
    let realm = world.realm(Partition::AwsIsoB);
    let (cloud, portal) = (world.cloud.url(), realm.portal.as_ref().unwrap());
    let environment = realm.functions.get("scap").unwrap().environment();
    assert_eq!((&environment["AWS_ENDPOINT_URL"], &environment["PALETTE_URL"]), (&cloud, &cloud));
    assert_eq!(environment["GANGWAY_SCAP_URL"], portal.url());
    for url in [&cloud, &portal.url()] {
        assert!(url.starts_with("https://127.0.0.2:"), "{url}");
    }
    // Its certificate is for that name, and the request is one that the portal takes for its own.
    let there = outbound::client(Some(&portal.ca_pem())).get(portal.url()).send().await.unwrap();
    assert_eq!(there.status(), 200, "{:?}", there.text().await);
    assert_eq!(validated(&world, &keys(realm)).await, (204, String::new()));
}

#[tokio::test]
async fn an_environment_that_is_written_down_stays_good_for_half_a_day() {
    let template = Template::of_repository().unwrap();
    let world = World::of(Options::default(), &template, &[Partition::Aws]).await.unwrap();
    let realm = world.realm(Partition::Aws);
    let environment = realm.functions.get("accounts").unwrap().environment();
    let value = |name: &str| environment[name].clone();
    let keys = Keys {
        id: value("AWS_ACCESS_KEY_ID"),
        secret: value("AWS_SECRET_ACCESS_KEY"),
        token: Some(value("AWS_SESSION_TOKEN")),
    };
    let function = realm.administrator().with_keys(&keys);
    for (hours, expired) in [(11, None), (2, Some("ExpiredToken".to_owned()))] {
        world.cloud.clock().advance(Duration::from_secs(hours * 3600));
        let answer = function.query("sts", "GetCallerIdentity", &[]).await.unwrap();
        assert_eq!(answer.code(), expired);
    }
}
