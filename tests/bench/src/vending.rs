//! The sweep of a whole organization, and vended accounts coming aboard.

mod crowd;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use domain::Partition;
use local_cloud::{Options, World, functions::Lambda, template::Template, world::Realm};
use serde_json::{Value, json};

use crate::{Failed, process};
use crowd::Crowd;

/// Organizations that are swept, and how many of their accounts Palette has already: memory has to stay flat.
const SWEPT: [(usize, usize); 4] = [(100, 0), (1_000, 0), (10_000, 0), (10_000, 10_000)];

/// Accounts that come aboard one after the other through the queue.
const VENDED: [usize; 2] = [100, 1_000];

/// Palette's rate limit is off on its side; on ours it is as far away.
const PACE: &str = "1000";

/// What was measured of one function.
struct Run {
    accounts: usize,
    took: Duration,
    /// On the processor, all processes of the function.
    own_time: Duration,
    calls: usize,
    /// KiB, of the largest process.
    peak: u64,
}

impl Run {
    const HEADINGS: &str =
        "                                 accounts/s  per core  calls/account  memory MB  seconds";

    fn line(&self, what: &str) -> String {
        let count = f64::from(u32::try_from(self.accounts).unwrap_or(u32::MAX));
        let calls = f64::from(u32::try_from(self.calls).unwrap_or(u32::MAX));
        let peak = f64::from(u32::try_from(self.peak).unwrap_or(u32::MAX)) / 1024.0;
        format!(
            "{what:<32} {:>10.0} {:>9.0} {:>14.2} {peak:>10.1} {:>8.1}",
            count / self.took.as_secs_f64(),
            count / self.own_time.as_secs_f64(),
            calls / count,
            self.took.as_secs_f64(),
        )
    }
}

/// Measures sweep and vending, and prints a line for each size.
pub(crate) async fn run(template: &Template) -> Result<(), Failed> {
    println!("{}", Run::HEADINGS);
    for (accounts, aboard) in SWEPT {
        let run = sweep(template, accounts, aboard).await?;
        println!("{}", run.line(&format!("sweep of {accounts}, {aboard} aboard")));
    }
    for accounts in VENDED {
        let (run, kinds) = vend(template, accounts).await?;
        println!("{}", run.line(&format!("{accounts} vended accounts")));
        for (kind, count) in kinds {
            println!("    {kind:<60} {:>6.2}", ratio(count, accounts));
        }
    }
    Ok(())
}

fn ratio(count: usize, of: usize) -> f64 {
    let float = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
    float(count) / float(of)
}

async fn world(template: &Template) -> Result<World, Failed> {
    let world =
        World::of(Options { tls: true, ..Options::default() }, template, &[Partition::Aws]).await?;
    world.cloud.palette().behave(|behaviour| behaviour.rate_limited = false);
    let mut records = world.cloud.palette().records();
    records.tenants.iter_mut().for_each(|tenant| tenant.quota = usize::MAX);
    drop(records);
    Ok(world)
}

/// A function of the realm with Palette's pace out of the way, which its queue feeds from now on.
fn deployed(realm: &Realm, package: &str) -> Result<Arc<Lambda>, Failed> {
    let lambda = realm.redeploy(package, |function| {
        function.environment.insert("PALETTE_REQUESTS_PER_SECOND".to_owned(), PACE.to_owned());
    });
    lambda.ok_or_else(|| format!("no function {package}").into())
}

async fn sweep(template: &Template, accounts: usize, aboard: usize) -> Result<Run, Failed> {
    let world = world(template).await?;
    let realm = world.realm(Partition::Aws);
    realm.pollers.iter().for_each(local_cloud::functions::Poller::pause);
    let crowd = Crowd::of(accounts);
    crowd.join(&world, realm);
    crowd.take(aboard).register(&world);
    let lambda = deployed(realm, "account-sweep")?;
    // It reads Palette's key and opens its connections once, and an organization of one account costs no more.
    lambda.warm().await?;
    world.cloud.calls().clear();
    let before = process::time_on_processor(&lambda)?;
    let started = Instant::now();
    let answer = lambda.invoke(&json!({})).await?;
    let took = started.elapsed();
    let queued = answer.pointer("/counts/queued").and_then(Value::as_u64);
    let queue = realm.queue("VendedAccounts").ok_or("the queue")?;
    if queued != u64::try_from(accounts - aboard).ok() || queue.len() != accounts - aboard {
        return Err(format!("the sweep answered {answer}, and {} are queued", queue.len()).into());
    }
    let own_time = process::time_on_processor(&lambda)?.saturating_sub(before);
    let calls = own_calls(&world);
    let run = Run { accounts, took, own_time, calls, peak: process::peak_memory(&lambda)? };
    lambda.kill();
    Ok(run)
}

type Kinds = Vec<(String, usize)>;

async fn vend(template: &Template, accounts: usize) -> Result<(Run, Kinds), Failed> {
    let world = world(template).await?;
    let realm = world.realm(Partition::Aws);
    let poller = realm.poller("account-vended").ok_or("a poller")?;
    poller.pause();
    let lambda = deployed(realm, "account-vended")?;
    let organization = realm.organization();
    let queue = realm.queue("VendedAccounts").ok_or("the queue")?;
    let kind = local_cloud::world::Kind::Organizations;
    for number in 0..accounts {
        let name = format!("team-{number}");
        let vended = organization.vend(kind, &name, &organization.sandbox);
        // One event for each, as the sweep sends them.
        queue.send(&organization.custom("onboard", vended.account.id()).to_string());
    }
    world.cloud.calls().clear();
    let started = Instant::now();
    poller.resume();
    poller.idle().await;
    let took = started.elapsed();
    let registered = world.cloud.palette().records().accounts.len();
    if registered != accounts {
        let logs = lambda.logs().text();
        let end = logs.lines().rev().take(20).collect::<Vec<_>>().join("\n");
        return Err(format!("only {registered} of {accounts} came aboard:\n{end}").into());
    }
    let own_time = process::time_on_processor(&lambda)?;
    let (calls, peak) = (own_calls(&world), process::peak_memory(&lambda)?);
    let mut kinds: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    for call in world.cloud.calls().all().iter().filter(|call| !call.nested) {
        *kinds.entry(format!("{} {}", call.service, call.operation)).or_default() += 1;
    }
    lambda.kill();
    Ok((Run { accounts, took, own_time, calls, peak }, kinds.into_iter().collect()))
}

/// Calls that the function made itself, rather than Palette in its turn.
fn own_calls(world: &World) -> usize {
    world.cloud.calls().all().iter().filter(|call| !call.nested).count()
}
