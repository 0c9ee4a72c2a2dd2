//! Compares Gangway's `static-credentials` function with the Python handler in `tests/bench/peer`.

use std::{collections::BTreeMap, path::Path, time::Instant};

use gangway_model::Partition;
use local_cloud::{CloudFixture, cloudformation::Template, lambda::LambdaFunction};
use serde_json::{Value, json};

use crate::{
    BoxError, process,
    requests::{Method, Request},
    samples::Samples,
    setup::{configure_function, count_calls, start_cloud},
    thresholds::{self, Thresholds},
};

/// Number of cold starts of each handler. Each start registers one account.
const STARTS: usize = 7;

/// Number of accounts that each handler registers while it is warm.
const WARM_ACCOUNTS: usize = 25;

/// The samples of one of the two compared handlers.
struct HandlerSamples {
    name: &'static str,
    lambda: LambdaFunction,
    calls: usize,
    number: usize,
    first_poll: Samples,
    first_response: Samples,
    cold_on_processor: Samples,
    warm_response: Samples,
    cpu_time: Samples,
    memory: Samples,
}

impl HandlerSamples {
    fn new(name: &'static str, lambda: LambdaFunction) -> Self {
        let none = Samples::default;
        Self {
            name,
            lambda,
            calls: 0,
            number: 0,
            first_poll: none(),
            first_response: none(),
            cold_on_processor: none(),
            warm_response: none(),
            cpu_time: none(),
            memory: none(),
        }
    }

    async fn register(&mut self, cloud_fixture: &CloudFixture) -> Result<(), BoxError> {
        self.number += 1;
        let name = format!("{}-{}", self.name, self.number);
        let request = Request::register(cloud_fixture, Method::StaticCredentials, &name)?;
        request.check_response(&self.lambda.invoke(&request.event).await?)
    }

    async fn measure_start(&mut self, cloud_fixture: &CloudFixture) -> Result<(), BoxError> {
        let polled = self.lambda.warm_up().await?;
        self.first_poll.push_duration(polled);
        let started = Instant::now();
        self.register(cloud_fixture).await?;
        self.first_response.push_duration(polled + started.elapsed());
        self.cold_on_processor.push_duration(process::cpu_time(&self.lambda)?);
        self.lambda.stop_idle_instances();
        Ok(())
    }

    async fn measure_warm(&mut self, cloud_fixture: &CloudFixture) -> Result<(), BoxError> {
        self.register(cloud_fixture).await?;
        for _ in 0..WARM_ACCOUNTS {
            cloud_fixture.cloud.calls().clear();
            let (before, started) = (process::cpu_time(&self.lambda)?, Instant::now());
            self.register(cloud_fixture).await?;
            self.warm_response.push_duration(started.elapsed());
            let after = process::cpu_time(&self.lambda)?;
            self.cpu_time.push_duration(after.saturating_sub(before));
            self.calls = count_calls(cloud_fixture);
        }
        self.memory.push(process::memory(&self.lambda)?);
        self.lambda.stop_idle_instances();
        Ok(())
    }

    fn to_json(&self) -> Value {
        json!({
            "who": self.name,
            "calls": self.calls,
            "firstPollMs": self.first_poll.to_json(),
            "firstAnswerMs": self.first_response.to_json(),
            "coldOnProcessorMs": self.cold_on_processor.to_json(),
            "warmAnswerMs": self.warm_response.to_json(),
            "onProcessorMs": self.cpu_time.to_json(),
            "memoryMb": self.memory.to_json(),
        })
    }
}

/// Measures both handlers.
pub(crate) async fn run(
    template: &Template,
    python: &Path,
    thresholds: &mut Thresholds,
) -> Result<Value, BoxError> {
    let cloud_fixture = start_cloud(template, &[Partition::Aws]).await?;
    let ours = configure_function(
        cloud_fixture.deployment(Partition::Aws),
        Method::StaticCredentials.package(),
    )?;
    let mut sides = [
        HandlerSamples::new("peer", deploy_python_handler(&ours, python)?),
        HandlerSamples::new("gangway", ours),
    ];
    for _ in 0..STARTS {
        for side in &mut sides {
            side.measure_start(&cloud_fixture).await?;
        }
    }
    for side in &mut sides {
        side.measure_warm(&cloud_fixture).await?;
    }
    let [peer, ours] = &sides;
    for (what, ours, peer) in [
        ("start to first answer", &ours.first_response, &peer.first_response),
        ("processor, warm", &ours.cpu_time, &peer.cpu_time),
        ("processor, cold", &ours.cold_on_processor, &peer.cold_on_processor),
        ("memory", &ours.memory, &peer.memory),
    ] {
        let ratio = ours.median() / peer.median();
        thresholds.check(format!("gangway and peer: {what}"), ratio, thresholds::PEER);
    }
    Ok(sides.iter().map(HandlerSamples::to_json).collect())
}

/// Returns the Python handler as a function with the role, settings and memory of Gangway's
/// function.
fn deploy_python_handler(ours: &LambdaFunction, python: &Path) -> Result<LambdaFunction, BoxError> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    let folder = repository.join("tests/bench/peer");
    let ca_bundle = ours.environment().remove("AWS_CA_BUNDLE").ok_or("the CA bundle")?;
    let variables = BTreeMap::from([
        ("PEER_PYTHON", python.display().to_string()),
        ("PYTHONPATH", folder.display().to_string()),
        ("POLICY_DOCUMENTS", repository.join("shared/policies/documents").display().to_string()),
        // The name that the `requests` package reads.
        ("REQUESTS_CA_BUNDLE", ca_bundle),
    ]);
    Ok(ours.with_changes(|function| {
        // An absolute path, because the handler is not in the folder of Gangway's binaries.
        function.package = folder.join("bootstrap").display().to_string();
        let named = |(name, value): (&str, String)| (name.to_owned(), value);
        function.environment.extend(variables.into_iter().map(named));
    }))
}
