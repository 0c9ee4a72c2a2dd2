//! What the kernel knows of a function's process.

use std::{fs, time::Duration};

use local_cloud::functions::Lambda;

use crate::Failed;

fn process(lambda: &Lambda) -> Result<u32, Failed> {
    lambda.processes().first().copied().ok_or_else(|| "a function that runs".into())
}

/// Resident memory in KiB.
pub(crate) fn memory(lambda: &Lambda) -> Result<u64, Failed> {
    let status = fs::read_to_string(format!("/proc/{}/status", process(lambda)?))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.ok_or("a line for resident memory")?.parse()?)
}

/// How long its threads have been on a processor, in all.
pub(crate) fn time_on_processor(lambda: &Lambda) -> Result<Duration, Failed> {
    let mut nanoseconds: u64 = 0;
    for thread in fs::read_dir(format!("/proc/{}/task", process(lambda)?))? {
        // A thread may end while it is looked at.
        let Ok(told) = fs::read_to_string(thread?.path().join("schedstat")) else { continue };
        let ran = told.split_whitespace().next().ok_or("a first figure")?;
        nanoseconds = nanoseconds.saturating_add(ran.parse()?);
    }
    Ok(Duration::from_nanos(nanoseconds))
}
