//! Measures time, memory and calls of a run over many accounts.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use local_cloud::{CloudFixture, lambda::LambdaFunction};
use serde_json::{Value, json};

use crate::{
    BoxError, process,
    samples::{round_to_thousandths, to_f64},
    setup::count_calls,
};

/// The measured values of one run.
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
    /// Returns a time per account, in ms.
    pub(crate) fn ms_per_account(&self, time: Duration) -> f64 {
        time.as_secs_f64() * 1e3 / to_f64(self.accounts)
    }

    pub(crate) fn calls_per_account(&self) -> f64 {
        to_f64(self.calls) / to_f64(self.accounts)
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({
            "what": self.what,
            "accountsPerSecond": round_to_thousandths(to_f64(self.accounts) / self.took.as_secs_f64()),
            "accountsPerCoreSecond": round_to_thousandths(to_f64(self.accounts) / self.function.as_secs_f64()),
            "functionMs": round_to_thousandths(self.ms_per_account(self.function)),
            "cloudMs": round_to_thousandths(self.ms_per_account(self.cloud)),
            "callsEach": round_to_thousandths(self.calls_per_account()),
            "peakMemoryMb": round_to_thousandths(self.peak),
            "seconds": round_to_thousandths(self.took.as_secs_f64()),
            "kinds": self.kinds,
        })
    }
}

/// The time and the CPU times at the start of a run.
pub(crate) struct RunStart {
    started: Instant,
    function: Duration,
    cloud: Duration,
}

impl RunStart {
    pub(crate) fn record(lambda: &LambdaFunction) -> Result<Self, BoxError> {
        let (function, cloud) = (process::cpu_time(lambda)?, process::own_cpu_time()?);
        Ok(Self { started: Instant::now(), function, cloud })
    }

    /// Ends the run and returns its values.
    pub(crate) fn finish(
        &self,
        cloud_fixture: &CloudFixture,
        lambda: &LambdaFunction,
        what: String,
        accounts: usize,
    ) -> Result<Run, BoxError> {
        let took = self.started.elapsed();
        let mut kinds: BTreeMap<String, f64> = BTreeMap::new();
        for call in cloud_fixture.cloud.calls().all().iter().filter(|call| !call.nested) {
            *kinds.entry(format!("{} {}", call.service, call.operation)).or_default() += 1.0;
        }
        for number in kinds.values_mut() {
            *number = round_to_thousandths(*number / to_f64(accounts));
        }
        Ok(Run {
            what,
            accounts,
            took,
            function: process::cpu_time(lambda)?.saturating_sub(self.function),
            cloud: process::own_cpu_time()?.saturating_sub(self.cloud),
            calls: count_calls(cloud_fixture),
            peak: process::peak_memory(lambda)?,
            kinds,
        })
    }
}
