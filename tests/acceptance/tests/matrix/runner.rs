//! Runs the fault cases of the flows of a function, several at a time, and prints a table of the
//! results.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
    time::Instant,
};

use tokio::task::JoinSet;

use crate::{
    fault_case::{CallSite, FaultCase},
    fixture::Fixture,
    flow::Flow,
    recording::{Pace, RunWithoutFaults},
};

/// The maximum number of workers, each with a local cloud. Workers spend most of their time
/// waiting.
const MAX_WORKERS: usize = 12;

/// The number of runs for which another worker is started.
const RUNS_PER_WORKER: usize = 5;

/// A flow, and the calls of a run without faults.
pub(crate) struct RecordedFlow {
    pub(crate) flow: &'static Flow,
    pub(crate) call_sites: Vec<CallSite>,
}

/// Returns `true` if all faults are to be tested, and not only a sample. The environment variable
/// for that is set by `make crash` and `make faults`.
pub(crate) fn is_whole_matrix() -> bool {
    std::env::var_os("GANGWAY_WHOLE_MATRIX").is_some()
}

/// Returns the fault cases of each flow, in the order of the flows.
pub(crate) type FaultSelection = fn(&[RecordedFlow]) -> Vec<Vec<FaultCase>>;

/// The results of one flow.
#[derive(Default)]
struct FlowResult {
    runs: usize,
    /// The number of runs by label of their response.
    counts: BTreeMap<String, usize>,
    /// A description of each run that failed.
    failures: Vec<String>,
}

/// Records each flow, runs it with the selected faults, and prints a line with its results. The
/// environment variable `GANGWAY_FLOW` selects flows by a part of their names.
///
/// # Panics
/// If a run fails.
pub(crate) async fn run_fault_cases(
    matrix: &str,
    flows: &'static [Flow],
    select_faults: FaultSelection,
) {
    let started = Instant::now();
    let mut failures = Vec::new();
    let name_filter = std::env::var_os("GANGWAY_FLOW").unwrap_or_default();
    let mut recorded_flows = Vec::new();
    for flow in flows.iter().filter(|flow| flow.name.contains(&*name_filter.to_string_lossy())) {
        let call_sites =
            Fixture::start(flow.partition).await.record(flow, Pace::Slow).await.call_sites;
        recorded_flows.push(RecordedFlow { flow, call_sites });
    }
    let fault_cases = select_faults(&recorded_flows);
    assert_eq!(fault_cases.len(), recorded_flows.len(), "a selection for each flow");
    for (RecordedFlow { flow, call_sites }, mut fault_cases) in
        recorded_flows.into_iter().zip(fault_cases)
    {
        fault_cases.retain(FaultCase::is_distinct);
        let result = run_cases(flow, fault_cases).await;
        let conclusion = if result.failures.is_empty() {
            "all converged".to_owned()
        } else {
            format!("{} WRONG", result.failures.len())
        };
        println!(
            "{matrix:<7} {:<19} {:<28} {:<11} {:>3} calls {:>4} runs  {conclusion}  {}",
            flow.function,
            flow.name,
            flow.partition.id(),
            call_sites.len(),
            result.runs,
            format_counts(&result.counts),
        );
        for failure in &result.failures {
            println!("        {failure:.300}");
        }
        let with_flow = |failure: String| format!("{} {}: {failure}", flow.function, flow.name);
        failures.extend(result.failures.into_iter().map(with_flow));
    }
    println!("{matrix:<7} took {:.0?}", started.elapsed());
    assert!(failures.is_empty(), "{} wrong:\n\n{}", failures.len(), failures.join("\n\n"));
}

fn format_counts(counts: &BTreeMap<String, usize>) -> String {
    let counts: Vec<_> = counts.iter().map(|(label, times)| format!("{label}:{times}")).collect();
    counts.join(" ")
}

/// Runs a flow with each of these faults, with several workers.
async fn run_cases(flow: &'static Flow, fault_cases: Vec<FaultCase>) -> FlowResult {
    let count = fault_cases.len();
    let fault_cases: VecDeque<_> = fault_cases.into_iter().enumerate().collect();
    let fault_cases = Arc::new(Mutex::new(fault_cases));
    let mut workers = JoinSet::new();
    for _ in 0..MAX_WORKERS.min(count.div_ceil(RUNS_PER_WORKER)) {
        let fault_cases = Arc::clone(&fault_cases);
        workers.spawn(async move {
            let mut result = FlowResult::default();
            let next = || fault_cases.lock().expect("no panic").pop_front();
            let mut fixture: Option<(Fixture, RunWithoutFaults)> = None;
            while let Some((number, fault_case)) = next() {
                let (fixture, without_faults) = match &mut fixture {
                    Some(fixture) => fixture,
                    empty => {
                        let started_fixture = Fixture::start(flow.partition).await;
                        let without_faults = started_fixture.record(flow, Pace::Usual).await;
                        empty.insert((started_fixture, without_faults))
                    }
                };
                result.runs += 1;
                let name = format!("account-{number:05}");
                match fixture.run_with_fault(flow, &fault_case, &name, without_faults).await {
                    Ok(label) => *result.counts.entry(label).or_default() += 1,
                    Err(wrong) => result.failures.push(format!("{fault_case:?}: {wrong}")),
                }
            }
            result
        });
    }
    let mut all = FlowResult::default();
    for result in workers.join_all().await {
        all.runs += result.runs;
        for (label, times) in result.counts {
            *all.counts.entry(label).or_default() += times;
        }
        all.failures.extend(result.failures);
    }
    all
}
