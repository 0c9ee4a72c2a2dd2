//! Reads memory and CPU time of processes from `/proc`.

use std::{fs, time::Duration};

use local_cloud::lambda::LambdaFunction;

use crate::Failed;

fn process(lambda: &LambdaFunction) -> Result<u32, Failed> {
    lambda.process_ids().first().copied().ok_or_else(|| "a function that runs".into())
}

/// Returns the resident memory in MB.
pub(crate) fn memory(lambda: &LambdaFunction) -> Result<f64, Failed> {
    status(process(lambda)?, "VmRSS:")
}

/// Returns the highest resident memory of any of the function's processes, in MB.
pub(crate) fn peak_memory(lambda: &LambdaFunction) -> Result<f64, Failed> {
    let peaks = lambda.process_ids().into_iter().map(|process| status(process, "VmHWM:"));
    Ok(peaks.collect::<Result<Vec<_>, _>>()?.into_iter().fold(0.0, f64::max))
}

fn status(process: u32, figure: &str) -> Result<f64, Failed> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(figure));
    let number = line.and_then(|line| line.split_whitespace().next());
    let kib: u32 = number.ok_or("a line for resident memory")?.parse()?;
    Ok(f64::from(kib) / 1024.0)
}

/// Returns the total CPU time of all threads of the function's processes.
pub(crate) fn time_on_processor(lambda: &LambdaFunction) -> Result<Duration, Failed> {
    lambda.process_ids().into_iter().map(thread_times).sum()
}

/// Returns the CPU time of this process, which contains the local cloud and the Lambda emulator.
pub(crate) fn own_time() -> Result<Duration, Failed> {
    thread_times(std::process::id())
}

fn thread_times(process: u32) -> Result<Duration, Failed> {
    let mut nanoseconds: u64 = 0;
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        // A thread may end while it is read.
        let Ok(statistics) = fs::read_to_string(thread?.path().join("schedstat")) else { continue };
        let ran = statistics.split_whitespace().next().ok_or("a first figure")?;
        nanoseconds = nanoseconds.saturating_add(ran.parse()?);
    }
    Ok(Duration::from_nanos(nanoseconds))
}
