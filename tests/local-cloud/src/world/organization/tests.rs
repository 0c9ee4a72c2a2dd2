//! Accounts as each kind of vending makes them, and what is told of them.

use gangway_model::Partition;
use serde_json::json;

use super::*;
use crate::{
    Options, World,
    aws::{Role, client::Client},
    outbound,
    template::Template,
    world::Realm,
};

async fn world() -> World {
    let template = Template::parse("Resources: {}").unwrap();
    let partitions = [Partition::Aws, Partition::AwsUsGov];
    World::of(Options::default(), &template, &partitions).await.unwrap()
}

/// Whether somebody from the management account, or by one of its roles, gets in by this role.
async fn enters(
    world: &World,
    realm: &Realm,
    by: Option<&Role>,
    account: &Account,
    role: &str,
) -> bool {
    let arn = format!("arn:{}:iam::{}:role/{role}", account.partition(), account.id());
    let client = match by {
        None => realm.administrator().clone(),
        Some(role) => {
            let http = outbound::client(None);
            Client::new(http, &world.cloud.url(), realm.region, &role.session("test"))
        }
    };
    client.assume(&arn, "test", None).await.unwrap().is_ok()
}

fn names(events: &[Value]) -> Vec<&str> {
    events.iter().map(name_of).collect()
}

fn name_of(event: &Value) -> &str {
    event["detail"]["eventName"].as_str().unwrap_or("-")
}

#[tokio::test]
async fn each_kind_brings_its_role_and_its_events() {
    let world = world().await;
    for realm in world.realms() {
        let organization = realm.organization();
        let admin = organization.aft_admin();
        admin.inline(
            "Assume",
            &json!({
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}],
            }),
        );
        for (kind, role, by, told) in [
            (
                Kind::ControlTower,
                "AWSControlTowerExecution",
                None,
                &["CreateAccountResult", "AccountJoinedOrganization", "CreateManagedAccount"][..],
            ),
            (
                Kind::Organizations,
                "OrganizationAccountAccessRole",
                None,
                &["CreateAccountResult", "AccountJoinedOrganization"],
            ),
            (
                Kind::Aft,
                "AWSAFTExecution",
                Some(&admin),
                &["CreateAccountResult", "AccountJoinedOrganization", "CreateManagedAccount", "-"],
            ),
            (Kind::Invited, "", None, &["AccountJoinedOrganization"]),
        ] {
            let vended = organization.vend(kind, "team", &organization.production);
            assert_eq!(names(&vended.events), told, "{kind:?}");
            if role.is_empty() {
                assert!(vended.entry.is_none());
            } else {
                assert!(enters(&world, realm, by, &vended.account, role).await, "{kind:?}");
            }
            let member = organization.api.member(vended.account.id()).unwrap();
            assert_eq!(member.parent, organization.production);
        }
    }
}

#[tokio::test]
async fn a_govcloud_twin_is_entered_from_govcloud_and_joins_by_invitation() {
    let world = world().await;
    let (aws, gov) = (world.realm(Partition::Aws), world.realm(Partition::AwsUsGov));
    let vended = aws.organization().vend(Kind::GovCloud, "team", &aws.organization().sandbox);
    let twin = vended.twin.unwrap();
    let status = &vended.events[0]["detail"]["serviceEventDetails"]["createAccountStatus"];
    assert_eq!(
        (&status["accountId"], &status["govCloudAccountId"]),
        (&json!(vended.account.id()), &json!(twin.id()))
    );
    assert_eq!(status["accountName"], "****");
    assert!(enters(&world, gov, None, &twin, "OrganizationAccountAccessRole").await);
    assert!(gov.organization().api.member(twin.id()).is_none());
    let [joined] =
        gov.organization().invite(&twin, "team", &gov.organization().sandbox).try_into().unwrap();
    assert_eq!(joined["detail"]["serviceEventDetails"]["joinedMethod"], "INVITED");
    assert_eq!(
        (joined["region"].as_str(), joined["account"].as_str()),
        (Some("us-gov-west-1"), Some(gov.deployment.id()))
    );
}

#[tokio::test]
async fn a_quarantine_denies_everything_and_can_be_lifted() {
    let world = world().await;
    let realm = world.realm(Partition::Aws);
    let organization = realm.organization();
    let vended = organization.vend(Kind::ControlTower, "team", &organization.sandbox);
    organization.quarantine(&vended.account);
    let arn = vended.entry.as_ref().unwrap().arn();
    let keys = realm.administrator().assume(&arn, "test", None).await.unwrap().unwrap();
    let inside = realm.administrator().with_keys(&keys);
    let list = || inside.query("iam", "ListPolicies", &[("Scope", "Local")]);
    let refused = list().await.unwrap();
    assert!(refused.body.contains("explicit deny in a service control policy"), "{}", refused.body);
    organization.lift(&vended.account);
    assert_eq!(list().await.unwrap().status, 200);
    organization.close(&vended.account);
    assert!(!enters(&world, realm, None, &vended.account, "AWSControlTowerExecution").await);
}
