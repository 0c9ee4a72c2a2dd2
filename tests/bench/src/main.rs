//! `make bench`: what the functions cost, each beside a bare one that was built with the same profile. With the argument
//! `vending` only what whole organizations cost.
#![expect(clippy::print_stdout, reason = "a program that people read")]

mod figures;
mod process;
mod requests;
mod vending;

use std::{error::Error, sync::Arc, time::Duration};

use domain::Partition;
use figures::Figures;
use local_cloud::{
    Effect, Fault, Options, World, functions::Lambda, template::Template, world::Realm,
};
use requests::Request;
use serde_json::Value;

/// How often a process is started, and how often a warm one is asked.
const STARTS: usize = 20;
const WARM: usize = 200;

/// What each network call takes while hops are counted: long enough to tell calls that wait from calls that do not.
const HOP: Duration = Duration::from_millis(40);

type Failed = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failed> {
    let template = Template::of_repository()?;
    if std::env::args().nth(1).as_deref() == Some("vending") {
        return vending::run(&template).await;
    }
    let options = Options { tls: true, ..Options::default() };
    let world = World::of(options, &template, &[Partition::Aws]).await?;
    let realm = world.realm(Partition::Aws);

    println!(
        "{STARTS} starts, {WARM} warm requests each; upstreams on loopback over TLS, answering at once."
    );
    println!("{}", Figures::HEADINGS);
    let sts = deployed(realm, "sts")?;
    let hello = sts.altered(|function| {
        "hello".clone_into(&mut function.package);
        function.environment.clear();
    });
    println!("{}", measure(&hello, &Request::validate_role(realm)).await?);
    println!("{}", measure(&sts, &Request::validate_role(realm)).await?);
    let keys = deployed(realm, "static-credentials")?;
    println!("{}", measure(&keys, &Request::validate_keys(realm)).await?);
    let accounts = deployed(realm, "accounts")?;
    println!("{}", measure(&accounts, &Request::list()).await?);
    println!();
    println!(
        "Sequential network hops of a registration (warm, every call {} ms):",
        HOP.as_millis()
    );
    for (function, request) in
        [(&sts, Request::register_role(realm)), (&keys, Request::register_keys(realm))]
    {
        let (hops, calls, took) = hops(&world, function, &request).await?;
        let package = &function.function().package;
        println!("{package:<19} {hops:>3} hops, {calls:>3} calls, {:>4} ms", took.as_millis());
    }
    println!();
    println!("A whole organization, and accounts as they are vended:");
    vending::run(&template).await
}

/// A function as it is deployed where Palette's certificate is a public one: no bundle is fetched at start.
fn deployed(realm: &Realm, package: &str) -> Result<Lambda, Failed> {
    let lambda: &Arc<Lambda> = realm.functions.get(package).ok_or("a function of the template")?;
    Ok(lambda.altered(|function| drop(function.environment.remove("PALETTE_CA_BUNDLE_SECRET"))))
}

async fn measure(lambda: &Lambda, request: &Request) -> Result<Figures, Failed> {
    let mut figures = Figures::of(lambda)?;
    for _ in 0..STARTS {
        figures.first_poll.push(lambda.warm().await?);
        figures.idle_memory.push(process::memory(lambda)?);
        let asked = std::time::Instant::now();
        request.expect(&lambda.invoke(&request.event).await?)?;
        let polled = figures.first_poll.last().copied().unwrap_or_default();
        figures.first_answer.push(polled + asked.elapsed());
        figures.used_memory.push(process::memory(lambda)?);
        // Later ones would wait for Palette's rate limit, which is not what is measured.
        let asked = std::time::Instant::now();
        request.expect(&lambda.invoke(&request.event).await?)?;
        figures.second_answer.push(asked.elapsed());
        lambda.kill();
    }
    request.expect(&lambda.invoke(&request.event).await?)?;
    for _ in 0..WARM {
        let before = process::time_on_processor(lambda)?;
        let answer = lambda.invoke(&request.event).await?;
        figures.own_time.push(process::time_on_processor(lambda)?.saturating_sub(before));
        request.expect(&answer)?;
    }
    lambda.kill();
    Ok(figures)
}

/// The longest chain of calls that waited for one another, of a function that is warm.
async fn hops(
    world: &World,
    lambda: &Lambda,
    request: &Request,
) -> Result<(usize, usize, Duration), Failed> {
    // It reads Palette's key and opens its connections once, whoever asks first.
    let warming = Request::list();
    let _whatever: Value = lambda.invoke(&warming.event).await?;
    let _report = lambda.invoke(&request.validating().event).await?;
    world.cloud.calls().clear();
    world.cloud.fault(Fault::on("*", "*", Effect::Delay(HOP)));
    let asked = std::time::Instant::now();
    let answer = lambda.invoke(&request.event).await?;
    let took = asked.elapsed();
    world.cloud.faults().clear();
    request.expect(&answer)?;
    let calls = world.cloud.calls().all().iter().filter(|call| !call.nested).count();
    lambda.kill();
    Ok((world.cloud.calls().longest_chain(), calls, took))
}
