//! What was measured of a function, as a row.

use std::{fmt, fs, io::Write as _, time::Duration};

use flate2::{Compression, write::DeflateEncoder};
use local_cloud::functions::Lambda;

use crate::Failed;

/// Everything measured of one function.
#[derive(Debug)]
pub(crate) struct Figures {
    package: String,
    /// Bytes of the binary, compressed as in the zip that Lambda is given.
    zipped: usize,
    pub(crate) first_poll: Vec<Duration>,
    pub(crate) first_answer: Vec<Duration>,
    /// KiB, before the first request.
    pub(crate) idle_memory: Vec<u64>,
    /// KiB, after it.
    pub(crate) used_memory: Vec<u64>,
    /// To the same request again.
    pub(crate) second_answer: Vec<Duration>,
    /// On the processor, all threads.
    pub(crate) own_time: Vec<Duration>,
}

impl Figures {
    /// What the columns are.
    pub(crate) const HEADINGS: &str = "\
                      first poll  first answer    memory MB         own time ms  second answer    zip
function                median ms     median ms   idle  used       p50     p99      p50    max     MB";

    /// Nothing measured yet but the size.
    pub(crate) fn of(lambda: &Lambda) -> Result<Self, Failed> {
        let mut zip = DeflateEncoder::new(Vec::new(), Compression::best());
        zip.write_all(&fs::read(lambda.binary())?)?;
        Ok(Self {
            package: lambda.function().package.clone(),
            zipped: zip.finish()?.len(),
            first_poll: Vec::new(),
            first_answer: Vec::new(),
            idle_memory: Vec::new(),
            used_memory: Vec::new(),
            second_answer: Vec::new(),
            own_time: Vec::new(),
        })
    }
}

/// The value that so many of a hundred do not pass.
fn percentile<T: Copy + Default + Ord>(values: &[T], percent: usize) -> T {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let place = sorted.len().saturating_mul(percent).div_ceil(100).saturating_sub(1);
    sorted.get(place).copied().unwrap_or_default()
}

fn ms(values: &[Duration], percent: usize) -> f64 {
    percentile(values, percent).as_secs_f64() * 1e3
}

fn mb(kib: u64) -> f64 {
    f64::from(u32::try_from(kib).unwrap_or(u32::MAX)) / 1024.0
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let zipped = u64::try_from(self.zipped).unwrap_or(u64::MAX) / 1024;
        write!(
            f,
            "{:<19} {:>13.2} {:>13.2} {:>6.1} {:>5.1} {:>9.2} {:>7.2} {:>8.2} {:>6.2} {:>6.2}",
            self.package,
            ms(&self.first_poll, 50),
            ms(&self.first_answer, 50),
            mb(percentile(&self.idle_memory, 50)),
            mb(percentile(&self.used_memory, 50)),
            ms(&self.own_time, 50),
            ms(&self.own_time, 99),
            ms(&self.second_answer, 50),
            ms(&self.second_answer, 99),
            mb(zipped),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let values: Vec<u64> = (1..=200).rev().collect();
        assert_eq!([50, 99, 100].map(|percent| percentile(&values, percent)), [100, 198, 200]);
        assert_eq!(percentile(&[7], 50), 7);
        assert_eq!(percentile::<u64>(&[], 50), 0);
    }
}
