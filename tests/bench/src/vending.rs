//! Measures the sweep of a whole organization, and the registration of vended accounts.

mod test_accounts;

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use gangway_model::Partition;
use local_cloud::{
    CloudFixture,
    cloudformation::Template,
    fixtures::{PartitionDeployment, VendingSource},
    lambda::{LambdaFunction, Poller},
};
use serde_json::{Value, json};

use crate::{
    Failed,
    place::{self, PACE, calls},
    process,
    samples::{count, rounded},
    thresholds::{self, Thresholds},
};
use test_accounts::TestAccounts;

/// Sizes of the swept organizations, and how many of the accounts are registered already. Memory
/// must not grow.
const SWEPT: [(usize, usize); 4] = [(100, 0), (1_000, 0), (10_000, 0), (10_000, 10_000)];

/// Numbers of vended accounts that are registered through the queue.
const VENDED: [usize; 2] = [100, 1_000];

/// The result of one run.
struct Run {
    what: String,
    accounts: usize,
    took: Duration,
    /// CPU time of all processes of the function.
    function: Duration,
    /// CPU time of the local cloud.
    cloud: Duration,
    calls: usize,
    /// Peak memory of the largest process, in MB.
    peak: f64,
    /// Calls per account, by service and operation.
    kinds: BTreeMap<String, f64>,
}

impl Run {
    fn each(&self, time: Duration) -> f64 {
        time.as_secs_f64() * 1e3 / count(self.accounts)
    }

    fn calls_each(&self) -> f64 {
        count(self.calls) / count(self.accounts)
    }

    fn json(&self) -> Value {
        json!({
            "what": self.what,
            "accountsPerSecond": rounded(count(self.accounts) / self.took.as_secs_f64()),
            "accountsPerCoreSecond": rounded(count(self.accounts) / self.function.as_secs_f64()),
            "functionMs": rounded(self.each(self.function)),
            "cloudMs": rounded(self.each(self.cloud)),
            "callsEach": rounded(self.calls_each()),
            "peakMemoryMb": rounded(self.peak),
            "seconds": rounded(self.took.as_secs_f64()),
            "kinds": self.kinds,
        })
    }
}

/// Measures sweep and vending. `validation` is the CPU time of a whole STS validation of the same
/// run, in ms.
pub(crate) async fn run(
    template: &Template,
    validation: f64,
    thresholds: &mut Thresholds,
) -> Result<Value, Failed> {
    let mut sweeps = Vec::new();
    for (accounts, registered) in SWEPT {
        sweeps.push(sweep(template, accounts, registered).await?);
    }
    let smallest = sweeps.first().map(|run| run.peak).unwrap_or_default();
    for run in &sweeps {
        thresholds.check(
            format!("{}: calls each", run.what),
            run.calls_each(),
            thresholds::SWEEP_CALLS,
        );
        thresholds.check(
            format!("{}: memory", run.what),
            run.peak / smallest,
            thresholds::SWEEP_MEMORY,
        );
    }
    let mut vended = Vec::new();
    for accounts in VENDED {
        vended.push(vend(template, accounts).await?);
    }
    let smallest = vended.first().map(|run| run.peak).unwrap_or_default();
    for run in &vended {
        thresholds.check(
            format!("{}: calls each", run.what),
            run.calls_each(),
            thresholds::VENDED_CALLS,
        );
        thresholds.check(
            format!("{}: memory", run.what),
            run.peak / smallest,
            thresholds::VENDED_MEMORY,
        );
        let time = run.each(run.function) / validation;
        thresholds.check(format!("{}: processor each", run.what), time, thresholds::VENDED_TIME);
    }
    Ok(sweeps.iter().chain(&vended).map(Run::json).collect())
}

/// Time and CPU time at the start of a run.
struct Spent {
    started: Instant,
    function: Duration,
    cloud: Duration,
}

impl Spent {
    fn now(lambda: &LambdaFunction) -> Result<Self, Failed> {
        let (function, cloud) = (process::time_on_processor(lambda)?, process::own_time()?);
        Ok(Self { started: Instant::now(), function, cloud })
    }

    fn since(
        &self,
        cloud_fixture: &CloudFixture,
        lambda: &LambdaFunction,
        what: String,
        accounts: usize,
    ) -> Result<Run, Failed> {
        let took = self.started.elapsed();
        let mut kinds: BTreeMap<String, f64> = BTreeMap::new();
        for call in cloud_fixture.cloud.calls().all().iter().filter(|call| !call.nested) {
            *kinds.entry(format!("{} {}", call.service, call.operation)).or_default() += 1.0;
        }
        for number in kinds.values_mut() {
            *number = rounded(*number / count(accounts));
        }
        Ok(Run {
            what,
            accounts,
            took,
            function: process::time_on_processor(lambda)?.saturating_sub(self.function),
            cloud: process::own_time()?.saturating_sub(self.cloud),
            calls: calls(cloud_fixture),
            peak: process::peak_memory(lambda)?,
            kinds,
        })
    }
}

/// Deploys a function without the client-side rate limit, and connects its queue to it.
fn deployed(
    deployment: &PartitionDeployment,
    package: &str,
) -> Result<std::sync::Arc<LambdaFunction>, Failed> {
    let lambda = deployment.redeploy(package, |function| {
        function.environment.insert(PACE.0.to_owned(), PACE.1.to_owned());
    });
    lambda.ok_or_else(|| format!("no function {package}").into())
}

async fn sweep(template: &Template, accounts: usize, registered: usize) -> Result<Run, Failed> {
    let cloud_fixture = place::cloud_fixture(template, &[Partition::Aws]).await?;
    let deployment = cloud_fixture.deployment(Partition::Aws);
    deployment.pollers.iter().for_each(Poller::pause);
    let test_accounts = TestAccounts::of(accounts);
    test_accounts.join(&cloud_fixture, deployment);
    test_accounts.take(registered).register(&cloud_fixture);
    let lambda = deployed(deployment, "account-sweep")?;
    lambda.warm_up().await?;
    cloud_fixture.cloud.calls().clear();
    let before = Spent::now(&lambda)?;
    let response = lambda.invoke(&json!({})).await?;
    let run = before.since(
        &cloud_fixture,
        &lambda,
        format!("sweep of {accounts}, {registered} registered"),
        accounts,
    )?;
    let queued = response.pointer("/counts/queued").and_then(Value::as_u64);
    let queue = deployment.queue("VendingQueue").ok_or("the queue")?;
    if queued != u64::try_from(accounts - registered).ok() || queue.len() != accounts - registered {
        return Err(format!("the sweep answered {response}, and {} are queued", queue.len()).into());
    }
    lambda.stop_idle_instances();
    Ok(run)
}

async fn vend(template: &Template, accounts: usize) -> Result<Run, Failed> {
    let cloud_fixture = place::cloud_fixture(template, &[Partition::Aws]).await?;
    let deployment = cloud_fixture.deployment(Partition::Aws);
    let poller = deployment.poller("account-vended").ok_or("a poller")?;
    poller.pause();
    let lambda = deployed(deployment, "account-vended")?;
    let organization = deployment.organization();
    let queue = deployment.queue("VendingQueue").ok_or("the queue")?;
    for number in 0..accounts {
        let name = format!("team-{number}");
        let vended = organization.vend(VendingSource::Organizations, &name, &organization.sandbox);
        // One event per account, as the sweep sends them.
        queue.send(&organization.custom_event("onboard", vended.account.id()).to_string());
    }
    cloud_fixture.cloud.calls().clear();
    let before = Spent::now(&lambda)?;
    poller.resume();
    poller.wait_until_idle().await;
    let run =
        before.since(&cloud_fixture, &lambda, format!("{accounts} vended accounts"), accounts)?;
    let registered = cloud_fixture.cloud.palette().records().accounts.len();
    if registered != accounts {
        let logs = lambda.logs().text();
        let end = logs.lines().rev().take(20).collect::<Vec<_>>().join("\n");
        return Err(format!("only {registered} of {accounts} were registered:\n{end}").into());
    }
    lambda.stop_idle_instances();
    Ok(run)
}
