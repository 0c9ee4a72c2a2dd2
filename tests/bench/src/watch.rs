//! Measures runs of the watch over many accounts.

use std::{collections::BTreeMap, time::Duration};

use gangway_model::Partition;
use local_cloud::{
    CloudFixture, Effect, Fault, cloudformation::Template, fixtures::PartitionDeployment,
    lambda::Poller,
};
use serde_json::{Value, json};

use crate::{
    BoxError,
    run::{Run, RunStart},
    samples::{round_to_thousandths, to_f64},
    setup::{self, redeploy_function},
    test_accounts::TestAccounts,
    thresholds::{self, Thresholds},
};

const FUNCTION: &str = "account-watch";

/// Numbers of accounts of the measured runs. The memory must not grow with the number.
const ACCOUNTS: [usize; 3] = [100, 1_000, 10_000];

/// Time between two runs: the template's default.
const PERIOD: Duration = Duration::from_hours(6);

/// Time after which the watch writes an unchanged state again.
const DAY: Duration = Duration::from_hours(24);

/// Requests to Palette a second, of all batches: the template's default.
const PALETTE_PACE: f64 = 4.0;

/// Size of a page of Palette's list.
const PAGE: f64 = 50.0;

/// Maximum number of clock steps until the report of a run is made.
const CLOCK_STEPS: usize = 40;

/// Number of accounts of the run with faults.
const FAULTY_ACCOUNTS: usize = 10_000;

/// Name of the run with faults in the results.
const FAULTY: &str = "10000 accounts, 5 % of calls fail, 20 % of messages come twice";

/// One of this many calls fails.
const FAILING: u32 = 20;

/// One of this many messages is delivered again.
const REDELIVERED: usize = 5;

/// Maximum number of runs with faults: enough to check each account twice.
const FAULTY_RUNS: usize = 8;

/// The measured values of one run of the watch.
struct Figures {
    run: Run,
    accounts: f64,
}

impl Figures {
    /// Returns the calls per account to a service, of the operations whose names start with this
    /// text.
    fn calls_per_account(&self, service: &str, operation: &str) -> f64 {
        let kind = format!("{service} {operation}");
        self.run
            .kinds
            .iter()
            .filter(|(name, _)| name.starts_with(&kind))
            .map(|(_, each)| each)
            .sum()
    }

    fn palette_requests_per_account(&self) -> f64 {
        self.calls_per_account("palette", "")
    }

    fn pages_per_50_accounts(&self) -> f64 {
        self.calls_per_account("palette", "GET /v1/cloudaccounts/aws") * PAGE
    }

    fn simulations_per_account(&self) -> f64 {
        self.calls_per_account("iam", "Simulate")
    }

    fn writes_per_account(&self) -> f64 {
        self.calls_per_account("dynamodb", "PutItem")
    }

    /// Returns the hours that the requests to Palette take.
    fn palette_hours(&self) -> f64 {
        self.palette_requests_per_account() * self.accounts / PALETTE_PACE / 3600.0
    }

    fn to_json(&self) -> Value {
        let mut row = self.run.to_json();
        if let Some(members) = row.as_object_mut() {
            for (name, figure) in [
                ("paletteEach", self.palette_requests_per_account()),
                ("pagesPer50", self.pages_per_50_accounts()),
                ("simulationsEach", self.simulations_per_account()),
                ("writesEach", self.writes_per_account()),
                ("hours", self.palette_hours()),
            ] {
                members.insert(name.to_owned(), json!(round_to_thousandths(figure)));
            }
        }
        row
    }

    fn check(&self, smallest: f64, thresholds: &mut Thresholds) {
        for (what, figure, limit) in [
            (
                "Palette requests each",
                self.palette_requests_per_account(),
                thresholds::WATCH_PALETTE,
            ),
            ("list pages", self.pages_per_50_accounts(), thresholds::WATCH_PAGES),
            ("IAM simulations each", self.simulations_per_account(), thresholds::WATCH_SIMULATIONS),
            ("hours", self.palette_hours(), thresholds::WATCH_HOURS),
            ("memory", self.run.peak / smallest, thresholds::WATCH_MEMORY),
        ] {
            thresholds.check(format!("{}: {what}", self.run.what), figure, limit);
        }
    }
}

/// Measures the second run of the watch over each number of accounts, and the events of a run with
/// faults.
pub(crate) async fn run(
    template: &Template,
    thresholds: &mut Thresholds,
) -> Result<Value, BoxError> {
    let mut runs = Vec::new();
    for accounts in ACCOUNTS {
        runs.extend(measure_runs(template, accounts, thresholds).await?);
    }
    let EventErrors { lost, doubled } = count_event_errors(template, FAULTY_ACCOUNTS).await?;
    thresholds.check(format!("{FAULTY}: lost events"), to_f64(lost), thresholds::WATCH_EVENTS);
    thresholds.check(
        format!("{FAULTY}: doubled events"),
        to_f64(doubled),
        thresholds::WATCH_EVENTS,
    );
    let smallest = runs.first().map(|figures| figures.run.peak).unwrap_or_default();
    for figures in &runs {
        figures.check(smallest, thresholds);
    }
    Ok(runs.iter().map(Figures::to_json).collect())
}

/// Measures a run that finds no change; for the smallest number of accounts, also a run a day
/// later.
async fn measure_runs(
    template: &Template,
    accounts: usize,
    thresholds: &mut Thresholds,
) -> Result<Vec<Figures>, BoxError> {
    let cloud_fixture = setup::start_cloud(template, &[Partition::Aws]).await?;
    let deployment = cloud_fixture.deployment(Partition::Aws);
    let [customer, _] = &deployment.customers;
    let (aws_account, role) = (customer.account.id().to_owned(), customer.role.arn());
    TestAccounts::new(accounts)
        .register_with(&cloud_fixture, |_id| (aws_account.clone(), role.clone()));
    let lambda = redeploy_function(deployment, FUNCTION)?;
    let poller = deployment.poller(FUNCTION).ok_or("a poller")?;
    // The first run writes every state.
    run_once(&cloud_fixture, deployment, poller, PERIOD).await?;
    let mut figures = Vec::new();
    let mut later = vec![(PERIOD, "", thresholds::WATCH_WRITES)];
    if accounts == ACCOUNTS[0] {
        later.push((DAY, ", a day later", thresholds::WATCH_WRITES_DAILY));
    }
    for (after, when, writes) in later {
        cloud_fixture.cloud.calls().clear();
        let before = RunStart::record(&lambda)?;
        run_once(&cloud_fixture, deployment, poller, after).await?;
        let what = format!("{accounts} accounts{when}");
        let run = before.finish(&cloud_fixture, &lambda, what, accounts)?;
        let measured = Figures { run, accounts: to_f64(accounts) };
        // The record of the report is one more write to the table.
        let note = 1.0 / to_f64(accounts);
        let each = round_to_thousandths(measured.writes_per_account() - note);
        thresholds.check(format!("{}: table writes each", measured.run.what), each, writes);
        figures.push(measured);
    }
    lambda.stop_idle_instances();
    Ok(figures)
}

/// Errors in the events about a change of every account.
struct EventErrors {
    /// Number of accounts without an event.
    lost: usize,
    /// Number of events that were published more than once.
    doubled: usize,
}

/// Makes every account not ready, and runs the watch while calls fail and messages are delivered
/// twice, until there is an event about every account.
async fn count_event_errors(template: &Template, accounts: usize) -> Result<EventErrors, BoxError> {
    let cloud_fixture = setup::start_cloud(template, &[Partition::Aws]).await?;
    let deployment = cloud_fixture.deployment(Partition::Aws);
    let [customer, _] = &deployment.customers;
    let (aws_account, role) = (customer.account.id().to_owned(), customer.role.arn());
    TestAccounts::new(accounts)
        .register_with(&cloud_fixture, |_id| (aws_account.clone(), role.clone()));
    let lambda = redeploy_function(deployment, FUNCTION)?;
    let poller = deployment.poller(FUNCTION).ok_or("a poller")?;
    run_once(&cloud_fixture, deployment, poller, PERIOD).await?;
    customer.trust_with_wrong_external_id();
    poller.redeliver_every_nth(REDELIVERED);
    let faulty = Fault::on("*", "*", Effect::InternalError).at_random(FAILING, 1);
    cloud_fixture.cloud.fault(faulty);
    for _run in 0..FAULTY_RUNS {
        cloud_fixture.cloud.calls().clear();
        cloud_fixture.cloud.clock().advance(PERIOD);
        // The start of a run fails if one of its calls fails, so it is repeated.
        for _delivery in 0..3 {
            if deployment.run_schedules(FUNCTION).await.iter().all(Result::is_ok) {
                break;
            }
        }
        poller.drain(CLOCK_STEPS).await;
        if count_not_ready_events(deployment).len() == accounts {
            break;
        }
    }
    cloud_fixture.cloud.faults().clear();
    poller.redeliver_every_nth(0);
    // A run without faults publishes the remaining events, and no event a second time.
    run_once(&cloud_fixture, deployment, poller, PERIOD).await?;
    lambda.stop_idle_instances();
    let events = count_not_ready_events(deployment);
    let doubled = events.values().map(|number| number - 1).sum();
    Ok(EventErrors { lost: accounts - events.len(), doubled })
}

/// Returns the number of events for each account that is not ready.
fn count_not_ready_events(deployment: &PartitionDeployment) -> BTreeMap<String, usize> {
    let mut events = BTreeMap::new();
    for event in deployment.gangway_account.put_events() {
        let member = |pointer| event.pointer(pointer).and_then(Value::as_str);
        if member("/detail/outcome") == Some("not-ready") {
            let uid = member("/detail/uid").unwrap_or_default().to_owned();
            *events.entry(uid).or_default() += 1;
        }
    }
    events
}

/// Advances the clock and runs the watch once, until its report is made.
async fn run_once(
    cloud_fixture: &CloudFixture,
    deployment: &PartitionDeployment,
    poller: &Poller,
    after: Duration,
) -> Result<(), BoxError> {
    cloud_fixture.cloud.clock().advance(after);
    for response in deployment.run_schedules(FUNCTION).await {
        response?;
    }
    match poller.drain(CLOCK_STEPS).await {
        0 => Ok(()),
        left => Err(format!("{left} messages are left").into()),
    }
}
