//! The sweep compares the organization with Palette, and sends messages about accounts that differ.

use std::sync::Arc;

use gangway_model::Partition;
use local_cloud::{
    Effect, Fault,
    fixtures::{Organization, VendedAccount, VendingSource},
    lambda::LambdaFunction,
};
use serde_json::{Value, json};

use crate::fixture::{PALETTE_ROLE, SWEEP_FUNCTION, VendingApp, set_environment};

/// Deploys the sweep with these environment variables.
pub(crate) fn deploy_sweep(
    app: &VendingApp,
    settings: &[(&'static str, String)],
) -> Arc<LambdaFunction> {
    let settings = settings.to_vec();
    let lambda = app
        .deployment()
        .redeploy(SWEEP_FUNCTION, |function| set_environment(&mut function.environment, settings));
    lambda.expect("the function is deployed")
}

/// Invokes the sweep. Returns its report.
pub(crate) async fn sweep(lambda: &LambdaFunction, payload: Value) -> Value {
    lambda
        .invoke(&payload)
        .await
        .unwrap_or_else(|error| panic!("{error}\n{}", lambda.logs().text()))
}

/// Returns a count of the sweep report.
pub(crate) fn count(response: &Value, what: &str) -> u64 {
    response["counts"][what].as_u64().unwrap_or_else(|| panic!("no count of {what}: {response:#}"))
}

/// Returns the ids of the AWS accounts in a list of the sweep report.
pub(crate) fn account_ids(response: &Value, what: &str) -> Vec<String> {
    let listed = response[what]["accounts"].as_array().into_iter().flatten();
    listed.filter_map(|one| one["accountId"].as_str().map(str::to_owned)).collect()
}

/// Creates AWS accounts in an OU, without sending their events.
pub(crate) fn vend(app: &VendingApp, count: usize, parent: &str) -> Vec<VendedAccount> {
    let organization = app.organization();
    (0..count)
        .map(|number| {
            organization.vend(VendingSource::Organizations, &format!("team-{number}"), parent)
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_accounts_are_reported_in_a_dry_run_and_then_queued() {
    for partition in [Partition::Aws, Partition::AwsUsGov] {
        let app = VendingApp::start(partition).await;
        let sandbox = app.organization().sandbox.clone();
        let mut accounts = vend(&app, 45, &sandbox);
        let (known, closed) = (accounts.split_off(42), accounts.split_off(40));
        for vended in known.iter().chain(&closed) {
            app.put_events(&vended.events[..1]).await;
        }
        app.process_all().await;
        for vended in &closed {
            // No event was sent.
            drop(app.organization().close(&vended.account));
        }
        let lambda = deploy_sweep(&app, &[]);

        let dry = sweep(&lambda, json!({"dryRun": true})).await;
        assert_eq!((count(&dry, "organization"), count(&dry, "registered")), (46, 3), "{dry:#}");
        assert_eq!((count(&dry, "missing"), count(&dry, "queued")), (40, 0), "{dry:#}");
        let expected: Vec<_> = closed.iter().map(|vended| vended.account.id().to_owned()).collect();
        assert_eq!(account_ids(&dry, "closedButRegistered"), expected);
        assert!(app.queue().is_empty());

        let swept = sweep(&lambda, json!({})).await;
        // The three registered accounts are queued for the comparison of their roles.
        assert_eq!((count(&swept, "missing"), count(&swept, "queued")), (40, 43), "{swept:#}");
        app.process_all().await;
        for vended in accounts.iter().chain(&known) {
            app.assert_registered(&vended.account);
        }
        for vended in &closed {
            assert_eq!(
                app.palette_accounts(&vended.account).len(),
                1,
                "it is reported, not removed"
            );
        }

        let again = sweep(&lambda, json!({})).await;
        assert_eq!((count(&again, "registered"), count(&again, "queued")), (43, 43), "{again:#}");
        assert_eq!(again["complete"], true);
        assert_eq!(app.dead_messages(), []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn account_outside_the_organization_is_reported_and_kept() {
    let app = VendingApp::start(Partition::Aws).await;
    let accounts = vend(&app, 2, &app.organization().sandbox);
    let lambda = deploy_sweep(&app, &[]);
    sweep(&lambda, json!({})).await;
    app.process_all().await;
    drop(app.organization().remove_account(&accounts[0].account));
    let response = sweep(&lambda, json!({})).await;
    assert_eq!(
        account_ids(&response, "registeredButUnknown"),
        [accounts[0].account.id()],
        "{response:#}"
    );
    app.process_all().await;
    assert_eq!(
        app.palette_accounts(&accounts[0].account).len(),
        1,
        "it may be another organization's"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn schedule_starts_the_sweep() {
    let app = VendingApp::start(Partition::Aws).await;
    let accounts = vend(&app, 3, &app.organization().sandbox);
    let responses = app.deployment().run_schedules(SWEEP_FUNCTION).await;
    let [Ok(response)] = responses.as_slice() else { panic!("{responses:?}") };
    assert_eq!(count(response, "queued"), 3, "{response:#}");
    app.process_all().await;
    for vended in &accounts {
        app.assert_registered(&vended.account);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_accounts_of_the_included_ous_are_registered() {
    sweep_with_filters(|_organization| ()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ou_paths_from_organizations_need_no_extra_calls() {
    let app = sweep_with_filters(|organization| organization.api.include_paths()).await;
    let calls = app.cloud().calls();
    for operation in
        ["ListRoots", "ListAccountsForParent", "ListOrganizationalUnitsForParent", "ListParents"]
    {
        assert_eq!(calls.count("organizations", operation), 0, "{operation}");
    }
}

/// Asserts that the sweep and events register only accounts below the included OU whose name
/// matches the filter.
async fn sweep_with_filters(configure: impl FnOnce(&Organization)) -> VendingApp {
    let app = VendingApp::start_with_settings(Partition::Aws, |organization| {
        vec![
            ("GANGWAY_INCLUDE_OUS", organization.workloads.clone()),
            ("GANGWAY_ACCOUNT_NAME_FILTER", "team-*".to_owned()),
        ]
    })
    .await;
    let organization = app.organization();
    configure(organization);
    let below = vend(&app, 2, &organization.production);
    let beside = vend(&app, 2, &organization.sandbox);
    let other =
        organization.vend(VendingSource::Organizations, "payroll", &organization.production);
    let settings = [
        ("GANGWAY_INCLUDE_OUS", organization.workloads.clone()),
        ("GANGWAY_ACCOUNT_NAME_FILTER", "team-*".to_owned()),
    ];
    let response = sweep(&deploy_sweep(&app, &settings), json!({})).await;
    assert_eq!((count(&response, "missing"), count(&response, "queued")), (2, 2), "{response:#}");
    // The function `account-vended` applies the same filters to events.
    for vended in beside.iter().chain([&other]) {
        app.put_events(&vended.events).await;
    }
    app.process_all().await;
    for vended in &below {
        app.assert_registered(&vended.account);
    }
    for vended in beside.iter().chain([&other]) {
        app.assert_untouched(&vended.account);
    }
    assert_eq!(app.dead_messages(), []);
    app
}

#[tokio::test(flavor = "multi_thread")]
async fn nearest_ou_determines_the_project() {
    let scopes = |organization: &Organization| {
        let (workloads, production) = (&organization.workloads, &organization.production);
        format!("{workloads}=tenant,{production}=project:Payments")
    };
    let app = VendingApp::start_with_settings(Partition::Aws, |organization| {
        vec![("GANGWAY_OU_SCOPE_MAP", scopes(organization))]
    })
    .await;
    let organization = app.organization();
    let near = vend(&app, 1, &organization.production);
    let far = vend(&app, 1, &organization.workloads);
    let lambda = deploy_sweep(&app, &[("GANGWAY_OU_SCOPE_MAP", scopes(organization))]);
    sweep(&lambda, json!({})).await;
    app.process_all().await;
    assert!(app.assert_registered(&near[0].account).project.is_some());
    assert_eq!(app.assert_registered(&far[0].account).project, None);
    let again = sweep(&lambda, json!({})).await;
    assert_eq!((count(&again, "registered"), count(&again, "missing")), (2, 0), "{again:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sweep_and_events_together_register_each_account_once() {
    let app = VendingApp::start(Partition::Aws).await;
    let accounts = vend(&app, 25, &app.organization().sandbox);
    let lambda = deploy_sweep(&app, &[]);
    let events = async {
        for vended in &accounts {
            app.put_events(&vended.events).await;
        }
    };
    tokio::join!(events, sweep(&lambda, json!({})), sweep(&lambda, json!({})));
    app.process_all().await;
    for vended in &accounts {
        app.assert_registered(&vended.account);
    }
    assert_eq!(app.dead_messages(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn interrupted_sweep_is_completed_by_the_next() {
    let app = VendingApp::start(Partition::Aws).await;
    let accounts = vend(&app, 70, &app.organization().sandbox);
    let lambda = deploy_sweep(&app, &[]);
    app.cloud()
        .fault(Fault::on("organizations", "ListAccounts", Effect::Unavailable).nth(3).times(100));
    let broken = lambda.invoke(&json!({})).await;
    assert!(
        broken.is_err() || broken.as_ref().is_ok_and(|response| response["complete"] != true),
        "{broken:?}"
    );
    app.cloud().faults().clear();
    app.process_all().await;
    sweep(&lambda, json!({})).await;
    app.process_all().await;
    for vended in &accounts {
        app.assert_registered(&vended.account);
    }
    assert_eq!(app.dead_messages(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_accounts_are_removed_when_configured() {
    let remove = || ("GANGWAY_OFFBOARDING", "remove".to_owned());
    let app = VendingApp::start_with_settings(Partition::Aws, |_organization| vec![remove()]).await;
    let accounts = vend(&app, 3, &app.organization().sandbox);
    let lambda = deploy_sweep(&app, &[remove()]);
    sweep(&lambda, json!({})).await;
    app.process_all().await;
    drop(app.organization().close(&accounts[0].account));
    app.organization().suspend(&accounts[1].account);
    let response = sweep(&lambda, json!({})).await;
    assert_eq!(count(&response, "offboarding"), 1, "{response:#}");
    app.process_all().await;
    assert_eq!(app.palette_accounts(&accounts[0].account), []);
    assert_eq!(app.palette_accounts(&accounts[1].account).len(), 1, "it may come back");
    app.assert_registered(&accounts[2].account);
}

/// Returns the details of the outcome events about an AWS account, oldest first.
fn event_details(app: &VendingApp, vended: &VendedAccount) -> Vec<Value> {
    let events = app.deployment().gangway_account.put_events().into_iter();
    let details = events.map(|event| event["detail"].clone());
    details.filter(|detail| detail["awsAccountId"] == vended.account.id()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_role_is_restored_by_the_sweep_and_published_once() {
    let app = VendingApp::start(Partition::Aws).await;
    let accounts = vend(&app, 3, &app.organization().sandbox);
    sweep(&deploy_sweep(&app, &[]), json!({})).await;
    app.process_all().await;
    let [changed, unchanged, deleted] = &accounts[..] else { panic!("three accounts") };
    let role = changed.account.role(PALETTE_ROLE);
    let before = app.palette_role(&changed.account);
    role.set_trust_policy(&json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow", "Principal": {"AWS": changed.account.root_arn()}, "Action": "sts:AssumeRole",
        }],
    }));
    role.detach(&role.attached()[0]);
    deleted.account.role(PALETTE_ROLE).delete();

    let lambda = deploy_sweep(&app, &[("GANGWAY_REPAIR_DRIFT", "disabled".to_owned())]);
    let off = sweep(&lambda, json!({})).await;
    assert_eq!((count(&off, "queuedForDriftCheck"), count(&off, "queued")), (0, 0), "{off:#}");
    let lambda = deploy_sweep(&app, &[("GANGWAY_REPAIR_DRIFT", "enabled".to_owned())]);
    for _ in 0..2 {
        let response = sweep(&lambda, json!({})).await;
        assert_eq!(count(&response, "queuedForDriftCheck"), 3, "{response:#}");
        app.process_all().await;
    }
    assert_eq!(app.palette_role(&changed.account), before);
    let repaired = |vended| {
        let details = event_details(&app, vended).into_iter().skip(1);
        details.map(|detail| detail["repaired"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(repaired(changed), [json!(["trust-policy", "policies"])]);
    assert_eq!(repaired(deleted), [json!(["role"])]);
    assert_eq!(repaired(unchanged), Vec::<Value>::new());
    app.assert_registered(&deleted.account);
    assert_eq!(app.dead_messages(), []);
}
