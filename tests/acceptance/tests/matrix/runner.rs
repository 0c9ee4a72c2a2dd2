//! Runs the fault cases of some flows concurrently and prints a table of the results.

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
    recording::{Pace, UndisturbedRun},
};

/// The number of concurrent workers; they mostly wait.
const MAX_WORKERS: usize = 12;

/// The least number of runs for a worker.
const RUNS_PER_WORKER: usize = 5;

/// A flow with the calls of a run without faults.
pub(crate) struct Run {
    pub(crate) flow: &'static Flow,
    pub(crate) call_sites: Vec<CallSite>,
}

/// Returns `true` if everything is to be tried, as `make crash` and `make faults` do, and not a sample.
pub(crate) fn is_whole_matrix() -> bool {
    std::env::var_os("GANGWAY_WHOLE_MATRIX").is_some()
}

/// Selects the faults for the calls of each flow.
pub(crate) type FaultSelection = fn(&[Run]) -> Vec<Vec<FaultCase>>;

/// The results of one flow.
#[derive(Default)]
struct FlowResult {
    runs: usize,
    counts: BTreeMap<String, usize>,
    wrong: Vec<String>,
}

/// Runs all selected faults of the flows and prints a line for each flow.
pub(crate) async fn run_fault_cases(
    matrix: &str,
    flows: &'static [Flow],
    select_faults: FaultSelection,
) {
    let started = Instant::now();
    let mut wrong = Vec::new();
    let name_filter = std::env::var_os("GANGWAY_FLOW").unwrap_or_default();
    let mut recorded_runs = Vec::new();
    for flow in flows.iter().filter(|flow| flow.name.contains(&*name_filter.to_string_lossy())) {
        let call_sites =
            Fixture::start(flow.partition).await.record(flow, Pace::Slow).await.call_sites;
        recorded_runs.push(Run { flow, call_sites });
    }
    let fault_cases = select_faults(&recorded_runs);
    assert_eq!(fault_cases.len(), recorded_runs.len(), "a selection for each flow");
    for (Run { flow, call_sites }, mut fault_cases) in recorded_runs.into_iter().zip(fault_cases) {
        fault_cases.retain(FaultCase::has_effect);
        let result = run_all(flow, fault_cases).await;
        let conclusion = if result.wrong.is_empty() {
            "all converged".to_owned()
        } else {
            format!("{} WRONG", result.wrong.len())
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
        for failure in &result.wrong {
            println!("        {failure:.300}");
        }
        let with_flow = |failure: String| format!("{} {}: {failure}", flow.function, flow.name);
        wrong.extend(result.wrong.into_iter().map(with_flow));
    }
    println!("{matrix:<7} took {:.0?}", started.elapsed());
    assert!(wrong.is_empty(), "{} wrong:\n\n{}", wrong.len(), wrong.join("\n\n"));
}

fn format_counts(counts: &BTreeMap<String, usize>) -> String {
    let counts: Vec<_> = counts.iter().map(|(label, times)| format!("{label}:{times}")).collect();
    counts.join(" ")
}

async fn run_all(flow: &'static Flow, fault_cases: Vec<FaultCase>) -> FlowResult {
    let count = fault_cases.len();
    let fault_cases: VecDeque<_> = fault_cases.into_iter().enumerate().collect();
    let fault_cases = Arc::new(Mutex::new(fault_cases));
    let mut workers = JoinSet::new();
    for _ in 0..MAX_WORKERS.min(count.div_ceil(RUNS_PER_WORKER)) {
        let fault_cases = Arc::clone(&fault_cases);
        workers.spawn(async move {
            let mut result = FlowResult::default();
            let next = || fault_cases.lock().expect("no panic").pop_front();
            let mut fixture: Option<(Fixture, UndisturbedRun)> = None;
            while let Some((number, fault_case)) = next() {
                let (fixture, undisturbed) = match &mut fixture {
                    Some(fixture) => fixture,
                    empty => {
                        let started_fixture = Fixture::start(flow.partition).await;
                        let undisturbed = started_fixture.record(flow, Pace::Usual).await;
                        empty.insert((started_fixture, undisturbed))
                    }
                };
                result.runs += 1;
                let name = format!("account-{number:05}");
                match fixture.run_with_fault(flow, &fault_case, &name, undisturbed).await {
                    Ok(label) => *result.counts.entry(label).or_default() += 1,
                    Err(wrong) => result.wrong.push(format!("{fault_case:?}: {wrong}")),
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
        all.wrong.extend(result.wrong);
    }
    all
}
