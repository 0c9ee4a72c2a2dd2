//! The sweep compares what Gangway made for vended accounts, and the watch records and publishes
//! what differs.

use gangway_model::Partition;
use local_cloud::fixtures::{VendedAccount, VendingSource};
use serde_json::{Value, json};

use crate::fixture::{DRIFTED, WatchedApp};

/// The name of the function that handles the messages of the vending queue.
const VENDED_FUNCTION: &str = "account-vended";

/// The name of the function that compares the organization with Palette.
const SWEEP_FUNCTION: &str = "account-sweep";

/// The name of the role that Palette assumes.
const PALETTE_ROLE: &str = "SpectroCloudRole";

/// The calls of IAM that change nothing begin with these words.
const READS: [&str; 3] = ["iam Get", "iam List", "iam Simulate"];

/// Starts a local cloud, creates AWS accounts, and lets the sweep and then the watch find them.
async fn start_with_vended_accounts(count: usize) -> (WatchedApp, Vec<VendedAccount>) {
    let app = WatchedApp::start(Partition::Aws).await;
    let accounts = vend(&app, count).await;
    app.run().await;
    (app, accounts)
}

/// Creates AWS accounts, and lets the sweep find them.
async fn vend(app: &WatchedApp, count: usize) -> Vec<VendedAccount> {
    let lambda = app.deployment().functions.get(VENDED_FUNCTION).expect("the function");
    lambda.set_variable("PALETTE_REQUESTS_PER_SECOND", "1000");
    let organization = app.deployment().organization();
    let accounts = (0..count).map(|number| {
        let name = format!("team-{number}");
        organization.vend(VendingSource::Organizations, &name, &organization.sandbox)
    });
    let accounts = accounts.collect();
    sweep(app).await;
    accounts
}

/// Runs the sweep, and handles its messages and those that they cause.
async fn sweep(app: &WatchedApp) -> Value {
    app.cloud().clock().advance(std::time::Duration::from_mins(1));
    let mut responses = app.deployment().run_schedules(SWEEP_FUNCTION).await;
    let response = responses.remove(0).unwrap_or_else(|error| panic!("{error}\n{}", app.logs()));
    let poller = app.deployment().poller(VENDED_FUNCTION).expect("a queue feeds the function");
    assert_eq!(poller.drain(40).await, 0, "messages are left\n{}", app.logs());
    app.handle_all_messages().await;
    response
}

/// Returns `(AWS account, outcome, drift)` of each event about drift, sorted by AWS account.
fn drift_events(app: &WatchedApp) -> Vec<(String, String, Value)> {
    let text = |detail: &Value, name: &str| detail[name].as_str().expect("a text").to_owned();
    let details = app.event_details(DRIFTED).into_iter();
    let mut events: Vec<_> = details
        .map(|detail| {
            (text(&detail, "awsAccountId"), text(&detail, "outcome"), detail["drift"].clone())
        })
        .collect();
    events.sort_by(|one, other| one.0.cmp(&other.0));
    events
}

/// Returns the event that says that one part of an account differs, as `drift_events` returns it.
fn drifted(vended: &VendedAccount, part: &str) -> (String, String, Value) {
    (vended.account.id().to_owned(), "drifted".to_owned(), json!([part]))
}

/// Returns the accounts of the tenant as the API lists them, by AWS account.
async fn list_accounts(app: &WatchedApp) -> Vec<Value> {
    app.deployment().functions.stop_idle_instances();
    let list = app.get("/v1/tenant/accounts").await;
    list.assert_status(200);
    let mut accounts = list.body["accounts"].as_array().expect("a list").clone();
    accounts.sort_by_key(|account| account["awsAccountId"].to_string());
    accounts
}

fn other_trust_policy(vended: &VendedAccount) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow", "Principal": {"AWS": vended.account.root_arn()},
            "Action": "sts:AssumeRole",
        }],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_is_recorded_shown_and_published_once_and_not_repaired() {
    let (app, accounts) = start_with_vended_accounts(6).await;
    let [trust, document, detached, tagged, deleted, _unchanged] = &accounts[..] else {
        panic!("six accounts")
    };
    let response = sweep(&app).await;
    assert_eq!(response["counts"]["queuedForDriftCheck"], 6, "{response:#}");
    assert_eq!(drift_events(&app), []);
    for account in list_accounts(&app).await {
        assert_eq!(account["readiness"]["drift"]["parts"], json!([]), "{account:#}");
    }

    let role = |vended: &VendedAccount| vended.account.role(PALETTE_ROLE);
    role(trust).set_trust_policy(&other_trust_policy(trust));
    let arn = role(document).attached().remove(0);
    let name = arn.rsplit('/').next().expect("a name");
    let other = json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "ec2:Describe*", "Resource": "*"}],
    });
    document.account.policy_with_path("/gangway/", name, &other);
    role(detached).detach(&role(detached).attached()[0]);
    role(tagged).tag("gangway:scope", "other");
    role(deleted).delete();
    app.cloud().calls().clear();
    sweep(&app).await;
    let calls = app.cloud().calls().lines();
    let writes = calls.iter().filter(|line| line.contains("iam "));
    let writes: Vec<_> =
        writes.filter(|line| !READS.iter().any(|read| line.contains(read))).collect();
    assert_eq!(writes, Vec::<&String>::new());

    let expected = [
        drifted(trust, "trust-policy"),
        drifted(document, "policies"),
        drifted(detached, "policies"),
        drifted(tagged, "tags"),
        drifted(deleted, "role"),
    ];
    assert_eq!(drift_events(&app), expected, "{}", app.watch_log());
    let event = app.event_details(DRIFTED).remove(0);
    assert!(event["reason"].as_str().expect("a remedy").contains("RepairDrift"), "{event:#}");
    assert!(event["summary"].as_str().expect("a sentence").contains("differs"), "{event:#}");
    let listed = list_accounts(&app).await;
    let drift = &listed[0]["readiness"]["drift"];
    assert_eq!(drift["parts"], json!(["trust-policy"]), "{listed:#?}");
    assert!(drift["remedy"].is_string() && drift["since"].is_string(), "{drift:#}");
    assert_eq!(listed[5]["readiness"]["drift"]["parts"], json!([]), "{listed:#?}");
    let uid = listed[0]["uid"].as_str().expect("a uid");
    assert_eq!(app.get_readiness(uid).await["drift"], *drift);
    let history = app.get(&format!("/v1/tenant/accounts/{uid}/history")).await;
    assert_eq!(history.body["changes"][0]["change"], "drifted", "{}", history.text);
    assert_eq!(history.body["changes"][0]["parts"], json!(["trust-policy"]));

    sweep(&app).await;
    app.run().await;
    assert_eq!(drift_events(&app).len(), 5, "nothing has changed since");
    let page = app.read_report_page();
    assert!(page.contains("Differs from what Gangway made"), "{page}");
    assert!(page.contains("trust policy") && page.contains("RepairDrift"), "{page}");
    assert!(page.contains("data-title=\"Change\">differs from what Gangway made</td>"), "{page}");
    let row = app.read_report_table();
    let row = row.lines().find(|row| row.contains(trust.account.id())).expect("a row");
    assert!(row.ends_with(",trust-policy"), "{row}");
    let metric = app.metric_lines("AccountsDrifted");
    assert_eq!(metric.last().expect("a metric")["AccountsDrifted"], 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn repaired_drift_is_published_as_restored() {
    let (app, accounts) = start_with_vended_accounts(2).await;
    sweep(&app).await;
    let role = accounts[0].account.role(PALETTE_ROLE);
    role.set_trust_policy(&other_trust_policy(&accounts[0]));
    sweep(&app).await;
    assert_eq!(drift_events(&app).len(), 1, "{}", app.watch_log());
    let sweep_function = app.deployment().functions.get(SWEEP_FUNCTION).expect("the function");
    sweep_function.set_variable("GANGWAY_REPAIR_DRIFT", "enabled");
    sweep_function.stop_idle_instances();
    for _ in 0..2 {
        sweep(&app).await;
    }
    let events = drift_events(&app);
    let outcomes: Vec<_> = events.iter().map(|(_, outcome, _)| outcome.as_str()).collect();
    assert_eq!(outcomes, ["drifted", "restored"]);
    assert!(events.iter().all(|(id, ..)| id == accounts[0].account.id()), "{events:?}");
    let listed = list_accounts(&app).await;
    assert_eq!(listed[0]["readiness"]["drift"]["parts"], json!([]), "{listed:#?}");
    app.run().await;
    let metric = app.metric_lines("AccountsDrifted");
    assert_eq!(metric.last().expect("a metric")["AccountsDrifted"], 0);
    assert!(app.read_report_page().contains("is again as Gangway made it"));
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_ownership_tags_and_a_changed_palette_account_are_drift() {
    let (app, accounts) = start_with_vended_accounts(2).await;
    sweep(&app).await;
    accounts[0].account.role(PALETTE_ROLE).tag("gangway:managed", "false");
    {
        let mut records = app.cloud().palette().records();
        let id = accounts[1].account.id();
        let is_second = |arn: &Value| arn.as_str().is_some_and(|arn| arn.contains(id));
        let account =
            records.accounts.iter_mut().find(|one| is_second(&one.body["spec"]["sts"]["arn"]));
        let arn = &mut account.expect("the account").body["spec"]["sts"]["arn"];
        *arn = json!(format!("{}-other", arn.as_str().expect("an ARN")));
    }
    sweep(&app).await;
    let expected =
        [drifted(&accounts[0], "ownership-tags"), drifted(&accounts[1], "palette-account")];
    assert_eq!(drift_events(&app), expected, "{}", app.watch_log());
    let reason = &app.event_details(DRIFTED)[0]["reason"];
    assert!(reason.as_str().expect("a remedy").contains("gangway:stack"), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn late_duplicate_and_invalid_comparisons_change_nothing() {
    let (app, accounts) = start_with_vended_accounts(1).await;
    sweep(&app).await;
    let listed = list_accounts(&app).await;
    let uid = listed[0]["uid"].as_str().expect("a uid").to_owned();
    let queue = app.deployment().queue("WatchQueue").expect("the queue");
    let role = accounts[0].account.role(PALETTE_ROLE);
    role.set_trust_policy(&other_trust_policy(&accounts[0]));
    // Every message is delivered to the watch twice, at the same time as a run.
    app.poller().pause();
    // The run starts first, because it advances the clock of the queues but not that of the
    // function. A claim of a message that was sent earlier would seem to have ended.
    app.start_run().await;
    app.cloud().clock().advance(std::time::Duration::from_mins(1));
    let responses = app.deployment().run_schedules(SWEEP_FUNCTION).await;
    assert!(responses.iter().all(Result::is_ok));
    app.deployment().poller(VENDED_FUNCTION).expect("a poller").drain(40).await;
    for message in queue.messages() {
        queue.send(&message.body);
    }
    app.poller().resume();
    app.handle_all_messages().await;
    assert_eq!(drift_events(&app).len(), 1, "{}", app.watch_log());
    // A message of before is no news.
    let comparison = |uid: &str, compared: &str| {
        json!({
            "id": "old", "source": "gangway", "kind": "record-drift",
            "comparison": {"scope": "tenant", "uid": uid, "parts": [], "compared": compared},
        })
        .to_string()
    };
    queue.send(&comparison(&uid, "2020-01-01T00:00:00Z"));
    queue.send(&comparison("5f0c1a2b3c4d5e6f70818293", "2100-01-01T00:00:00Z"));
    queue.send(&comparison("../5f0c", "2100-01-01T00:00:00Z"));
    queue.send(&comparison(&uid, "tomorrow"));
    app.handle_all_messages().await;
    assert_eq!(drift_events(&app).len(), 1, "{}", app.watch_log());
    assert_eq!(app.get_readiness(&uid).await["drift"]["parts"], json!(["trust-policy"]));
    let dead = app.deployment().queue("WatchDlq").expect("the queue").messages();
    assert_eq!(dead.len(), 2, "{}", app.watch_log());
}
