//! Compares Gangway's `static-credentials` function with the Python handler in `tests/bench/peer`.

use std::{collections::BTreeMap, path::Path, time::Instant};

use gangway_model::Partition;
use local_cloud::{CloudFixture, cloudformation::Template, lambda::LambdaFunction};
use serde_json::{Value, json};

use crate::{
    Failed,
    place::{calls, cloud_fixture, deployed},
    process,
    requests::{Method, Request},
    samples::Samples,
    thresholds::{self, Thresholds},
};

/// Number of cold starts of each handler. Each start registers one account. The handlers take
/// turns.
const STARTS: usize = 7;

/// Number of accounts that each handler registers while it is warm.
const WARM: usize = 25;

/// One of the two handlers.
struct Side {
    name: &'static str,
    lambda: LambdaFunction,
    calls: usize,
    number: usize,
    first_poll: Samples,
    first_response: Samples,
    cold_on_processor: Samples,
    warm_response: Samples,
    on_processor: Samples,
    memory: Samples,
}

impl Side {
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
            on_processor: none(),
            memory: none(),
        }
    }

    async fn register(&mut self, cloud_fixture: &CloudFixture) -> Result<(), Failed> {
        self.number += 1;
        let name = format!("{}-{}", self.name, self.number);
        let request = Request::register(cloud_fixture, Method::StaticCredentials, &name)?;
        request.expect(&self.lambda.invoke(&request.event).await?)
    }

    async fn start(&mut self, cloud_fixture: &CloudFixture) -> Result<(), Failed> {
        let polled = self.lambda.warm_up().await?;
        self.first_poll.time(polled);
        let started = Instant::now();
        self.register(cloud_fixture).await?;
        self.first_response.time(polled + started.elapsed());
        self.cold_on_processor.time(process::time_on_processor(&self.lambda)?);
        self.lambda.stop_idle_instances();
        Ok(())
    }

    async fn warm(&mut self, cloud_fixture: &CloudFixture) -> Result<(), Failed> {
        self.register(cloud_fixture).await?;
        for _ in 0..WARM {
            cloud_fixture.cloud.calls().clear();
            let (before, started) = (process::time_on_processor(&self.lambda)?, Instant::now());
            self.register(cloud_fixture).await?;
            self.warm_response.time(started.elapsed());
            let after = process::time_on_processor(&self.lambda)?;
            self.on_processor.time(after.saturating_sub(before));
            self.calls = calls(cloud_fixture);
        }
        self.memory.push(process::memory(&self.lambda)?);
        self.lambda.stop_idle_instances();
        Ok(())
    }

    fn json(&self) -> Value {
        json!({
            "who": self.name,
            "calls": self.calls,
            "firstPollMs": self.first_poll.json(),
            "firstAnswerMs": self.first_response.json(),
            "coldOnProcessorMs": self.cold_on_processor.json(),
            "warmAnswerMs": self.warm_response.json(),
            "onProcessorMs": self.on_processor.json(),
            "memoryMb": self.memory.json(),
        })
    }
}

/// Measures both handlers.
pub(crate) async fn run(
    template: &Template,
    python: &Path,
    thresholds: &mut Thresholds,
) -> Result<Value, Failed> {
    let cloud_fixture = cloud_fixture(template, &[Partition::Aws]).await?;
    let ours =
        deployed(cloud_fixture.deployment(Partition::Aws), Method::StaticCredentials.package())?;
    let mut sides = [Side::new("peer", handwritten(&ours, python)?), Side::new("gangway", ours)];
    for _ in 0..STARTS {
        for side in &mut sides {
            side.start(&cloud_fixture).await?;
        }
    }
    for side in &mut sides {
        side.warm(&cloud_fixture).await?;
    }
    let [peer, ours] = &sides;
    for (what, ours, peer) in [
        ("start to first answer", &ours.first_response, &peer.first_response),
        ("processor, warm", &ours.on_processor, &peer.on_processor),
        ("processor, cold", &ours.cold_on_processor, &peer.cold_on_processor),
        ("memory", &ours.memory, &peer.memory),
    ] {
        let ratio = ours.median() / peer.median();
        thresholds.check(format!("gangway and peer: {what}"), ratio, thresholds::PEER);
    }
    Ok(sides.iter().map(Side::json).collect())
}

/// Deploys the Python handler with the role, settings and memory of Gangway's function.
fn handwritten(ours: &LambdaFunction, python: &Path) -> Result<LambdaFunction, Failed> {
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
        // A path of its own, because the handler is not beside Gangway's binaries.
        function.package = folder.join("bootstrap").display().to_string();
        let named = |(name, value): (&str, String)| (name.to_owned(), value);
        function.environment.extend(variables.into_iter().map(named));
    }))
}
