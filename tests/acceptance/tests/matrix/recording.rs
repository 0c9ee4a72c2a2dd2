//! Records the calls of a run without faults; each is a place for a fault.

use std::{collections::BTreeMap, time::Duration};

use local_cloud::{Effect, Fault, call_log::LoggedCall};

use crate::{
    fault_case::CallSite,
    fixture::Fixture,
    flow::{Flow, Response},
    state::State,
};

/// The delay of each call during a recording, so that concurrent calls overlap visibly.
const CALL_DELAY: Duration = Duration::from_millis(25);

/// An undisturbed run.
pub(crate) struct UndisturbedRun {
    /// The calls that can fail, in order.
    pub(crate) call_sites: Vec<CallSite>,
    /// The response without faults.
    pub(crate) response: Response,
    /// The final state, without names and ids.
    pub(crate) final_state: String,
    /// The response, without names and ids.
    pub(crate) response_text: String,
}

/// The delay of calls during a recording.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Pace {
    /// Delays every call, to see which are concurrent.
    Slow,
    /// No delay.
    Usual,
}

impl Fixture {
    /// Runs a flow without faults.
    pub(crate) async fn record(&self, flow: &Flow, pace: Pace) -> UndisturbedRun {
        let subject = self.prepare(flow, "account-undisturbed").await;
        if pace == Pace::Slow {
            self.cloud()
                .fault(Fault::on("*", "*", Effect::Delay(CALL_DELAY)).external_calls_only());
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
        let settled = self.process_queues().await;
        assert!(settled.succeeded(), "{} {}: {}", flow.function, flow.name, settled.text());
        let state = State::snapshot(self, &subject);
        state.check_consistency().expect("an undisturbed run ends well");
        let (final_state, response_text) =
            (state.normalized(), state.without_ids(&response.text()));
        self.remove_accounts(&subject);
        UndisturbedRun { call_sites: call_sites(&calls), response, final_state, response_text }
    }
}

/// Returns the function's own calls, numbered per operation.
fn call_sites(calls: &[LoggedCall]) -> Vec<CallSite> {
    // Calls that Palette makes to AWS come in any order and are not made by the function.
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

/// Whether other calls represent this one: of concurrent IAM reads of one operation only the first
/// and the last are tested, as their order is random.
fn is_redundant(calls: &[&LoggedCall], at: usize) -> bool {
    let call = calls[at];
    let overlaps = |other: &&&LoggedCall| {
        other.service == call.service
            && other.operation == call.operation
            && other.start < call.end.unwrap_or(call.start)
            && call.start < other.end.unwrap_or(other.start)
    };
    call.service == "iam"
        && !call.is_write()
        && calls[..at].iter().any(|other| overlaps(&other))
        && calls[at + 1..].iter().any(|other| overlaps(&other))
}
