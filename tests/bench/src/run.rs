//! What a run over many accounts costs.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use local_cloud::{CloudFixture, lambda::LambdaFunction};
use serde_json::{Value, json};

use crate::{
    Failed,
    place::calls,
    process,
    samples::{count, rounded},
};

/// The result of one run.
pub(crate) struct Run {
    pub(crate) what: String,
    accounts: usize,
    took: Duration,
    /// CPU time of all processes of the function.
    pub(crate) function: Duration,
    /// CPU time of the local cloud.
    cloud: Duration,
    calls: usize,
    /// Peak memory of the largest process, in MB.
    pub(crate) peak: f64,
    /// Calls per account, by service and operation.
    pub(crate) kinds: BTreeMap<String, f64>,
}

impl Run {
    pub(crate) fn each(&self, time: Duration) -> f64 {
        time.as_secs_f64() * 1e3 / count(self.accounts)
    }

    pub(crate) fn calls_each(&self) -> f64 {
        count(self.calls) / count(self.accounts)
    }

    pub(crate) fn json(&self) -> Value {
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

/// Time and CPU time at the start of a run.
pub(crate) struct Spent {
    started: Instant,
    function: Duration,
    cloud: Duration,
}

impl Spent {
    pub(crate) fn now(lambda: &LambdaFunction) -> Result<Self, Failed> {
        let (function, cloud) = (process::time_on_processor(lambda)?, process::own_time()?);
        Ok(Self { started: Instant::now(), function, cloud })
    }

    pub(crate) fn since(
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
