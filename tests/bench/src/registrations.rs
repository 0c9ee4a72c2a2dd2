//! Measures registrations with network latency, and compares the wall time with the longest chain
//! of calls that depend on each other.

use std::time::{Duration, Instant};

use gangway_model::Partition;
use local_cloud::{CloudFixture, Effect, Fault, cloudformation::Template, lambda::LambdaFunction};
use serde_json::{Value, json};

use crate::{
    BoxError,
    requests::{Method, Request},
    samples::{Samples, round_to_thousandths, to_f64},
    setup::{configure_function, count_calls, start_cloud},
    thresholds::{self, Threshold, Thresholds},
};

/// Latency of each network call.
const CALL_LATENCY: Duration = Duration::from_millis(20);

/// Number of runs per request.
const RUNS: usize = 7;

/// Returns the expected length of the longest chain of calls in which each call needs the response
/// of the previous one, with the reason.
const fn longest_expected_chain(method: Method) -> (f64, &'static str) {
    match method {
        Method::Sts => (
            5.0,
            "read the account in Palette · simulate the role's policies, and validate in Palette · create the account · read it again · publish the outcome event",
        ),
        Method::StaticCredentials => (
            8.0,
            "identify the caller · simulate its policies · look up the secret · stage it · create the account · promote the secret · read both stores · publish the outcome event",
        ),
        Method::PodIdentity => (
            7.0,
            "read the account in Palette · describe the cluster · get a Kubernetes token · list the objects · validate in Palette · create the account · read it again",
        ),
        Method::Scap => (
            10.0,
            "get keys from the portal · identify the caller · read its role · simulate its policies · look up the secret · stage it · create the account · promote the secret · read both stores · publish the outcome event",
        ),
    }
}

/// Measures validation and registration of every method.
pub(crate) async fn run(
    template: &Template,
    thresholds: &mut Thresholds,
) -> Result<Value, BoxError> {
    let cloud_fixture = start_cloud(template, &[Partition::Aws, Partition::AwsIsoB]).await?;
    let mut rows = Vec::new();
    for method in Method::ALL {
        let lambda =
            configure_function(cloud_fixture.deployment(method.partition()), method.package())?;
        // The first request reads Palette's API key and opens the connections.
        let warming = Request::validate(&cloud_fixture, method)?;
        warming.check_response(&lambda.invoke(&warming.event).await?)?;
        for (what, registers) in [("validate", false), ("register", true)] {
            let row = measure(&cloud_fixture, &lambda, (method, registers), thresholds).await?;
            let MeasuredRequest { hops, calls, took } = row;
            let sum = hops * CALL_LATENCY.as_secs_f64() * 1e3;
            let ratio = took.minimum() / sum;
            thresholds.check(
                format!("{}: {what}, wall time", method.package()),
                ratio,
                thresholds::HOP_SUM,
            );
            rows.push(json!({
                "function": method.package(), "what": what, "hops": hops, "calls": calls,
                "hopSumMs": round_to_thousandths(sum), "tookMs": took.to_json(), "ratio": round_to_thousandths(ratio),
            }));
        }
        lambda.stop_idle_instances();
    }
    Ok(rows.into())
}

struct MeasuredRequest {
    hops: f64,
    calls: usize,
    took: Samples,
}

async fn measure(
    cloud_fixture: &CloudFixture,
    lambda: &LambdaFunction,
    (method, registers): (Method, bool),
    thresholds: &mut Thresholds,
) -> Result<MeasuredRequest, BoxError> {
    // Only calls of the function are delayed, not calls of the local Palette to AWS.
    cloud_fixture
        .cloud
        .fault(Fault::on("*", "*", Effect::Delay(CALL_LATENCY)).external_calls_only());
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
        took.push_duration(started.elapsed());
        request.check_response(&response)?;
        hops.push(to_f64(cloud_fixture.cloud.calls().longest_chain()));
        called = count_calls(cloud_fixture);
    }
    cloud_fixture.cloud.faults().clear();
    // The minimum is compared, because a busy machine may run independent calls one after the
    // other.
    let hops = hops.minimum();
    if registers {
        let (max, reason) = longest_expected_chain(method);
        let unit = "hops";
        thresholds.check(
            format!("{}: hops", method.package()),
            hops,
            Threshold { max, unit, reason },
        );
    }
    Ok(MeasuredRequest { hops, calls: called, took })
}
