//! Measures runs of the watch over many accounts.

use std::time::Duration;

use gangway_model::Partition;
use local_cloud::{
    CloudFixture, cloudformation::Template, fixtures::PartitionDeployment, lambda::Poller,
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
