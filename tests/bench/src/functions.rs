//! Measures each function: start time, first and warm response, memory, CPU time and zip size.

use std::{fs, io::Write as _, time::Instant};

use flate2::{Compression, write::DeflateEncoder};
use gangway_model::Partition;
use local_cloud::{CloudFixture, cloudformation::Template, lambda::LambdaFunction};
use serde_json::{Value, json};

use crate::{
    Failed,
    place::{calls, cloud_fixture, deployed},
    process,
    requests::{Method, Request},
    samples::{Samples, count, rounded},
    thresholds::{self, Thresholds},
};

/// Number of process starts per function. The functions take turns, so that a slowdown of the
/// machine
/// affects all of them alike.
const STARTS: usize = 15;

/// Number of requests to a warm instance.
const WARM: usize = 60;

/// The samples of one function.
struct Measured {
    lambda: LambdaFunction,
    what: &'static str,
    request: Request,
    calls: usize,
    first_poll: Samples,
    first_response: Samples,
    warm_response: Samples,
    on_processor: Samples,
    idle_memory: Samples,
    used_memory: Samples,
    zip: f64,
}

impl Measured {
    fn new(lambda: LambdaFunction, what: &'static str, request: Request) -> Result<Self, Failed> {
        let mut zip = DeflateEncoder::new(Vec::new(), Compression::best());
        zip.write_all(&fs::read(lambda.binary())?)?;
        let zip = count(zip.finish()?.len()) / f64::from(1 << 20);
        let none = Samples::default;
        Ok(Self {
            lambda,
            what,
            request,
            calls: 0,
            first_poll: none(),
            first_response: none(),
            warm_response: none(),
            on_processor: none(),
            idle_memory: none(),
            used_memory: none(),
            zip,
        })
    }

    async fn start(&mut self) -> Result<(), Failed> {
        let Self { lambda, request, .. } = self;
        let polled = lambda.warm_up().await?;
        self.first_poll.time(polled);
        self.idle_memory.push(process::memory(lambda)?);
        let started = Instant::now();
        request.expect(&lambda.invoke(&request.event).await?)?;
        self.first_response.time(polled + started.elapsed());
        lambda.stop_idle_instances();
        Ok(())
    }

    async fn warm(&mut self, cloud_fixture: &CloudFixture) -> Result<(), Failed> {
        let Self { lambda, request, .. } = self;
        request.expect(&lambda.invoke(&request.event).await?)?;
        cloud_fixture.cloud.calls().clear();
        request.expect(&lambda.invoke(&request.event).await?)?;
        self.calls = calls(cloud_fixture);
        for _ in 0..WARM {
            let (before, started) = (process::time_on_processor(lambda)?, Instant::now());
            let response = lambda.invoke(&request.event).await?;
            self.warm_response.time(started.elapsed());
            self.on_processor.time(process::time_on_processor(lambda)?.saturating_sub(before));
            request.expect(&response)?;
        }
        self.used_memory.push(process::memory(lambda)?);
        lambda.stop_idle_instances();
        Ok(())
    }

    fn check(&self, bare: &Self, thresholds: &mut Thresholds) {
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

    fn json(&self) -> Value {
        json!({
            "function": self.lambda.function().package,
            "request": self.what,
            "calls": self.calls,
            "firstPollMs": self.first_poll.json(),
            "firstAnswerMs": self.first_response.json(),
            "warmAnswerMs": self.warm_response.json(),
            "onProcessorMs": self.on_processor.json(),
            "idleMemoryMb": self.idle_memory.json(),
            "usedMemoryMb": self.used_memory.json(),
            "zipMb": rounded(self.zip),
        })
    }
}

/// Registers an account with an access key, and returns the function that rotates it, with the step that tests
/// a schedule. The stack deploys the function only if keys are rotated, so it is made from another one.
async fn key_rotation(cloud_fixture: &CloudFixture) -> Result<Measured, Failed> {
    let deployment = cloud_fixture.deployment(Partition::Aws);
    let registering = deployed(deployment, Method::StaticCredentials.package())?;
    let request = Request::register(cloud_fixture, Method::StaticCredentials, "rotated")?;
    request.expect(&registering.invoke(&request.event).await?)?;
    registering.stop_idle_instances();
    let secrets = deployment.gangway_account.secrets();
    let secret = secrets.iter().find(|secret| secret.name.ends_with("/rotated"));
    let secret = secret.ok_or("the secret of the account")?;
    let (package, bus) = ("key-rotation", "GANGWAY_EVENT_BUS");
    let publishing = deployed(deployment, "account-watch")?;
    let bus_arn = publishing.environment().get(bus).cloned().ok_or("an event bus")?;
    let lambda = registering.with_changes(|function| {
        package.clone_into(&mut function.package);
        function.environment.insert(bus.to_owned(), bus_arn);
    });
    Measured::new(lambda, "the test of a schedule", Request::rotation_test(&secret.name))
}

/// Measures the no-op function and all of Gangway's functions. Also returns the CPU time of a full STS
/// validation, which is the baseline for vending.
pub(crate) async fn run(
    template: &Template,
    thresholds: &mut Thresholds,
) -> Result<(Value, f64), Failed> {
    let cloud_fixture = cloud_fixture(template, &[Partition::Aws, Partition::AwsIsoB]).await?;
    let deployment = cloud_fixture.deployment(Partition::Aws);
    deployment.pollers.iter().for_each(local_cloud::lambda::Poller::pause);
    let validation = "a full validation";
    let bare = deployed(deployment, "sts")?.with_changes(|function| {
        "hello".clone_into(&mut function.package);
        function.environment.clear();
    });
    let request = Request::validate(&cloud_fixture, Method::Sts)?.to_bare();
    let mut bare = Measured::new(bare, "nothing", request)?;
    let mut ours = Vec::new();
    for method in Method::ALL {
        let lambda = deployed(cloud_fixture.deployment(method.partition()), method.package())?;
        ours.push(Measured::new(lambda, validation, Request::validate(&cloud_fixture, method)?)?);
    }
    let others = [
        ("accounts", "a list", Request::list()),
        ("account-vended", "a registered account", Request::vended(deployment)),
        ("account-sweep", "an organization with one OU", Request::sweep()),
        ("account-watch", "a dry run", Request::watch()),
        ("account-resource", "a message that is not one of a stack", Request::foreign_message()),
    ];
    for (package, what, request) in others {
        ours.push(Measured::new(deployed(deployment, package)?, what, request)?);
    }
    ours.push(key_rotation(&cloud_fixture).await?);
    for measured in &mut ours {
        // The first run registers the vended account and fills the page cache. It does not count.
        measured.start().await?;
        let fresh = Samples::default;
        (measured.first_poll, measured.first_response, measured.idle_memory) =
            (fresh(), fresh(), fresh());
    }
    for _ in 0..STARTS {
        bare.start().await?;
        for measured in &mut ours {
            measured.start().await?;
        }
    }
    bare.warm(&cloud_fixture).await?;
    for measured in &mut ours {
        measured.warm(&cloud_fixture).await?;
        measured.check(&bare, thresholds);
    }
    let sts = ours.iter().find(|one| one.lambda.function().package == Method::Sts.package());
    let validation = sts.map(|sts| sts.on_processor.median()).unwrap_or_default();
    let rows: Vec<_> = [&bare].into_iter().chain(&ours).map(Measured::json).collect();
    Ok((rows.into(), validation))
}
