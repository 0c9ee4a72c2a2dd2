//! Accounts that are closed or leave.

use gangway_model::Partition;
use local_cloud::{
    Effect, Fault,
    aws::Account,
    outbound,
    world::{Kind, Vended},
};
use serde_json::json;

use crate::scene::{ROLE, Scene};

async fn aboard(scene: &Scene) -> Vended {
    let organization = scene.organization();
    let vended = organization.vend(Kind::ControlTower, "team", &organization.sandbox);
    scene.put(&vended.events[2..]).await;
    scene.work_off().await;
    scene.assert_aboard(&vended.account);
    vended
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_account_is_reported_and_stays_in_palette() {
    let scene = Scene::start(Partition::Aws).await;
    let vended = aboard(&scene).await;
    scene.cloud().calls().clear();
    scene.lambda.logs().clear();
    scene.put(&scene.organization().close(&vended.account)).await;
    scene.work_off().await;
    assert_eq!(scene.registered(&vended.account).len(), 1);
    assert_eq!(scene.writes(), Vec::<String>::new());
    scene.assert_outcomes(vended.account.id(), 1).await;
    assert_eq!(scene.dead(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_account_or_one_that_left_is_removed_where_that_is_wanted() {
    for partition in [Partition::Aws, Partition::AwsUsGov] {
        let scene =
            Scene::with(partition, |_| vec![("GANGWAY_OFFBOARDING", "remove".to_owned())]).await;
        let (closed, left, stays) =
            (aboard(&scene).await, aboard(&scene).await, aboard(&scene).await);
        scene.put(&scene.organization().close(&closed.account)).await;
        scene.put(&scene.organization().depart(&left.account)).await;
        scene.work_off().await;
        for gone in [&closed, &left] {
            assert_eq!(scene.registered(&gone.account), [], "{}", scene.logs());
        }
        scene.assert_aboard(&stays.account);
        assert!(
            left.account.role_seen(ROLE).is_some(),
            "nothing is deleted in the customer's account"
        );
        assert_eq!(scene.dead(), []);
        // Told again, or of an account that never came aboard.
        let unknown =
            scene.organization().vend(Kind::Invited, "unknown", &scene.organization().sandbox);
        scene.put(&scene.organization().close(&unknown.account)).await;
        scene.put(&[scene.organization().custom("offboard", closed.account.id())]).await;
        scene.work_off().await;
        assert_eq!(scene.dead(), []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_that_aws_refused_is_none() {
    let scene =
        Scene::with(Partition::Aws, |_| vec![("GANGWAY_OFFBOARDING", "remove".to_owned())]).await;
    let vended = aboard(&scene).await;
    let mut events = scene.organization().depart(&vended.account);
    events.truncate(1);
    events[0]["detail"]["errorCode"] = "AccessDenied".into();
    scene.put(&events).await;
    scene.work_off().await;
    assert_eq!(scene.registered(&vended.account).len(), 1);
}

/// Somebody gives Palette keys instead of the role, and then the role again: Secrets Manager fails just before the keys would
/// have gone.
#[tokio::test(flavor = "multi_thread")]
async fn keys_that_were_left_behind_go_with_the_account() {
    let scene =
        Scene::with(Partition::Aws, |_| vec![("GANGWAY_OFFBOARDING", "remove".to_owned())]).await;
    let account = aboard(&scene).await.account;
    let [registered] = scene.registered(&account).try_into().expect("one account");
    let user = account.user("palette");
    for policy in account.policies() {
        user.attach(&policy.arn);
    }
    let (keys, role, name) = (user.keys(), account.role(ROLE).arn(), registered.name);
    let keys = json!({"name": name, "accessKeyId": keys.id, "secretAccessKey": keys.secret});
    let gateway = scene.realm().gateway(0).await;
    let put = async |method: &str, body: serde_json::Value| {
        let url = format!("{}/v1/accounts/{method}/{}", gateway.url(), registered.uid);
        let answer = outbound::client(None).put(url).json(&body).send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("text"))
    };
    let (status, told) = put("static-credentials", keys).await;
    assert_eq!(status, 200, "{told}");
    scene.cloud().fault(Fault::on("secretsmanager", "TagResource", Effect::InternalError));
    let (status, told) = put("sts", json!({"name": name, "roleArn": role})).await;
    assert_eq!(status, 502, "{told}");
    scene.cloud().faults().clear();
    let kept = || {
        let secrets = scene.realm().deployment.secrets().into_iter();
        secrets.filter(|one| one.name.ends_with(&name)).map(|one| one.deleted).collect::<Vec<_>>()
    };
    assert_eq!(kept(), [false]);
    scene.put(&scene.organization().close(&account)).await;
    scene.work_off().await;
    assert_eq!(scene.registered(&account), [], "{}", scene.logs());
    assert_eq!(kept(), [true]);
    assert_eq!(scene.dead(), []);
}

/// How an account goes: the events that tell.
type Goes<'a> = &'a dyn Fn(&Account) -> Vec<serde_json::Value>;

/// What is closed or has left goes by itself only where this deployment would have brought it aboard.
#[tokio::test(flavor = "multi_thread")]
async fn only_what_would_come_aboard_goes_by_event_and_what_is_asked_for_goes() {
    let scene = Scene::with(Partition::Aws, |organization| {
        vec![
            ("GANGWAY_OFFBOARDING", "remove".to_owned()),
            ("GANGWAY_EXCLUDE_OUS", organization.production.clone()),
        ]
    })
    .await;
    let organization = scene.organization();
    let close = |account: &Account| organization.close(account);
    let depart = |account: &Account| organization.depart(account);
    let ask = |account: &Account| vec![organization.custom("offboard", account.id())];
    let cases: [(&str, bool, Goes<'_>, &str); 5] = [
        ("closed and chosen", false, &close, "removed"),
        ("closed in a unit that is left out", true, &close, "reported"),
        // Nobody can tell any more which units it was in.
        ("left", false, &depart, "reported"),
        ("asked for", false, &ask, "removed"),
        ("asked for in a unit that is left out", true, &ask, "removed"),
    ];
    for (what, left_out, goes, outcome) in cases {
        let account = aboard(&scene).await.account;
        if left_out {
            organization.api.move_to(account.id(), &organization.production);
        }
        scene.lambda.logs().clear();
        scene.put(&goes(&account)[..1]).await;
        scene.work_off().await;
        scene.written(&format!("\"outcome\":\"{outcome}\"")).await;
        assert_eq!(scene.outcomes(account.id()), [outcome], "{what}");
        let stays = usize::from(outcome == "reported");
        assert_eq!(scene.registered(&account).len(), stays, "{what}");
    }
    assert_eq!(scene.dead(), []);
}

/// By name: what has left has none that anybody could look at.
#[tokio::test(flavor = "multi_thread")]
async fn what_left_goes_by_event_only_where_every_name_comes_aboard() {
    for (names, stays) in [("*", 0), ("te?m", 1)] {
        let settings = vec![
            ("GANGWAY_OFFBOARDING", "remove".into()),
            ("GANGWAY_ACCOUNT_NAME_FILTER", names.into()),
        ];
        let scene = Scene::with(Partition::Aws, |_organization| settings).await;
        let account = aboard(&scene).await.account;
        scene.put(&scene.organization().depart(&account)).await;
        scene.work_off().await;
        assert_eq!(scene.registered(&account).len(), stays, "{names}");
        assert_eq!(scene.dead(), []);
    }
}
