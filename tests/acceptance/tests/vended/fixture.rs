//! The fixture: a local cloud with an organization and the vending queue.

mod observed;

use std::{sync::Arc, time::Duration};

use acceptance::wait_until;
use gangway_model::Partition;
use local_cloud::{
    CloudFixture, CloudOptions, LocalCloud,
    aws::{Queue, sqs::MessageSnapshot},
    cloudformation::Template,
    fixtures::{
        MEMBER_ACCESS_ROLE, ORGANIZATIONS_ROLE, Organization, PartitionDeployment, VendedAccount,
    },
    lambda::{LambdaFunction, Poller},
};
use serde_json::Value;

/// The name of the function that handles the messages of the vending queue.
pub(crate) const VENDED_FUNCTION: &str = "account-vended";
/// The name of the function that compares the organization with Palette.
pub(crate) const SWEEP_FUNCTION: &str = "account-sweep";
/// The name of the role that Palette assumes.
pub(crate) const PALETTE_ROLE: &str = "SpectroCloudRole";
/// The key and the value of the tag on each role and policy that Gangway creates.
pub(crate) const MANAGED_TAG: (&str, &str) = ("gangway:managed", "true");

/// How often the clock is advanced at most. It is more than a message has deliveries.
const MAX_CLOCK_STEPS: usize = 40;

/// A local cloud with one partition, its organization and account vending.
pub(crate) struct VendingApp {
    cloud_fixture: CloudFixture,
    partition: Partition,
    /// The function that handles the messages of the vending queue.
    pub(crate) lambda: Arc<LambdaFunction>,
}

impl VendingApp {
    /// Starts a local cloud with the settings of the template.
    pub(crate) async fn start(partition: Partition) -> Self {
        Self::start_with_settings(partition, |_organization| Vec::new()).await
    }

    /// Starts a local cloud, and deploys the function with these environment variables. Their
    /// values may name OUs of the organization.
    pub(crate) async fn start_with_settings(
        partition: Partition,
        settings: impl FnOnce(&Organization) -> Vec<(&'static str, String)>,
    ) -> Self {
        let template = Template::from_repository().expect("the repository's template");
        Self::start_with_options(partition, CloudOptions::default(), &template, settings).await
    }

    /// Starts a local cloud whose management account is not Gangway's account.
    pub(crate) async fn start_with_management_account(partition: Partition) -> Self {
        let template = Template::from_repository().expect("the repository's template");
        let number = if partition == Partition::Aws { 1 } else { 2 };
        let role = |name: &str| format!("arn:{partition}:iam::90000000000{number}:role/{name}");
        let template = template
            .with_default("OrganizationsRoleArn", &role(ORGANIZATIONS_ROLE))
            .with_default("MemberAccessRoleArn", &role(MEMBER_ACCESS_ROLE));
        let options = CloudOptions { separate_management_account: true, ..CloudOptions::default() };
        Self::start_with_options(partition, options, &template, |_organization| Vec::new()).await
    }

    /// Starts a local cloud with these template parameters, and with the request rate of the
    /// template.
    pub(crate) async fn start_with_parameters(
        partition: Partition,
        parameters: &[(&str, &str)],
    ) -> Self {
        let mut template = Template::from_repository().expect("the repository's template");
        for (name, value) in parameters {
            template = template.with_default(name, value);
        }
        let pace = template.default("VendingPaletteRequestsPerSecond");
        let settings = |_: &Organization| vec![("PALETTE_REQUESTS_PER_SECOND", pace)];
        Self::start_with_options(partition, CloudOptions::default(), &template, settings).await
    }

    /// Deploys the function again with these environment variables.
    pub(crate) fn redeploy_with_settings(&mut self, settings: Vec<(&'static str, String)>) {
        let lambda = self
            .deployment()
            .redeploy(VENDED_FUNCTION, |one| set_environment(&mut one.environment, settings));
        self.lambda = lambda.expect("the function is deployed");
    }

    async fn start_with_options(
        partition: Partition,
        options: CloudOptions,
        template: &Template,
        settings: impl FnOnce(&Organization) -> Vec<(&'static str, String)>,
    ) -> Self {
        let cloud_fixture = CloudFixture::with_partitions(options, template, &[partition]).await;
        let cloud_fixture = cloud_fixture.expect("a cloud");
        cloud_fixture.cloud.palette().records().tenants[0].quota = 20_000;
        let deployment = cloud_fixture.deployment(partition);
        let settings = settings(deployment.organization());
        let lambda = deployment.redeploy(VENDED_FUNCTION, |function| {
            set_environment(&mut function.environment, settings);
        });
        let lambda = lambda.expect("the function is deployed");
        assert!(lambda.binary().is_file(), "build the functions first");
        Self { cloud_fixture, partition, lambda }
    }

    pub(crate) fn deployment(&self) -> &PartitionDeployment {
        self.cloud_fixture.deployment(self.partition)
    }

    pub(crate) fn cloud(&self) -> &LocalCloud {
        &self.cloud_fixture.cloud
    }

    pub(crate) fn organization(&self) -> &Organization {
        self.deployment().organization()
    }

    pub(crate) fn poller(&self) -> &Poller {
        self.deployment().poller(VENDED_FUNCTION).expect("a queue feeds the function")
    }

    pub(crate) fn queue(&self) -> &Queue {
        self.deployment().queue("VendingQueue").expect("the template has the queue")
    }

    pub(crate) fn dead_letter_queue(&self) -> &Queue {
        self.deployment().queue("VendingDlq").expect("the template has the queue")
    }

    /// Returns the messages of the dead-letter queue.
    pub(crate) fn dead_messages(&self) -> Vec<MessageSnapshot> {
        self.dead_letter_queue().messages()
    }

    /// Puts events on the event bus, and asserts that each reaches the vending queue.
    pub(crate) async fn put_events(&self, events: &[Value]) {
        for event in events {
            let reached = self.deployment().bus.put(event).await;
            assert_eq!(reached.queues, [self.queue().arn()], "{event:#}");
            assert!(reached.failed_targets.is_empty(), "{event:#}");
        }
    }

    /// Waits until no message is visible or being handled.
    pub(crate) async fn wait_until_idle(&self) {
        self.poller().wait_until_idle().await;
    }

    /// Advances the clock until every message in the queue is handled.
    pub(crate) async fn process_all(&self) {
        let left = self.poller().drain(MAX_CLOCK_STEPS).await;
        assert_eq!(left, 0, "messages are left\n{}", self.logs());
    }

    /// Advances the clock until a failed message is visible again, and waits until it is handled.
    pub(crate) async fn advance_to_retry(&self) {
        let seconds = u64::try_from(self.queue().settings().visibility_timeout).unwrap_or(0);
        self.cloud().clock().advance(Duration::from_secs(seconds + 1));
        self.wait_until_idle().await;
    }

    /// Returns the function's log.
    pub(crate) fn logs(&self) -> String {
        self.lambda.logs().text()
    }

    /// Waits until the function has logged this text.
    pub(crate) async fn wait_for_log(&self, text: &str) {
        let written = wait_until(|| self.logs().contains(text)).await;
        assert!(written, "{text} was not written\n{}", self.logs());
    }

    /// Waits for this number of logged outcomes of an account, and asserts it. The function may
    /// write log lines after its response.
    pub(crate) async fn assert_outcomes(&self, account: &str, count: usize) {
        let _enough = wait_until(|| self.logged_outcomes(account).len() >= count).await;
        assert_eq!(self.logged_outcomes(account).len(), count, "{}", self.logs());
    }

    /// Returns the logged outcomes of an account.
    pub(crate) fn logged_outcomes(&self, account: &str) -> Vec<String> {
        let logs = self.logs();
        let lines = logs.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let of_account = lines.filter(|line| line["awsAccountId"] == account);
        of_account.filter_map(|line| line["outcome"].as_str().map(str::to_owned)).collect()
    }
}

impl Drop for VendingApp {
    /// Prints the end of the log of a failed test.
    #[expect(clippy::print_stderr, reason = "read by whoever looks at a failed test")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            let logs = self.logs();
            let last: Vec<_> = logs.lines().rev().take(40).collect();
            eprintln!("the function had written last:");
            for line in last.into_iter().rev() {
                eprintln!("{line}");
            }
        }
    }
}

/// Returns the event with the most details about a new account.
pub(crate) fn creation_event(vended: &VendedAccount) -> Value {
    let joined = |event: &&Value| event["detail"]["eventName"] != "AccountJoinedOrganization";
    let last = vended.events.iter().rev().find(joined).or(vended.events.last());
    last.expect("an event").clone()
}

/// Sets environment variables of a function, and a rate of requests to Palette that never delays
/// it.
pub(crate) fn set_environment(
    environment: &mut std::collections::BTreeMap<String, String>,
    settings: Vec<(&'static str, String)>,
) {
    environment.insert("PALETTE_REQUESTS_PER_SECOND".to_owned(), "1000".to_owned());
    environment.extend(settings.into_iter().map(|(name, value)| (name.to_owned(), value)));
}
