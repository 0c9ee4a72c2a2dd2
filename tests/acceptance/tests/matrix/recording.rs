//! Runs a flow without faults, and records its calls, its response and the final state.

use std::{collections::BTreeMap, time::Duration};

use local_cloud::{Effect, Fault, call_log::LoggedCall};

use crate::{
    fault_case::CallSite,
    fixture::Fixture,
    flow::{Flow, Response},
    state::State,
};

/// The delay of each call in a slow run. Concurrent calls then overlap in the call log.
const CALL_DELAY: Duration = Duration::from_millis(25);

/// The result of a run without faults.
pub(crate) struct RunWithoutFaults {
    /// The calls that faults are tested at, in order.
    pub(crate) call_sites: Vec<CallSite>,
    pub(crate) response: Response,
    /// The stored state after the run. Names and ids of the run are replaced.
    pub(crate) final_state: String,
    /// The text of the response. Names and ids of the run are replaced.
    pub(crate) response_text: String,
}

/// Whether calls are delayed in a run without faults.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Pace {
    /// Every call is delayed, so that the call log shows which calls are concurrent.
    Slow,
    /// Calls are not delayed.
    Usual,
}

impl Fixture {
    /// Prepares a flow, runs it without faults and records the run.
    pub(crate) async fn record(&self, flow: &Flow, pace: Pace) -> RunWithoutFaults {
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
            response.is_success(),
            "{} {}, without faults: {}",
            flow.function,
            flow.name,
            response.text()
        );
        let queue_response = self.process_queues().await;
        assert!(
            queue_response.is_success(),
            "{} {}: {}",
            flow.function,
            flow.name,
            queue_response.text()
        );
        let state = State::snapshot(self, &subject);
        state.check_consistency().expect("a run without faults ends in a consistent state");
        let (final_state, response_text) =
            (state.to_normalized_text(), state.replace_ids(&response.text()));
        self.remove_accounts(&subject);
        RunWithoutFaults {
            call_sites: find_call_sites(&calls),
            response,
            final_state,
            response_text,
        }
    }
}

/// Returns the calls that the function made, without redundant ones.
fn find_call_sites(calls: &[LoggedCall]) -> Vec<CallSite> {
    // Nested calls are those that Palette makes to AWS. The function does not make them.
    let own: Vec<_> = calls.iter().filter(|call| !call.nested).collect();
    let mut seen = BTreeMap::new();
    let mut call_sites = Vec::new();
    for (index, call) in own.iter().enumerate() {
        let operation = (call.service.clone(), call.operation.clone());
        let nth = seen.entry(operation.clone()).and_modify(|nth| *nth += 1).or_insert(1_u32);
        if !is_redundant(&own, index) {
            call_sites.push(CallSite { service: operation.0, operation: operation.1, nth: *nth });
        }
    }
    call_sites
}

/// Returns `true` for a call that need not be tested. Concurrent IAM reads of one operation have a
/// random order, so only the first and the last of them are tested.
fn is_redundant(calls: &[&LoggedCall], index: usize) -> bool {
    let call = calls[index];
    let overlaps = |other: &&&LoggedCall| {
        other.service == call.service
            && other.operation == call.operation
            && other.start < call.end.unwrap_or(call.start)
            && call.start < other.end.unwrap_or(other.start)
    };
    call.service == "iam"
        && !call.is_write()
        && calls[..index].iter().any(|other| overlaps(&other))
        && calls[index + 1..].iter().any(|other| overlaps(&other))
}
