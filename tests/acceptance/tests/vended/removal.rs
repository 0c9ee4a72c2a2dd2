//! Accounts that are closed or leave the organization.

use gangway_model::Partition;
use local_cloud::{
    Effect, Fault,
    aws::Account,
    fixtures::{VendedAccount, VendingSource},
    http_client,
};
use serde_json::json;

use crate::fixture::{PALETTE_ROLE, VendingApp};

/// Vends an AWS account, and waits until it is registered.
async fn register_vended_account(app: &VendingApp) -> VendedAccount {
    let organization = app.organization();
    let vended = organization.vend(VendingSource::ControlTower, "team", &organization.sandbox);
    app.put_events(&vended.events[2..]).await;
    app.process_all().await;
    app.assert_registered(&vended.account);
    vended
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_account_is_reported_and_kept_in_palette() {
    let app = VendingApp::start(Partition::Aws).await;
    let vended = register_vended_account(&app).await;
    app.cloud().calls().clear();
    app.lambda.logs().clear();
    app.put_events(&app.organization().close(&vended.account)).await;
    app.process_all().await;
    assert_eq!(app.palette_accounts(&vended.account).len(), 1);
    assert_eq!(app.write_calls(), Vec::<String>::new());
    app.assert_outcomes(vended.account.id(), 1).await;
    assert_eq!(app.dead_messages(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_or_removed_account_is_offboarded_when_configured() {
    for partition in [Partition::Aws, Partition::AwsUsGov] {
        let app = VendingApp::start_with_settings(partition, |_| {
            vec![("GANGWAY_OFFBOARDING", "remove".to_owned())]
        })
        .await;
        let (closed, left, stays) = (
            register_vended_account(&app).await,
            register_vended_account(&app).await,
            register_vended_account(&app).await,
        );
        app.put_events(&app.organization().close(&closed.account)).await;
        app.put_events(&app.organization().remove_account(&left.account)).await;
        app.process_all().await;
        for gone in [&closed, &left] {
            assert_eq!(app.palette_accounts(&gone.account), [], "{}", app.logs());
        }
        app.assert_registered(&stays.account);
        assert!(
            left.account.role_snapshot(PALETTE_ROLE).is_some(),
            "nothing is deleted in the customer's account"
        );
        assert_eq!(app.dead_messages(), []);
        // An event about an account that is not registered, or no longer registered, changes
        // nothing.
        let unknown =
            app.organization().vend(VendingSource::Invited, "unknown", &app.organization().sandbox);
        app.put_events(&app.organization().close(&unknown.account)).await;
        app.put_events(&[app.organization().custom_event("offboard", closed.account.id())]).await;
        app.process_all().await;
        assert_eq!(app.dead_messages(), []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn offboard_request_always_publishes_an_outcome_event() {
    let app = VendingApp::start(Partition::Aws).await;
    let active = register_vended_account(&app).await;
    let sandbox = &app.organization().sandbox;
    let unknown = app.organization().vend(VendingSource::Invited, "unknown", sandbox);
    drop(app.organization().close(&unknown.account));
    for (account, kind, outcome) in [
        (&active.account, "Gangway Account Rejected", "rejected"),
        (&unknown.account, "Gangway Account Removed", "absent"),
    ] {
        app.put_events(&[app.organization().custom_event("offboard", account.id())]).await;
        app.process_all().await;
        let events = app.deployment().gangway_account.put_events().pop().expect("an event");
        assert_eq!(events["detail-type"], kind, "{events:#}");
        let detail = &events["detail"];
        assert_eq!(
            (&detail["operation"], &detail["outcome"]),
            (&json!("offboard"), &json!(outcome))
        );
        assert_eq!(detail["awsAccountId"], account.id());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn removal_that_aws_refused_is_ignored() {
    let app = VendingApp::start_with_settings(Partition::Aws, |_| {
        vec![("GANGWAY_OFFBOARDING", "remove".to_owned())]
    })
    .await;
    let vended = register_vended_account(&app).await;
    let mut events = app.organization().remove_account(&vended.account);
    events.truncate(1);
    events[0]["detail"]["errorCode"] = "AccessDenied".into();
    app.put_events(&events).await;
    app.process_all().await;
    assert_eq!(app.palette_accounts(&vended.account).len(), 1);
}

/// A caller replaces the role by access keys, and then the keys by the role. Secrets Manager fails,
/// so the secret with the keys remains.
#[tokio::test(flavor = "multi_thread")]
async fn registered_keys_are_removed_with_the_account() {
    let app = VendingApp::start_with_settings(Partition::Aws, |_| {
        vec![("GANGWAY_OFFBOARDING", "remove".to_owned())]
    })
    .await;
    let account = register_vended_account(&app).await.account;
    let [registered] = app.palette_accounts(&account).try_into().expect("one account");
    let user = account.user("palette");
    for policy in account.policies() {
        user.attach(&policy.arn);
    }
    let (keys, role, name) =
        (user.create_access_key(), account.role(PALETTE_ROLE).arn(), registered.name);
    let keys = json!({"name": name, "accessKeyId": keys.id, "secretAccessKey": keys.secret});
    let gateway = app.deployment().start_gateway(0).await;
    let put = async |method: &str, body: serde_json::Value| {
        let url = format!("{}/v1/tenant/accounts/{method}/{}", gateway.url(), registered.uid);
        let response =
            http_client::client(None).put(url).json(&body).send().await.expect("a response");
        (response.status().as_u16(), response.text().await.expect("text"))
    };
    let (status, text) = put("static-credentials", keys).await;
    assert_eq!(status, 200, "{text}");
    app.cloud().fault(Fault::on("secretsmanager", "TagResource", Effect::InternalError));
    let (status, text) = put("sts", json!({"name": name, "roleArn": role})).await;
    assert_eq!(status, 502, "{text}");
    app.cloud().faults().clear();
    let kept = || {
        let secrets = app.deployment().gangway_account.secrets().into_iter();
        secrets.filter(|one| one.name.ends_with(&name)).map(|one| one.deleted).collect::<Vec<_>>()
    };
    assert_eq!(kept(), [false]);
    // The first delivery deletes the account in Palette, and fails when it deletes the secret.
    app.lambda.logs().clear();
    app.cloud().fault(Fault::on("secretsmanager", "TagResource", Effect::InternalError));
    app.put_events(&app.organization().close(&account)).await;
    app.wait_for_log("upstream-error").await;
    app.wait_until_idle().await;
    assert_eq!(app.palette_accounts(&account), [], "{}", app.logs());
    assert_eq!(kept(), [false]);
    app.cloud().faults().clear();
    app.advance_to_retry().await;
    app.process_all().await;
    assert_eq!(kept(), [true], "{}", app.logs());
    app.assert_outcomes(account.id(), 2).await;
    assert_eq!(app.logged_outcomes(account.id()), ["upstream-error", "removed"]);
    assert_eq!(app.dead_messages(), []);
}

/// A function that removes an AWS account, and returns the events about that.
type RemovalEvents<'a> = &'a dyn Fn(&Account) -> Vec<serde_json::Value>;

/// The filters of the deployment decide which closed or removed accounts are offboarded.
#[tokio::test(flavor = "multi_thread")]
async fn events_remove_only_accounts_that_match_the_filters() {
    let app = VendingApp::start_with_settings(Partition::Aws, |organization| {
        vec![
            ("GANGWAY_OFFBOARDING", "remove".to_owned()),
            ("GANGWAY_EXCLUDE_OUS", organization.production.clone()),
        ]
    })
    .await;
    let organization = app.organization();
    let close = |account: &Account| organization.close(account);
    let depart = |account: &Account| organization.remove_account(account);
    let asked = |account: &Account| vec![organization.custom_event("offboard", account.id())];
    let payload = |account: &Account| {
        drop(organization.close(account));
        asked(account)
    };
    let cases: [(&str, bool, RemovalEvents<'_>, &str); 6] = [
        ("closed and chosen", false, &close, "removed"),
        ("closed in an excluded OU", true, &close, "reported"),
        // Organizations no longer shows the OUs of an account that has left.
        ("left", false, &depart, "reported"),
        ("closed and asked for", false, &payload, "removed"),
        ("asked for while it is ACTIVE", false, &asked, "ignored"),
        ("closed and asked for in an excluded OU", true, &payload, "removed"),
    ];
    for (what, left_out, removal_events, outcome) in cases {
        let account = register_vended_account(&app).await.account;
        if left_out {
            organization.api.move_account(account.id(), &organization.production);
        }
        app.lambda.logs().clear();
        app.put_events(&removal_events(&account)[..1]).await;
        app.process_all().await;
        app.wait_for_log(&format!("\"outcome\":\"{outcome}\"")).await;
        assert_eq!(app.logged_outcomes(account.id()), [outcome], "{what}");
        let stays = usize::from(outcome != "removed");
        assert_eq!(app.palette_accounts(&account).len(), stays, "{what}");
    }
    assert_eq!(app.dead_messages(), []);
}

/// Organizations no longer shows the name of an account that has left.
#[tokio::test(flavor = "multi_thread")]
async fn account_that_left_is_removed_only_without_a_name_filter() {
    for (names, stays) in [("*", 0), ("te?m", 1)] {
        let settings = vec![
            ("GANGWAY_OFFBOARDING", "remove".into()),
            ("GANGWAY_ACCOUNT_NAME_FILTER", names.into()),
        ];
        let app = VendingApp::start_with_settings(Partition::Aws, |_organization| settings).await;
        let account = register_vended_account(&app).await.account;
        app.put_events(&app.organization().remove_account(&account)).await;
        app.process_all().await;
        assert_eq!(app.palette_accounts(&account).len(), stays, "{names}");
        assert_eq!(app.dead_messages(), []);
    }
}

/// The account is registered twice: in the tenant by its event, and in a project by a caller.
#[tokio::test(flavor = "multi_thread")]
async fn removal_is_published_although_a_later_removal_fails() {
    let app = VendingApp::start_with_settings(Partition::Aws, |organization| {
        let scopes = format!("{}=project:Payments", organization.production);
        vec![("GANGWAY_OFFBOARDING", "remove".to_owned()), ("GANGWAY_OU_SCOPE_MAP", scopes)]
    })
    .await;
    let account = register_vended_account(&app).await.account;
    let [first] = app.palette_accounts(&account).try_into().expect("one account");
    let gateway = app.deployment().start_gateway(0).await;
    let url = format!("{}/v1/projects/Payments/accounts/sts", gateway.url());
    let body = json!({"name": first.name, "roleArn": account.role(PALETTE_ROLE).arn()});
    let response = http_client::client(None).post(url).json(&body).send().await;
    let response = response.expect("a response");
    assert_eq!(response.status(), 201, "{}", response.text().await.expect("text"));
    let mut uids: Vec<_> = app.palette_accounts(&account).into_iter().map(|one| one.uid).collect();
    uids.sort_unstable();
    let delete = "DELETE /v1/cloudaccounts/aws/{uid}";
    app.cloud().fault(Fault::on("palette", delete, Effect::Unavailable).nth(2).times(100));
    app.put_events(&app.organization().close(&account)[..1]).await;
    app.wait_for_log("upstream-error").await;
    app.wait_until_idle().await;
    let removed = || {
        let events = app.deployment().gangway_account.put_events().into_iter();
        let removed = events.filter(|event| event["detail-type"] == "Gangway Account Removed");
        let uids = removed.filter_map(|event| event["detail"]["uid"].as_str().map(str::to_owned));
        let mut uids: Vec<_> = uids.collect();
        uids.sort_unstable();
        uids
    };
    assert_eq!(app.palette_accounts(&account).len(), 1, "{}", app.logs());
    let events = removed();
    assert_eq!(events.len(), 1, "{events:?}");
    assert_ne!(events, [app.palette_accounts(&account).remove(0).uid]);
    app.cloud().faults().clear();
    app.advance_to_retry().await;
    app.process_all().await;
    assert_eq!(app.palette_accounts(&account), []);
    assert_eq!(removed(), uids);
    assert_eq!(app.dead_messages(), []);
}
