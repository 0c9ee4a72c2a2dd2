//! Measures each function: start time, first and warm response, memory, CPU time and zip size.

use std::{fs, io::Write as _, time::Instant};

use flate2::{Compression, write::DeflateEncoder};
use gangway_model::Partition;
use local_cloud::{CloudFixture, cloudformation::Template, lambda::LambdaFunction};
use serde_json::{Value, json};

use crate::{
    BoxError, process,
    requests::{Method, Request},
    samples::{Samples, round_to_thousandths, to_f64},
    setup::{configure_function, count_calls, start_cloud},
    thresholds::{self, Thresholds},
};

/// Number of process starts per function. The functions take turns, so that a slowdown of the
/// machine affects all functions in the same way.
const STARTS: usize = 15;

/// Number of measured requests to a warm instance of each function.
const WARM_REQUESTS: usize = 60;

/// A measured function, with all its samples.
struct MeasuredFunction {
    lambda: LambdaFunction,
    what: &'static str,
    request: Request,
    calls: usize,
    first_poll: Samples,
    first_response: Samples,
    warm_response: Samples,
    cpu_time: Samples,
    idle_memory: Samples,
    used_memory: Samples,
    zip: f64,
}

impl MeasuredFunction {
    fn new(lambda: LambdaFunction, what: &'static str, request: Request) -> Result<Self, BoxError> {
        let mut zip = DeflateEncoder::new(Vec::new(), Compression::best());
        zip.write_all(&fs::read(lambda.binary())?)?;
        let zip = to_f64(zip.finish()?.len()) / f64::from(1 << 20);
        let none = Samples::default;
        Ok(Self {
            lambda,
            what,
            request,
            calls: 0,
            first_poll: none(),
            first_response: none(),
            warm_response: none(),
            cpu_time: none(),
            idle_memory: none(),
            used_memory: none(),
            zip,
        })
    }

    /// Starts the function once and measures the first poll, the first response and the idle
    /// memory.
    async fn measure_start(&mut self) -> Result<(), BoxError> {
        let Self { lambda, request, .. } = self;
        let polled = lambda.warm_up().await?;
        self.first_poll.push_duration(polled);
        self.idle_memory.push(process::memory(lambda)?);
        let started = Instant::now();
        request.check_response(&lambda.invoke(&request.event).await?)?;
        self.first_response.push_duration(polled + started.elapsed());
        lambda.stop_idle_instances();
        Ok(())
    }

    /// Measures requests to a warm instance: response time, CPU time and memory.
    async fn measure_warm(&mut self, cloud_fixture: &CloudFixture) -> Result<(), BoxError> {
        let Self { lambda, request, .. } = self;
        request.check_response(&lambda.invoke(&request.event).await?)?;
        cloud_fixture.cloud.calls().clear();
        request.check_response(&lambda.invoke(&request.event).await?)?;
        self.calls = count_calls(cloud_fixture);
        for _ in 0..WARM_REQUESTS {
            let (before, started) = (process::cpu_time(lambda)?, Instant::now());
            let response = lambda.invoke(&request.event).await?;
            self.warm_response.push_duration(started.elapsed());
            self.cpu_time.push_duration(process::cpu_time(lambda)?.saturating_sub(before));
            request.check_response(&response)?;
        }
        self.used_memory.push(process::memory(lambda)?);
        lambda.stop_idle_instances();
        Ok(())
    }

    /// Compares the function with the no-op function `bare`, and records the ratios.
    fn check_thresholds(&self, bare: &Self, thresholds: &mut Thresholds) {
        let package = &self.lambda.function().package;
        let mut times = |what: &str, ours: f64, theirs: f64, limit| {
            thresholds.check(format!("{package}: {what}"), ours / theirs, limit);
        };
        let poll = (self.first_poll.median(), bare.first_poll.median());
        let private = self.lambda.environment().contains_key("GANGWAY_AWS_CA_BUNDLE_SECRET");
        let limit = if private { thresholds::FIRST_POLL_PRIVATE } else { thresholds::FIRST_POLL };
        times("start to first poll", poll.0, poll.1, limit);
        let idle = (self.idle_memory.median(), bare.idle_memory.median());
        times("memory before a request", idle.0, idle.1, thresholds::IDLE_MEMORY);
        let used = (self.used_memory.median(), bare.used_memory.median());
        times("memory after requests", used.0, used.1, thresholds::USED_MEMORY);
        times("zip", self.zip, bare.zip, thresholds::ZIP);
        thresholds.check(format!("{package}: zip, in MB"), self.zip, thresholds::ZIP_SIZE);
    }

    fn to_json(&self) -> Value {
        json!({
            "function": self.lambda.function().package,
            "request": self.what,
            "calls": self.calls,
            "firstPollMs": self.first_poll.to_json(),
            "firstAnswerMs": self.first_response.to_json(),
            "warmAnswerMs": self.warm_response.to_json(),
            "onProcessorMs": self.cpu_time.to_json(),
            "idleMemoryMb": self.idle_memory.to_json(),
            "usedMemoryMb": self.used_memory.to_json(),
            "zipMb": round_to_thousandths(self.zip),
        })
    }
}

/// Registers an account with an access key, and returns the function `key-rotation` with a request
/// that tests the rotation schedule of the account's secret. The template of the benchmark does not
/// deploy `key-rotation`, so the function is configured like another function.
async fn prepare_key_rotation(cloud_fixture: &CloudFixture) -> Result<MeasuredFunction, BoxError> {
    let deployment = cloud_fixture.deployment(Partition::Aws);
    let registering = configure_function(deployment, Method::StaticCredentials.package())?;
    let request = Request::register(cloud_fixture, Method::StaticCredentials, "rotated")?;
    request.check_response(&registering.invoke(&request.event).await?)?;
    registering.stop_idle_instances();
    let secrets = deployment.gangway_account.secrets();
    let secret = secrets.iter().find(|secret| secret.name.ends_with("/rotated"));
    let secret = secret.ok_or("the secret of the account")?;
    let (package, bus) = ("key-rotation", "GANGWAY_EVENT_BUS");
    let publishing = configure_function(deployment, "account-watch")?;
    let bus_arn = publishing.environment().get(bus).cloned().ok_or("an event bus")?;
    let lambda = registering.with_changes(|function| {
        package.clone_into(&mut function.package);
        function.environment.insert(bus.to_owned(), bus_arn);
    });
    MeasuredFunction::new(lambda, "the test of a schedule", Request::rotation_test(&secret.name))
}

/// Measures the no-op function and all of Gangway's functions. Also returns the CPU time of a full
/// STS validation, which is the baseline for vending.
pub(crate) async fn run(
    template: &Template,
    thresholds: &mut Thresholds,
) -> Result<(Value, f64), BoxError> {
    let cloud_fixture = start_cloud(template, &[Partition::Aws, Partition::AwsIsoB]).await?;
    let deployment = cloud_fixture.deployment(Partition::Aws);
    deployment.pollers.iter().for_each(local_cloud::lambda::Poller::pause);
    let validation = "a full validation";
    let bare = configure_function(deployment, "sts")?.with_changes(|function| {
        "hello".clone_into(&mut function.package);
        function.environment.clear();
    });
    let request = Request::validate(&cloud_fixture, Method::Sts)?.to_no_op_request();
    let mut bare = MeasuredFunction::new(bare, "nothing", request)?;
    let mut ours = Vec::new();
    for method in Method::ALL {
        let lambda =
            configure_function(cloud_fixture.deployment(method.partition()), method.package())?;
        ours.push(MeasuredFunction::new(
            lambda,
            validation,
            Request::validate(&cloud_fixture, method)?,
        )?);
    }
    let others = [
        ("accounts", "a list", Request::list()),
        ("account-vended", "a registered account", Request::vended(deployment)),
        ("account-sweep", "an organization with one OU", Request::sweep()),
        ("account-watch", "a dry run", Request::watch()),
        ("account-resource", "a message that is not one of a stack", Request::foreign_message()),
    ];
    for (package, what, request) in others {
        ours.push(MeasuredFunction::new(configure_function(deployment, package)?, what, request)?);
    }
    ours.push(prepare_key_rotation(&cloud_fixture).await?);
    for measured in &mut ours {
        // The first start registers the vended account and fills the page cache, so its values are
        // discarded.
        measured.measure_start().await?;
        let fresh = Samples::default;
        (measured.first_poll, measured.first_response, measured.idle_memory) =
            (fresh(), fresh(), fresh());
    }
    for _ in 0..STARTS {
        bare.measure_start().await?;
        for measured in &mut ours {
            measured.measure_start().await?;
        }
    }
    bare.measure_warm(&cloud_fixture).await?;
    for measured in &mut ours {
        measured.measure_warm(&cloud_fixture).await?;
        measured.check_thresholds(&bare, thresholds);
    }
    let sts = ours.iter().find(|one| one.lambda.function().package == Method::Sts.package());
    let validation = sts.map(|sts| sts.cpu_time.median()).unwrap_or_default();
    let rows: Vec<_> = [&bare].into_iter().chain(&ours).map(MeasuredFunction::to_json).collect();
    Ok((rows.into(), validation))
}
