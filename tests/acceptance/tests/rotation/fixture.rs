//! A deployment that rotates access keys.

use std::ops::Deref;

use acceptance::{TestApp, methods::route, text};
use gangway_model::{AuthMethod, Partition};
use local_cloud::{
    CloudOptions,
    aws::{DueRotation, User},
    fixtures::RotationAttempt,
};
use serde_json::Value;

/// The detail type of the outcome event about a rotation that succeeded.
pub(crate) const CREDENTIAL_ROTATED: &str = "Gangway Credential Rotated";

/// The detail type of the outcome event about a rotation that failed.
pub(crate) const ROTATION_FAILED: &str = "Gangway Rotation Failed";

/// The name of the function that rotates access keys.
pub(crate) const ROTATION_FUNCTION: &str = "key-rotation";

/// A deployment that rotates access keys every 90 days.
#[derive(Debug)]
pub(crate) struct RotatingApp(TestApp);

impl Deref for RotatingApp {
    type Target = TestApp;

    fn deref(&self) -> &TestApp {
        &self.0
    }
}

impl RotatingApp {
    /// Starts a local cloud with one partition. The first customer's user may rotate its own access
    /// keys.
    pub(crate) async fn start(partition: Partition) -> Self {
        let options = CloudOptions { requests_per_second: Some(1000), ..CloudOptions::default() };
        let parameter = "RotateKeysAfterDays";
        let app = TestApp::start_with_options(partition, options, &[(parameter, "90")]).await;
        app.cloud().palette().configure(|behaviour| behaviour.rate_limited = false);
        app.customer().allow_key_rotation();
        Self(app)
    }

    /// Returns the IAM user of the first customer.
    pub(crate) fn user(&self) -> &User {
        &self.customer().user
    }

    /// Registers the account of the first customer. Returns its uid.
    pub(crate) async fn register_account(&self) -> String {
        let method = AuthMethod::StaticCredentials;
        let request = self.request(method, self.customer(), "prod");
        let receipt = self.post(&route(method), &request).await;
        receipt.assert_status(201);
        receipt.uid().to_owned()
    }

    /// Registers the account of the first customer, and runs the test that Secrets Manager makes
    /// when rotation is turned on. Returns the uid.
    pub(crate) async fn register_and_test_rotation(&self) -> String {
        let uid = self.register_account().await;
        let attempts = self.attempt_rotations().await;
        assert!(attempts.iter().all(|attempt| attempt.is_done), "{attempts:#?}");
        uid
    }

    /// Requests a rotation over HTTP, and asserts that the request is accepted.
    pub(crate) async fn request_rotation(&self, uid: &str) {
        let response = self.post_rotate(uid).await;
        response.assert_status(202);
    }

    /// Sends a request for a rotation over HTTP. Returns the response.
    pub(crate) async fn post_rotate(&self, uid: &str) -> acceptance::HttpResponse {
        self.post(&format!("/v1/tenant/accounts/{uid}/rotate"), &Value::Null).await
    }

    /// Makes Secrets Manager attempt every due rotation once. Returns the results.
    pub(crate) async fn attempt_rotations(&self) -> Vec<RotationAttempt> {
        self.deployment().run_rotations().await
    }

    /// Returns the only rotation that is due.
    pub(crate) fn due_rotation(&self) -> DueRotation {
        let mut due = self.deployment().gangway_account.due_rotations();
        assert_eq!(due.len(), 1, "{due:?}");
        due.remove(0)
    }

    /// Invokes the function with one step of a rotation.
    pub(crate) async fn run_step(&self, rotation: &DueRotation, step: &str) -> Result<(), String> {
        let done = self.deployment().run_rotation_step(rotation, step).await;
        done.map(drop).map_err(|error| error.to_string())
    }

    /// Requests a rotation, and asserts that its first attempt succeeds.
    pub(crate) async fn rotate(&self, uid: &str) {
        self.request_rotation(uid).await;
        let attempts = self.attempt_rotations().await;
        let [attempt] = attempts.as_slice() else { panic!("{attempts:#?}") };
        assert!(attempt.is_done, "{attempt:#?}\n{}", self.logs());
    }

    /// Returns id and secret of the access key that Palette has.
    pub(crate) fn palette_key(&self) -> (String, String) {
        let records = self.cloud().palette().records();
        let account = records.accounts.iter().find(|account| account.name() == "prod");
        let spec = account.expect("the account").spec();
        (text(spec, "accessKey").to_owned(), text(spec, "secretKey").to_owned())
    }

    /// Returns the id of the access key in the current version of the stored secret.
    pub(crate) fn stored_key_id(&self) -> String {
        let secrets = self.deployment().gangway_account.secrets();
        let secret = secrets.into_iter().find(|secret| secret.name.ends_with("/prod"));
        let current = secret.and_then(|secret| secret.current).expect("a value");
        let current: Value = serde_json::from_str(&current).expect("JSON");
        text(&current, "accessKeyId").to_owned()
    }

    /// Returns the ids of the user's keys, oldest first, and whether they are active.
    pub(crate) fn user_keys(&self) -> Vec<(String, bool)> {
        self.user().access_keys().into_iter().map(|(key, on)| (key.id, on)).collect()
    }

    /// Asserts that the access key in Palette is an active key of the user.
    pub(crate) fn assert_palettes_key_works(&self, when: &str) {
        let (id, secret) = self.palette_key();
        let keys = self.user().access_keys();
        let works = keys.iter().any(|(key, on)| *on && key.id == id && key.secret == secret);
        assert!(
            works,
            "{when}: Palette has {id}, the user {:?}\n{}",
            self.user_keys(),
            self.logs()
        );
        assert!(keys.len() <= 2, "{when}: {:?}", self.user_keys());
    }

    /// Asserts that Palette and Secrets Manager have the same access key, and that it is the user's
    /// only active key.
    pub(crate) fn assert_only_palettes_key_is_active(&self, when: &str) {
        self.assert_palettes_key_works(when);
        let (id, _) = self.palette_key();
        assert_eq!(self.stored_key_id(), id, "{when}");
        for (key, is_active) in self.user_keys() {
            assert_eq!(is_active, key == id, "{when}: {:?}", self.user_keys());
        }
    }

    /// Returns the details of the outcome events of this type, oldest first.
    pub(crate) fn event_details(&self, detail_type: &str) -> Vec<Value> {
        let events = self.outcome_events().into_iter();
        let events = events.filter(|event| event["detail-type"] == detail_type);
        events.map(|event| event["detail"].clone()).collect()
    }
}
