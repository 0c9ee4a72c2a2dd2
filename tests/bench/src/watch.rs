//! Measures runs of the watch over many accounts.

use std::{collections::BTreeMap, time::Duration};

use gangway_model::Partition;
use local_cloud::{
    CloudFixture, Effect, Fault, cloudformation::Template, fixtures::PartitionDeployment,
    lambda::Poller,
};
use serde_json::{Value, json};

use crate::{
    Failed,
    place::{self, redeployed},
    run::{Run, Spent},
    samples::{count, rounded},
    test_accounts::TestAccounts,
    thresholds::{self, Thresholds},
};

const FUNCTION: &str = "account-watch";

/// Numbers of accounts. Memory must not grow.
const ACCOUNTS: [usize; 3] = [100, 1_000, 10_000];

/// Time between two runs: the template's default.
const PERIOD: Duration = Duration::from_hours(6);

/// Time after which a state is written again.
const DAY: Duration = Duration::from_hours(24);

/// Requests to Palette a second, of all batches: the template's default.
const PALETTE_PACE: f64 = 4.0;

/// Size of a page of Palette's list.
const PAGE: f64 = 50.0;

/// Clock steps until the report is made, more than a run needs.
const CLOCK_STEPS: usize = 40;

/// Number of accounts of the run with faults.
const FAULTY_ACCOUNTS: usize = 10_000;

/// The run with faults, in results.
const FAULTY: &str = "10000 accounts, 5 % of calls fail, 20 % of messages come twice";

/// One in this many calls fails.
const FAILING: u32 = 20;

/// One in this many messages is delivered again.
const REDELIVERED: usize = 5;

/// Enough that each account is looked at twice.
const FAULTY_RUNS: usize = 8;

/// The figures of one run.
struct Figures {
    run: Run,
    accounts: f64,
}

impl Figures {
    /// Calls per account to a service, of the operations that start with this text.
    fn each(&self, service: &str, operation: &str) -> f64 {
        let kind = format!("{service} {operation}");
        self.run
            .kinds
            .iter()
            .filter(|(name, _)| name.starts_with(&kind))
            .map(|(_, each)| each)
            .sum()
    }

    fn palette(&self) -> f64 {
        self.each("palette", "")
    }

    fn pages(&self) -> f64 {
        self.each("palette", "GET /v1/cloudaccounts/aws") * PAGE
    }

    fn simulations(&self) -> f64 {
        self.each("iam", "Simulate")
    }

    fn writes(&self) -> f64 {
        self.each("dynamodb", "PutItem")
    }

    /// Hours that the requests to Palette take.
    fn hours(&self) -> f64 {
        self.palette() * self.accounts / PALETTE_PACE / 3600.0
    }

    fn json(&self) -> Value {
        let mut row = self.run.json();
        if let Some(members) = row.as_object_mut() {
            for (name, figure) in [
                ("paletteEach", self.palette()),
                ("pagesPer50", self.pages()),
                ("simulationsEach", self.simulations()),
                ("writesEach", self.writes()),
                ("hours", self.hours()),
            ] {
                members.insert(name.to_owned(), json!(rounded(figure)));
            }
        }
        row
    }

    fn check(&self, smallest: f64, thresholds: &mut Thresholds) {
        for (what, figure, limit) in [
            ("Palette requests each", self.palette(), thresholds::WATCH_PALETTE),
            ("list pages", self.pages(), thresholds::WATCH_PAGES),
            ("IAM simulations each", self.simulations(), thresholds::WATCH_SIMULATIONS),
            ("hours", self.hours(), thresholds::WATCH_HOURS),
            ("memory", self.run.peak / smallest, thresholds::WATCH_MEMORY),
        ] {
            thresholds.check(format!("{}: {what}", self.run.what), figure, limit);
        }
    }
}

/// Measures the second run of the watch over each number of accounts, and one a day later.
pub(crate) async fn run(template: &Template, thresholds: &mut Thresholds) -> Result<Value, Failed> {
    let mut runs = Vec::new();
    for accounts in ACCOUNTS {
        runs.extend(watch(template, accounts, thresholds).await?);
    }
    let Told { lost, doubled } = tell_with_faults(template, FAULTY_ACCOUNTS).await?;
    thresholds.check(format!("{FAULTY}: lost events"), count(lost), thresholds::WATCH_EVENTS);
    thresholds.check(format!("{FAULTY}: doubled events"), count(doubled), thresholds::WATCH_EVENTS);
    let smallest = runs.first().map(|figures| figures.run.peak).unwrap_or_default();
    for figures in &runs {
        figures.check(smallest, thresholds);
    }
    Ok(runs.iter().map(Figures::json).collect())
}

async fn watch(
    template: &Template,
    accounts: usize,
    thresholds: &mut Thresholds,
) -> Result<Vec<Figures>, Failed> {
    let cloud_fixture = place::cloud_fixture(template, &[Partition::Aws]).await?;
    let deployment = cloud_fixture.deployment(Partition::Aws);
    let [customer, _] = &deployment.customers;
    let (aws_account, role) = (customer.account.id().to_owned(), customer.role.arn());
    TestAccounts::of(accounts)
        .register_with(&cloud_fixture, |_id| (aws_account.clone(), role.clone()));
    let lambda = redeployed(deployment, FUNCTION)?;
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
        let before = Spent::now(&lambda)?;
        run_once(&cloud_fixture, deployment, poller, after).await?;
        let what = format!("{accounts} accounts{when}");
        let run = before.since(&cloud_fixture, &lambda, what, accounts)?;
        let measured = Figures { run, accounts: count(accounts) };
        // The report is noted in the table too.
        let note = 1.0 / count(accounts);
        let each = rounded(measured.writes() - note);
        thresholds.check(format!("{}: table writes each", measured.run.what), each, writes);
        figures.push(measured);
    }
    lambda.stop_idle_instances();
    Ok(figures)
}

/// Events about a change of every account.
struct Told {
    /// Accounts without an event.
    lost: usize,
    /// Events that were put more than once.
    doubled: usize,
}

/// Breaks every account, and runs the watch while calls fail and messages come twice, until every account is
/// told about.
async fn tell_with_faults(template: &Template, accounts: usize) -> Result<Told, Failed> {
    let cloud_fixture = place::cloud_fixture(template, &[Partition::Aws]).await?;
    let deployment = cloud_fixture.deployment(Partition::Aws);
    let [customer, _] = &deployment.customers;
    let (aws_account, role) = (customer.account.id().to_owned(), customer.role.arn());
    TestAccounts::of(accounts)
        .register_with(&cloud_fixture, |_id| (aws_account.clone(), role.clone()));
    let lambda = redeployed(deployment, FUNCTION)?;
    let poller = deployment.poller(FUNCTION).ok_or("a poller")?;
    run_once(&cloud_fixture, deployment, poller, PERIOD).await?;
    customer.trust_with_wrong_external_id();
    poller.redeliver(REDELIVERED);
    let faulty = Fault::on("*", "*", Effect::InternalError).at_random(FAILING, 1);
    cloud_fixture.cloud.fault(faulty);
    for _run in 0..FAULTY_RUNS {
        cloud_fixture.cloud.calls().clear();
        cloud_fixture.cloud.clock().advance(PERIOD);
        // A call may fail, and then another event starts the run.
        for _delivery in 0..3 {
            if deployment.run_schedules(FUNCTION).await.iter().all(Result::is_ok) {
                break;
            }
        }
        poller.drain(CLOCK_STEPS).await;
        if told(deployment).len() == accounts {
            break;
        }
    }
    cloud_fixture.cloud.faults().clear();
    poller.redeliver(0);
    // What was not published yet is, and nothing is published again.
    run_once(&cloud_fixture, deployment, poller, PERIOD).await?;
    lambda.stop_idle_instances();
    let told = told(deployment);
    let doubled = told.values().map(|events| events - 1).sum();
    Ok(Told { lost: accounts - told.len(), doubled })
}

/// Returns the number of events for each account that is not ready.
fn told(deployment: &PartitionDeployment) -> BTreeMap<String, usize> {
    let mut told = BTreeMap::new();
    for event in deployment.gangway_account.put_events() {
        let member = |pointer| event.pointer(pointer).and_then(Value::as_str);
        if member("/detail/outcome") == Some("not-ready") {
            let uid = member("/detail/uid").unwrap_or_default().to_owned();
            *told.entry(uid).or_default() += 1;
        }
    }
    told
}

/// Runs the watch once, until its report is made.
async fn run_once(
    cloud_fixture: &CloudFixture,
    deployment: &PartitionDeployment,
    poller: &Poller,
    after: Duration,
) -> Result<(), Failed> {
    cloud_fixture.cloud.clock().advance(after);
    for response in deployment.run_schedules(FUNCTION).await {
        response?;
    }
    match poller.drain(CLOCK_STEPS).await {
        0 => Ok(()),
        left => Err(format!("{left} messages are left").into()),
    }
}
