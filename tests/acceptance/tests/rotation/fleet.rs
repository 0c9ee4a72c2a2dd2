//! Rotations of many accounts at the same time, with calls that fail and functions that crash at
//! random.

use acceptance::{methods::route, text, with};
use futures_util::future::join_all;
use gangway_model::{AuthMethod, Partition, PermissionProfile};
use local_cloud::{Effect, Fault, aws::User};
use serde_json::{Value, json};

use crate::fixture::{ROTATION_FUNCTION, RotatingApp};

/// The environment variable that makes the test use 100 accounts and not 8.
const WHOLE_MATRIX_VARIABLE: &str = "GANGWAY_WHOLE_MATRIX";

/// The number of rounds of attempts. It is more than an account needs.
const MAX_ROUNDS: usize = 25;

/// Creates an IAM user that may rotate its own access keys, and registers it. Returns the user and
/// the uid of the account in Palette.
async fn register_user(app: &RotatingApp, number: usize) -> (User, String) {
    let customer = app.customer();
    let user = customer.account.user(&format!("palette-{number}"));
    for document in gangway_policies::documents_for(PermissionProfile::CoreEks) {
        user.attach(&customer.policy(*document));
    }
    user.inline("OwnKeys", &json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Action": ["iam:*AccessKey*", "iam:GetUser", "iam:SimulatePrincipalPolicy", "iam:List*"],
            "Resource": user.arn(),
        }],
    }));
    let keys = user.create_access_key();
    let method = AuthMethod::StaticCredentials;
    let request = app.request(method, customer, &format!("team-{number}"));
    let own = json!({ "accessKeyId": keys.id, "secretAccessKey": keys.secret });
    let receipt = app.post(&route(method), &with(request, &own)).await;
    receipt.assert_status(201);
    (user, receipt.uid().to_owned())
}

/// Returns the id of the access key in Palette, and the id of the one in Secrets Manager.
fn key_ids_in_use(app: &RotatingApp, number: usize) -> (String, String) {
    let name = format!("team-{number}");
    let records = app.cloud().palette().records();
    let account = records.accounts.iter().find(|account| account.name() == name);
    let palette = text(account.expect("the account").spec(), "accessKey").to_owned();
    drop(records);
    let secrets = app.deployment().gangway_account.secrets();
    let secret = secrets.into_iter().find(|secret| secret.name.ends_with(&format!("/{name}")));
    let current = secret.and_then(|secret| secret.current).expect("a value");
    let current: Value = serde_json::from_str(&current).expect("JSON");
    (palette, text(&current, "accessKeyId").to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn rotations_with_faults_and_crashes_are_completed() {
    let count = if std::env::var_os(WHOLE_MATRIX_VARIABLE).is_some() { 100 } else { 8 };
    let app = RotatingApp::start(Partition::Aws).await;
    let (mut users, mut uids) = (Vec::new(), Vec::new());
    for number in 0..count {
        let (user, uid) = register_user(&app, number).await;
        users.push(user);
        uids.push(uid);
    }
    app.attempt_rotations().await;
    for uid in &uids {
        app.request_rotation(uid).await;
    }
    let signal =
        app.deployment().functions.get(ROTATION_FUNCTION).expect("the function").crash_signal();
    let faults = [
        Fault::on("*", "*", Effect::InternalError).at_random(60, 11),
        Fault::on("*", "*", Effect::DisconnectAfter).at_random(60, 12),
        Fault::on("*", "*", Effect::DisconnectBefore).at_random(200, 13).crashing(signal),
    ];
    for fault in faults {
        app.cloud().fault(fault);
    }
    let mut left = usize::MAX;
    for round in 0..MAX_ROUNDS {
        if round == MAX_ROUNDS / 2 {
            app.cloud().faults().clear();
        }
        let due = app.deployment().gangway_account.due_rotations();
        left = due.len();
        if left == 0 {
            break;
        }
        let mut due = due.into_iter().peekable();
        while due.peek().is_some() {
            let batch: Vec<_> = due.by_ref().take(4).collect();
            join_all(batch.into_iter().map(|one| app.deployment().run_rotation(one))).await;
        }
        for (number, user) in users.iter().enumerate() {
            let (palette, _) = key_ids_in_use(&app, number);
            let keys = user.access_keys();
            let works = keys.iter().any(|(key, is_active)| *is_active && key.id == palette);
            assert!(works && keys.len() <= 2, "round {round}, account {number}: {keys:?}");
        }
    }
    assert_eq!(left, 0, "rotations are left\n{}", app.logs());
    for (number, user) in users.iter().enumerate() {
        let (palette, stored) = key_ids_in_use(&app, number);
        assert_eq!(palette, stored, "account {number}");
        for (key, is_active) in user.access_keys() {
            assert_eq!(is_active, key.id == palette, "account {number}: {key:?}");
        }
    }
}
