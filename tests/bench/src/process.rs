//! Reads memory and CPU time of processes from `/proc`.

use std::{fs, time::Duration};

use local_cloud::lambda::LambdaFunction;

use crate::BoxError;

/// Returns the id of the first process of a function.
fn first_process_id(lambda: &LambdaFunction) -> Result<u32, BoxError> {
    lambda.process_ids().first().copied().ok_or_else(|| "a function that runs".into())
}

/// Returns the resident memory of the function's first process, in MB.
pub(crate) fn memory(lambda: &LambdaFunction) -> Result<f64, BoxError> {
    read_status_value(first_process_id(lambda)?, "VmRSS:")
}

/// Returns the highest resident memory of any of the function's processes, in MB.
pub(crate) fn peak_memory(lambda: &LambdaFunction) -> Result<f64, BoxError> {
    let peaks =
        lambda.process_ids().into_iter().map(|process| read_status_value(process, "VmHWM:"));
    Ok(peaks.collect::<Result<Vec<_>, _>>()?.into_iter().fold(0.0, f64::max))
}

/// Returns a value of `/proc/<process>/status`, converted from KiB to MiB.
fn read_status_value(process: u32, figure: &str) -> Result<f64, BoxError> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(figure));
    let number = line.and_then(|line| line.split_whitespace().next());
    let kib: u32 = number.ok_or("a line for resident memory")?.parse()?;
    Ok(f64::from(kib) / 1024.0)
}

/// Returns the total CPU time of all threads of the function's processes.
pub(crate) fn cpu_time(lambda: &LambdaFunction) -> Result<Duration, BoxError> {
    lambda.process_ids().into_iter().map(process_cpu_time).sum()
}

/// Returns the CPU time of this process, which contains the local cloud and the Lambda emulator.
pub(crate) fn own_cpu_time() -> Result<Duration, BoxError> {
    process_cpu_time(std::process::id())
}

/// Returns the CPU time of all threads of a process.
fn process_cpu_time(process: u32) -> Result<Duration, BoxError> {
    let mut nanoseconds: u64 = 0;
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        // A thread may end while it is read.
        let Ok(statistics) = fs::read_to_string(thread?.path().join("schedstat")) else { continue };
        let ran = statistics.split_whitespace().next().ok_or("a first figure")?;
        nanoseconds = nanoseconds.saturating_add(ran.parse()?);
    }
    Ok(Duration::from_nanos(nanoseconds))
}
