//! The next event restores the policies and the role that Gangway manages in an account.

use gangway_model::{Partition, PermissionProfile};
use local_cloud::fixtures::VendingSource;
use serde_json::{Value, json};

use crate::fixture::{PALETTE_ROLE, VendingApp};

/// Returns a policy document that is not Palette's.
fn old_policy_document(number: usize) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{"Sid": format!("Old{number}"), "Effect": "Allow", "Action": "ec2:Describe*", "Resource": "*"}],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn outdated_policy_gets_a_new_version() {
    let app = VendingApp::start(Partition::Aws).await;
    let organization = app.organization();
    let vended = organization.vend(VendingSource::ControlTower, "team", &organization.sandbox);
    app.put_events(&vended.events[2..]).await;
    app.process_all().await;
    let first = app.assert_registered(&vended.account);
    let document = gangway_policies::documents_for(PermissionProfile::CoreEks)[0];
    let find = || {
        let all = app.managed_policies(&vended.account);
        all.into_iter().find(|policy| policy.name == document.name()).expect("the policy")
    };
    let arn = find().arn;
    let path = arn.split(":policy").nth(1).and_then(|rest| rest.strip_suffix(document.name()));
    let path = path.expect("a path").to_owned();
    for number in 2..=5 {
        vended.account.policy_with_path(&path, document.name(), &old_policy_document(number));
    }
    assert_eq!((find().versions, find().default), (vec![1, 2, 3, 4, 5], 5));
    app.put_events(&organization.update_managed_account(&vended)).await;
    app.process_all().await;
    assert_eq!((find().versions, find().default), (vec![2, 3, 4, 5, 6], 6));
    assert_eq!(app.assert_registered(&vended.account), first);
    assert_eq!(app.dead_messages(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_managed_policy_is_restored_by_the_next_event() {
    let app = VendingApp::start(Partition::AwsUsGov).await;
    let organization = app.organization();
    let vended = organization.vend(VendingSource::ControlTower, "team", &organization.sandbox);
    app.put_events(&vended.events[2..]).await;
    app.process_all().await;
    let (first, role) = (app.assert_registered(&vended.account), app.palette_role(&vended.account));
    for policy in app.managed_policies(&vended.account) {
        vended.account.policy_with_path("/gangway/", &policy.name, &old_policy_document(2));
    }
    assert_eq!(app.palette_role(&vended.account), role, "the role does not show the change");
    app.put_events(&organization.update_managed_account(&vended)).await;
    app.process_all().await;
    assert_eq!(app.assert_registered(&vended.account), first);
    let fixed = app.managed_policies(&vended.account);
    assert!(fixed.iter().all(|policy| policy.default == 3), "{fixed:?}");
    // After the policies were restored, another event changes nothing.
    app.cloud().calls().clear();
    app.put_events(&organization.update_managed_account(&vended)).await;
    app.process_all().await;
    assert_eq!(app.write_calls(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn detached_policy_is_attached_again() {
    let app = VendingApp::start(Partition::AwsUsGov).await;
    let organization = app.organization();
    let vended = organization.vend(VendingSource::ControlTower, "team", &organization.sandbox);
    app.put_events(&vended.events[2..]).await;
    app.process_all().await;
    let (first, role) = (app.assert_registered(&vended.account), app.palette_role(&vended.account));
    let ours = vended.account.role(PALETTE_ROLE);
    ours.detach(&ours.attached()[0]);
    ours.set_trust_policy(&json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow", "Principal": {"AWS": vended.account.root_arn()}, "Action": "sts:AssumeRole",
        }],
    }));
    app.put_events(&organization.update_managed_account(&vended)).await;
    app.process_all().await;
    assert_eq!(app.assert_registered(&vended.account), first);
    assert_eq!(app.palette_role(&vended.account), role);
    let published = app.deployment().gangway_account.put_events().pop().expect("an event");
    assert_eq!(published["detail"]["outcome"], "updated", "a repair is a change: {published:#}");
}

/// A policy that is deleted and created again has version `v1` again, so the version id alone does
/// not show the change.
#[tokio::test(flavor = "multi_thread")]
async fn recreated_managed_policy_is_restored_by_the_next_event() {
    for partition in [Partition::Aws, Partition::AwsUsGov] {
        let app = VendingApp::start(partition).await;
        let organization = app.organization();
        let vended = organization.vend(VendingSource::ControlTower, "team", &organization.sandbox);
        app.put_events(&vended.events[2..]).await;
        app.process_all().await;
        let first = app.assert_registered(&vended.account);
        // The member's administrator deletes a policy, and creates it again with every right.
        let policy = app.managed_policies(&vended.account).remove(0);
        let everything = json!({
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
        });
        let role = vended.account.role(PALETTE_ROLE);
        role.detach(&policy.arn);
        vended.account.delete_policy(&policy.arn);
        role.attach(&vended.account.policy_with_path("/gangway/", &policy.name, &everything));
        // The new policy does not have Gangway's tag, so Gangway does not change it.
        app.put_events(&organization.update_managed_account(&vended)).await;
        app.process_all().await;
        app.assert_dead_lettered(vended.account.id(), "differs from palette");
        role.detach(&policy.arn);
        vended.account.delete_policy(&policy.arn);
        app.put_events(&organization.update_managed_account(&vended)).await;
        app.process_all().await;
        assert_eq!(app.assert_registered(&vended.account), first);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_description_of_the_role_is_restored() {
    let app = VendingApp::start(Partition::Aws).await;
    let organization = app.organization();
    let vended = organization.vend(VendingSource::ControlTower, "team", &organization.sandbox);
    app.put_events(&vended.events[2..]).await;
    app.process_all().await;
    let keys = vended.access_role.as_ref().expect("a role").session("administrator");
    let administrator = app.deployment().administrator().with_keys(&keys);
    let administrator = administrator.in_region(vended.account.iam_region());
    let changed = [("RoleName", PALETTE_ROLE), ("Description", "Somebody else's")];
    let response = administrator.query("iam", "UpdateRole", &changed).await.expect("a response");
    assert_eq!(response.status, 200, "{}", response.body);
    app.put_events(&organization.update_managed_account(&vended)).await;
    app.process_all().await;
    let response = administrator.query("iam", "GetRole", &[("RoleName", PALETTE_ROLE)]).await;
    let body = response.expect("a response").body;
    assert!(body.contains("Created by Gangway"), "{body}");
    assert_eq!(app.dead_messages(), []);
}
