//! The fixture: a local cloud in which customers deploy stacks.

use std::ops::Deref;

use acceptance::TestApp;
use gangway_model::Partition;
use local_cloud::{
    CloudOptions,
    aws::{Queue, sqs::MessageSnapshot},
    fixtures::{CustomerAccount, StackResource},
    lambda::Poller,
};
use serde_json::{Value, json};

/// The name of the function that handles requests of stacks.
pub(crate) const ACCOUNT_RESOURCE: &str = "account-resource";

/// A local cloud with one partition. Both customers are members of its organization.
#[derive(Debug)]
pub(crate) struct StackApp(TestApp);

impl Deref for StackApp {
    type Target = TestApp;

    fn deref(&self) -> &TestApp {
        &self.0
    }
}

impl StackApp {
    pub(crate) async fn start(partition: Partition) -> Self {
        Self::new(TestApp::start_with(partition, CloudOptions::default()).await)
    }

    /// Starts a local cloud, and deploys the function with these environment variables. Their
    /// values may name OUs of the organization.
    pub(crate) async fn start_with(
        partition: Partition,
        settings: impl FnOnce(&Self) -> Vec<(&'static str, String)>,
    ) -> Self {
        let app = Self::start(partition).await;
        let settings = settings(&app);
        let changed = app.deployment().redeploy(ACCOUNT_RESOURCE, |function| {
            function
                .environment
                .extend(settings.into_iter().map(|(name, value)| (name.to_owned(), value)));
        });
        assert!(changed.is_some(), "the function is deployed");
        app
    }

    fn new(app: TestApp) -> Self {
        let organization = app.deployment().organization();
        for (number, customer) in app.deployment().customers.iter().enumerate() {
            organization.add(&customer.account, &format!("customer-{number}"));
        }
        Self(app)
    }

    /// Returns the resource of a new stack in the first customer's account.
    pub(crate) fn new_stack_resource(&self) -> StackResource {
        self.deployment().stack_resource(self.cloud(), &self.customer().account)
    }

    pub(crate) fn poller(&self) -> &Poller {
        self.deployment().poller(ACCOUNT_RESOURCE).expect("a queue feeds the function")
    }

    pub(crate) fn queue(&self) -> &Queue {
        self.deployment().queue("StackQueue").expect("the template has the queue")
    }

    /// Returns the messages in the dead-letter queue.
    pub(crate) fn dead_messages(&self) -> Vec<MessageSnapshot> {
        self.deployment().queue("StackDlq").expect("the template has the queue").messages()
    }

    /// Advances the clock until every message in the queue is handled.
    pub(crate) async fn handle_all_messages(&self) {
        let left = self.poller().drain(80).await;
        assert_eq!(left, 0, "messages are left\n{}", self.logs());
    }
}

/// Returns the resource properties that register the customer's role under this name.
pub(crate) fn account_properties(customer: &CustomerAccount, name: &str) -> Value {
    json!({"Name": name, "RoleArn": customer.role.arn()})
}
