//! What Gangway did not make is not changed.

use gangway_model::{Partition, PermissionProfile};
use local_cloud::{aws::Account, world::Kind};
use serde_json::json;

use crate::scene::{ROLE, Scene};

/// The role as a person would have made it after Palette's documents.
pub(crate) fn made_by_hand(scene: &Scene, account: &Account, external_id: &str) {
    let (realm, role) = (scene.realm(), account.role(ROLE));
    for document in gangway_policies::documents_for(PermissionProfile::CoreEks) {
        role.attach(&account.policy(document.name(), &document.render(realm.partition)));
    }
    let palette = realm.palette.id().parse().expect("an account id");
    role.trust(&gangway_policies::trust_policy(realm.partition, palette, external_id));
    role.tag("owner", "platform");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_role_of_somebody_else_is_registered_as_it_is() {
    for partition in [Partition::Aws, Partition::AwsUsGov] {
        let scene = Scene::start(partition).await;
        let organization = scene.organization();
        let vended = organization.vend(Kind::ControlTower, "team", &organization.sandbox);
        made_by_hand(&scene, &vended.account, &scene.realm().external_id);
        let before = (vended.account.roles(), vended.account.policies());
        scene.put(&vended.events[2..]).await;
        scene.work_off().await;
        assert_eq!(scene.registered(&vended.account).len(), 1, "{}", scene.logs());
        assert_eq!((vended.account.roles(), vended.account.policies()), before);
        assert_eq!(scene.dead(), []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_of_somebody_else_that_keeps_palette_out_is_for_a_person() {
    let scene = Scene::start(Partition::Aws).await;
    let organization = scene.organization().ago(std::time::Duration::from_hours(2));
    let vended = organization.vend(Kind::ControlTower, "team", &organization.sandbox);
    made_by_hand(&scene, &vended.account, "another-tenants-external-id");
    let before = (vended.account.roles(), vended.account.policies());
    scene.put(&vended.events[2..]).await;
    scene.work_off().await;
    assert_eq!(scene.registered(&vended.account), []);
    assert_eq!((vended.account.roles(), vended.account.policies()), before);
    scene.assert_dead(vended.account.id(), "external-id-required: asks for another external id");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_of_somebody_else_under_our_name_is_left_as_it_is() {
    let scene = Scene::start(Partition::Aws).await;
    let organization = scene.organization().ago(std::time::Duration::from_hours(2));
    let vended = organization.vend(Kind::ControlTower, "team", &organization.sandbox);
    let document = gangway_policies::documents_for(PermissionProfile::CoreEks)[0];
    let other = json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
    });
    let arn = vended.account.policy_at("/gangway/", document.name(), &other);
    scene.put(&vended.events[2..]).await;
    scene.work_off().await;
    let found = vended.account.policies().into_iter().find(|policy| policy.arn == arn);
    let found = found.expect("it is still there");
    assert_eq!((found.document, found.versions.len(), found.tags.len()), (other, 1, 0));
    assert_eq!(scene.registered(&vended.account), []);
    scene.assert_dead(vended.account.id(), "is not this deployment's own");
}
