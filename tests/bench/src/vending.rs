//! Measures the sweep of a whole organization, and the registration of vended accounts.

use gangway_model::Partition;
use local_cloud::{cloudformation::Template, fixtures::VendingSource, lambda::Poller};
use serde_json::{Value, json};

use crate::{
    BoxError,
    run::{Run, RunStart},
    setup::{self, redeploy_function},
    test_accounts::TestAccounts,
    thresholds::{self, Thresholds},
};

/// Numbers of accounts of the swept organizations, and how many of the accounts are registered
/// already. The memory must not grow with the number.
const SWEPT_ORGANIZATIONS: [(usize, usize); 4] =
    [(100, 0), (1_000, 0), (10_000, 0), (10_000, 10_000)];

/// Numbers of vended accounts that are registered through the queue.
const VENDED_ACCOUNTS: [usize; 2] = [100, 1_000];

/// Measures the sweep and the registration of vended accounts. `validation` is the CPU time of a
/// full STS validation on the same machine, in ms.
pub(crate) async fn run(
    template: &Template,
    validation: f64,
    thresholds: &mut Thresholds,
) -> Result<Value, BoxError> {
    let mut sweeps = Vec::new();
    for (accounts, registered) in SWEPT_ORGANIZATIONS {
        sweeps.push(measure_sweep(template, accounts, registered).await?);
    }
    let smallest = sweeps.first().map(|run| run.peak).unwrap_or_default();
    for run in &sweeps {
        thresholds.check(
            format!("{}: calls each", run.what),
            run.calls_per_account(),
            thresholds::SWEEP_CALLS,
        );
        thresholds.check(
            format!("{}: memory", run.what),
            run.peak / smallest,
            thresholds::SWEEP_MEMORY,
        );
    }
    let mut vended = Vec::new();
    for accounts in VENDED_ACCOUNTS {
        vended.push(measure_vending(template, accounts).await?);
    }
    let smallest = vended.first().map(|run| run.peak).unwrap_or_default();
    for run in &vended {
        thresholds.check(
            format!("{}: calls each", run.what),
            run.calls_per_account(),
            thresholds::VENDED_CALLS,
        );
        thresholds.check(
            format!("{}: memory", run.what),
            run.peak / smallest,
            thresholds::VENDED_MEMORY,
        );
        let time = run.ms_per_account(run.function) / validation;
        thresholds.check(format!("{}: processor each", run.what), time, thresholds::VENDED_TIME);
    }
    Ok(sweeps.iter().chain(&vended).map(Run::to_json).collect())
}

async fn measure_sweep(
    template: &Template,
    accounts: usize,
    registered: usize,
) -> Result<Run, BoxError> {
    let cloud_fixture = setup::start_cloud(template, &[Partition::Aws]).await?;
    let deployment = cloud_fixture.deployment(Partition::Aws);
    deployment.pollers.iter().for_each(Poller::pause);
    let test_accounts = TestAccounts::new(accounts);
    test_accounts.join_organization(&cloud_fixture, deployment);
    test_accounts.take(registered).register_in_palette(&cloud_fixture);
    let lambda = redeploy_function(deployment, "account-sweep")?;
    lambda.warm_up().await?;
    cloud_fixture.cloud.calls().clear();
    let before = RunStart::record(&lambda)?;
    let response = lambda.invoke(&json!({})).await?;
    let run = before.finish(
        &cloud_fixture,
        &lambda,
        format!("sweep of {accounts}, {registered} registered"),
        accounts,
    )?;
    let queued = response.pointer("/counts/queued").and_then(Value::as_u64);
    let queue = deployment.queue("VendingQueue").ok_or("the queue")?;
    // Registered accounts are queued, too: their roles are compared.
    if queued != u64::try_from(accounts).ok() || queue.len() != accounts {
        return Err(format!("the sweep answered {response}, and {} are queued", queue.len()).into());
    }
    lambda.stop_idle_instances();
    Ok(run)
}

async fn measure_vending(template: &Template, accounts: usize) -> Result<Run, BoxError> {
    let cloud_fixture = setup::start_cloud(template, &[Partition::Aws]).await?;
    let deployment = cloud_fixture.deployment(Partition::Aws);
    let poller = deployment.poller("account-vended").ok_or("a poller")?;
    poller.pause();
    let lambda = redeploy_function(deployment, "account-vended")?;
    let organization = deployment.organization();
    let queue = deployment.queue("VendingQueue").ok_or("the queue")?;
    for number in 0..accounts {
        let name = format!("team-{number}");
        let vended = organization.vend(VendingSource::Organizations, &name, &organization.sandbox);
        // One event per account, as the sweep sends them.
        queue.send(&organization.custom_event("onboard", vended.account.id()).to_string());
    }
    cloud_fixture.cloud.calls().clear();
    let before = RunStart::record(&lambda)?;
    poller.resume();
    poller.wait_until_idle().await;
    let run =
        before.finish(&cloud_fixture, &lambda, format!("{accounts} vended accounts"), accounts)?;
    let registered = cloud_fixture.cloud.palette().records().accounts.len();
    if registered != accounts {
        let logs = lambda.logs().text();
        let end = logs.lines().rev().take(20).collect::<Vec<_>>().join("\n");
        return Err(format!("only {registered} of {accounts} were registered:\n{end}").into());
    }
    lambda.stop_idle_instances();
    Ok(run)
}
