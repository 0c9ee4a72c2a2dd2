//! A partition with an organization and a vending queue.

mod observed;

use std::{sync::Arc, time::Duration};

use acceptance::wait_until;
use gangway_model::Partition;
use local_cloud::{
    Cloud, Options, World,
    aws::{Queue, sqs::MessageSeen},
    functions::{Lambda, Poller},
    template::Template,
    world::{MANAGEMENT_ROLE, Organization, Realm, Vended},
};
use serde_json::Value;

/// The function that works the queue.
pub(crate) const VENDED: &str = "account-vended";
/// The function that looks for what no event brought.
pub(crate) const SWEEP: &str = "account-sweep";
/// The role that lets Palette in.
pub(crate) const ROLE: &str = "SpectroCloudRole";
/// What says that Gangway made something.
pub(crate) const MANAGED: (&str, &str) = ("gangway:managed", "true");

/// How often the clock is turned until nothing more can be expected: more than a message is delivered.
const TURNS: usize = 40;

/// A world of its own.
pub(crate) struct VendingApp {
    world: World,
    partition: Partition,
    /// What works the queue, with the scene's settings.
    pub(crate) lambda: Arc<Lambda>,
}

impl VendingApp {
    /// With the template's settings.
    pub(crate) async fn start(partition: Partition) -> Self {
        Self::with(partition, |_organization| Vec::new()).await
    }

    /// With settings of the function that may name the organization's units.
    pub(crate) async fn with(
        partition: Partition,
        settings: impl FnOnce(&Organization) -> Vec<(&'static str, String)>,
    ) -> Self {
        let template = Template::of_repository().expect("the repository's template");
        Self::of(partition, Options::default(), &template, settings).await
    }

    /// Where the organization is managed from another account than Gangway's.
    pub(crate) async fn managed_elsewhere(partition: Partition) -> Self {
        let template = Template::of_repository().expect("the repository's template");
        let number = if partition == Partition::Aws { 1 } else { 2 };
        let role = format!("arn:{partition}:iam::90000000000{number}:role/{MANAGEMENT_ROLE}");
        let template = template.with_default("ManagementRoleArn", &role);
        let options = Options { managed_elsewhere: true, ..Options::default() };
        Self::of(partition, options, &template, |_organization| Vec::new()).await
    }

    /// With other parameters of the template, and its own pace towards Palette.
    pub(crate) async fn deployed(partition: Partition, parameters: &[(&str, &str)]) -> Self {
        let mut template = Template::of_repository().expect("the repository's template");
        for (name, value) in parameters {
            template = template.with_default(name, value);
        }
        let pace = template.default("VendingPaletteRequestsPerSecond");
        let settings = |_: &Organization| vec![("PALETTE_REQUESTS_PER_SECOND", pace)];
        Self::of(partition, Options::default(), &template, settings).await
    }

    /// The function is set up anew.
    pub(crate) fn set(&mut self, settings: Vec<(&'static str, String)>) {
        let lambda = self.realm().redeploy(VENDED, |one| set(&mut one.environment, settings));
        self.lambda = lambda.expect("the function is deployed");
    }

    async fn of(
        partition: Partition,
        options: Options,
        template: &Template,
        settings: impl FnOnce(&Organization) -> Vec<(&'static str, String)>,
    ) -> Self {
        let world = World::of(options, template, &[partition]).await;
        let world = world.expect("a world");
        world.cloud.palette().records().tenants[0].quota = 20_000;
        let realm = world.realm(partition);
        let settings = settings(realm.organization());
        let lambda = realm.redeploy(VENDED, |function| set(&mut function.environment, settings));
        let lambda = lambda.expect("the function is deployed");
        assert!(lambda.binary().is_file(), "build the functions first");
        Self { world, partition, lambda }
    }

    pub(crate) fn realm(&self) -> &Realm {
        self.world.realm(self.partition)
    }

    pub(crate) fn cloud(&self) -> &Cloud {
        &self.world.cloud
    }

    pub(crate) fn organization(&self) -> &Organization {
        self.realm().organization()
    }

    pub(crate) fn poller(&self) -> &Poller {
        self.realm().poller(VENDED).expect("a queue feeds the function")
    }

    pub(crate) fn queue(&self) -> &Queue {
        self.realm().queue("VendingQueue").expect("the template has the queue")
    }

    pub(crate) fn dead_letters(&self) -> &Queue {
        self.realm().queue("VendingDlq").expect("the template has the queue")
    }

    /// The dead letters with their reasons.
    pub(crate) fn dead(&self) -> Vec<MessageSeen> {
        self.dead_letters().messages()
    }

    /// Puts events on the bus; each has to reach the queue.
    pub(crate) async fn put(&self, events: &[Value]) {
        for event in events {
            let reached = self.realm().bus.put(event).await;
            assert_eq!(reached.queues, [self.queue().arn()], "{event:#}");
            assert!(reached.refused.is_empty(), "{event:#}");
        }
    }

    /// Waits until nothing is under way or in sight.
    pub(crate) async fn idle(&self) {
        self.poller().idle().await;
    }

    /// Works until the queue is empty, and lets time pass as long as it is not.
    pub(crate) async fn work_off(&self) {
        let left = self.poller().work_off(TURNS).await;
        assert_eq!(left, 0, "messages are left\n{}", self.logs());
    }

    /// Lets as much time pass as a message that failed stays out of sight.
    pub(crate) async fn wait(&self) {
        let seconds = u64::try_from(self.queue().settings().visibility).unwrap_or(0);
        self.cloud().clock().advance(Duration::from_secs(seconds + 1));
        self.idle().await;
    }

    /// What the function wrote.
    pub(crate) fn logs(&self) -> String {
        self.lambda.logs().text()
    }

    /// Waits until the function has written this: its lines come through a pipe, after its answer.
    pub(crate) async fn written(&self, text: &str) {
        let written = wait_until(|| self.logs().contains(text)).await;
        assert!(written, "{text} was not written\n{}", self.logs());
    }

    /// So many outcomes were logged of an account. Lines come through a pipe, after the answer.
    pub(crate) async fn assert_outcomes(&self, account: &str, count: usize) {
        let _enough = wait_until(|| self.outcomes(account).len() >= count).await;
        assert_eq!(self.outcomes(account).len(), count, "{}", self.logs());
    }

    /// The outcomes that were logged of an account.
    pub(crate) fn outcomes(&self, account: &str) -> Vec<String> {
        let logs = self.logs();
        let lines = logs.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let of_account = lines.filter(|line| line["awsAccountId"] == account);
        of_account.filter_map(|line| line["outcome"].as_str().map(str::to_owned)).collect()
    }
}

impl Drop for VendingApp {
    /// A test that fails tells what the function had written.
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

/// The event that tells most of a new account.
pub(crate) fn arrival(vended: &Vended) -> Value {
    let joined = |event: &&Value| event["detail"]["eventName"] != "AccountJoinedOrganization";
    let last = vended.events.iter().rev().find(joined).or(vended.events.last());
    last.expect("an event").clone()
}

/// Settings of a function; nobody here waits for Palette's rate limit.
pub(crate) fn set(
    environment: &mut std::collections::BTreeMap<String, String>,
    settings: Vec<(&'static str, String)>,
) {
    environment.insert("PALETTE_REQUESTS_PER_SECOND".to_owned(), "1000".to_owned());
    environment.extend(settings.into_iter().map(|(name, value)| (name.to_owned(), value)));
}
