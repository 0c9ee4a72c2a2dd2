//! Records the calls of a run without faults; each is a place for a fault.

use std::{collections::BTreeMap, time::Duration};

use local_cloud::{Effect, Fault, calls::Call};

use crate::{
    fault_case::CallSite,
    fixture::Fixture,
    flow::{Flow, Response},
    state::State,
};

/// How much later each call is served while points are looked for, so that those that are asked at the same time are seen
/// to be.
const LATER: Duration = Duration::from_millis(25);

/// An undisturbed run.
pub(crate) struct UndisturbedRun {
    /// Where something may befall it, in the order of the calls.
    pub(crate) call_sites: Vec<CallSite>,
    /// What was told.
    pub(crate) response: Response,
    /// How it ends, with neither names nor ids.
    pub(crate) end: String,
    /// The same of what was told.
    pub(crate) said: String,
}

/// How calls are to be served meanwhile.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Pace {
    /// Late, to see which are asked at the same time.
    Slow,
    /// As they come.
    Usual,
}

impl Fixture {
    /// Runs a flow with nothing in its way.
    pub(crate) async fn record(&self, flow: &Flow, pace: Pace) -> UndisturbedRun {
        let subject = self.prepare(flow, "account-undisturbed").await;
        if pace == Pace::Slow {
            self.cloud().fault(Fault::on("*", "*", Effect::Delay(LATER)).own());
        }
        self.cloud().calls().clear();
        let response = self.execute(&(flow.action)(self, &subject), &subject).await;
        let calls = self.cloud().calls().all();
        self.cloud().faults().clear();
        assert!(
            response.succeeded(),
            "{} {}, undisturbed: {}",
            flow.function,
            flow.name,
            response.text()
        );
        let settled = self.work_off_queues().await;
        assert!(settled.succeeded(), "{} {}: {}", flow.function, flow.name, settled.text());
        let state = State::of(self, &subject);
        state.consistent().expect("an undisturbed run ends well");
        let (end, said) = (state.anonymous(), state.without_names(&response.text()));
        self.remove_accounts(&subject);
        UndisturbedRun { call_sites: call_sites(&calls), response, end, said }
    }
}

/// Each call of the function's own, numbered among those of its operation.
fn call_sites(calls: &[Call]) -> Vec<CallSite> {
    // What Palette asks of AWS comes between them in any order, and is not the function's.
    let own: Vec<_> = calls.iter().filter(|call| !call.nested).collect();
    let mut seen = BTreeMap::new();
    let mut call_sites = Vec::new();
    for (at, call) in own.iter().enumerate() {
        let operation = (call.service.clone(), call.operation.clone());
        let nth = seen.entry(operation.clone()).and_modify(|nth| *nth += 1).or_insert(1_u32);
        if !is_redundant(&own, at) {
            call_sites.push(CallSite { service: operation.0, operation: operation.1, nth: *nth });
        }
    }
    call_sites
}

/// Whether others stand for a call: of the questions that are put to IAM in the same words at the same time, the first and
/// the last do. Which of them is which is chance.
fn is_redundant(calls: &[&Call], at: usize) -> bool {
    let call = calls[at];
    let alike = |other: &&&Call| {
        other.service == call.service
            && other.operation == call.operation
            && other.start < call.end.unwrap_or(call.start)
            && call.start < other.end.unwrap_or(other.start)
    };
    call.service == "iam"
        && !call.changes()
        && calls[..at].iter().any(|other| alike(&other))
        && calls[at + 1..].iter().any(|other| alike(&other))
}
