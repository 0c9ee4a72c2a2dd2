//! Measures registrations with network latency, and compares the wall time with the longest chain
//! of calls that depend on each other.

use std::time::{Duration, Instant};

use gangway_model::Partition;
use local_cloud::{CloudFixture, Effect, Fault, cloudformation::Template, lambda::LambdaFunction};
use serde_json::{Value, json};

use crate::{
    Failed,
    place::{calls, cloud_fixture, deployed},
    requests::{Method, Request},
    samples::{Samples, count, rounded},
    thresholds::{self, Threshold, Thresholds},
};

/// Latency of each network call.
const HOP: Duration = Duration::from_millis(20);

/// Number of runs per request.
const RUNS: usize = 7;

/// The expected number of calls of which each needs the response of the previous one, with the
/// reason for each.
const fn chain(method: Method) -> (f64, &'static str) {
    match method {
        Method::Sts => (
            4.0,
            "read the account in Palette · simulate the role's policies, and validate in Palette · create the account · read it again",
        ),
        Method::StaticCredentials => (
            7.0,
            "identify the caller · simulate its policies · look up the secret · stage it · create the account · promote the secret · read both stores",
        ),
        Method::PodIdentity => (
            7.0,
            "read the account in Palette · describe the cluster · get a Kubernetes token · list the objects · validate in Palette · create the account · read it again",
        ),
        Method::Scap => (
            9.0,
            "get keys from the portal · identify the caller · read its role · simulate its policies · look up the secret · stage it · create the account · promote the secret · read both stores",
        ),
    }
}

/// Measures validation and registration of every method.
pub(crate) async fn run(template: &Template, thresholds: &mut Thresholds) -> Result<Value, Failed> {
    let cloud_fixture = cloud_fixture(template, &[Partition::Aws, Partition::AwsIsoB]).await?;
    let mut rows = Vec::new();
    for method in Method::ALL {
        let lambda = deployed(cloud_fixture.deployment(method.partition()), method.package())?;
        // The first request reads Palette's API key and opens the connections.
        let warming = Request::validate(&cloud_fixture, method)?;
        warming.expect(&lambda.invoke(&warming.event).await?)?;
        for (what, registers) in [("validate", false), ("register", true)] {
            let row = measure(&cloud_fixture, &lambda, (method, registers), thresholds).await?;
            let Measured { hops, calls, took } = row;
            let sum = hops * HOP.as_secs_f64() * 1e3;
            let ratio = took.least() / sum;
            thresholds.check(
                format!("{}: {what}, wall time", method.package()),
                ratio,
                thresholds::HOP_SUM,
            );
            rows.push(json!({
                "function": method.package(), "what": what, "hops": hops, "calls": calls,
                "hopSumMs": rounded(sum), "tookMs": took.json(), "ratio": rounded(ratio),
            }));
        }
        lambda.stop_idle_instances();
    }
    Ok(rows.into())
}

struct Measured {
    hops: f64,
    calls: usize,
    took: Samples,
}

async fn measure(
    cloud_fixture: &CloudFixture,
    lambda: &LambdaFunction,
    (method, registers): (Method, bool),
    thresholds: &mut Thresholds,
) -> Result<Measured, Failed> {
    // Only direct calls are delayed. Calls that the fake Palette makes are not.
    cloud_fixture.cloud.fault(Fault::on("*", "*", Effect::Delay(HOP)).external_calls_only());
    let (mut took, mut hops, mut called) = (Samples::default(), Samples::default(), 0);
    for number in 0..RUNS {
        let request = if registers {
            Request::register(cloud_fixture, method, &format!("{}-{number}", method.package()))?
        } else {
            Request::validate(cloud_fixture, method)?
        };
        cloud_fixture.cloud.calls().clear();
        let started = Instant::now();
        let response = lambda.invoke(&request.event).await?;
        took.time(started.elapsed());
        request.expect(&response)?;
        hops.push(count(cloud_fixture.cloud.calls().longest_chain()));
        called = calls(cloud_fixture);
    }
    cloud_fixture.cloud.faults().clear();
    // A busy machine may serialize calls that do not depend on each other, so the minimum counts.
    let hops = hops.least();
    if registers {
        let (max, reason) = chain(method);
        let unit = "hops";
        thresholds.check(
            format!("{}: hops", method.package()),
            hops,
            Threshold { max, unit, reason },
        );
    }
    Ok(Measured { hops, calls: called, took })
}
