//! The cloud's own clock, which a test may set ahead or behind.
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

/// Real time plus an offset.
#[derive(Debug, Default)]
pub struct Clock {
    offset: AtomicI64,
}

impl Clock {
    /// Sets the clock ahead of real time by so many seconds, or behind it where negative (C06).
    pub fn skew(&self, seconds: i64) {
        self.offset.store(seconds, Ordering::Relaxed);
    }

    /// Lets time pass: session tokens expire, recovery windows end.
    pub fn advance(&self, by: Duration) {
        let seconds = i64::try_from(by.as_secs()).unwrap_or(i64::MAX);
        self.offset.fetch_add(seconds, Ordering::Relaxed);
    }

    /// Seconds since the Unix epoch.
    pub fn now(&self) -> i64 {
        #[expect(
            clippy::disallowed_methods,
            reason = "the one place where the local cloud reads the time"
        )]
        let real = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let real = real.map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX));
        real.saturating_add(self.offset.load(Ordering::Relaxed))
    }

    /// Now, as a `Date` header says it.
    pub fn http_date(&self) -> String {
        DateTime::from_secs(self.now()).fmt(Format::HttpDate).unwrap_or_default()
    }
}

/// A time as AWS's XML answers write it.
pub fn iso8601(seconds: i64) -> String {
    DateTime::from_secs(seconds).fmt(Format::DateTime).unwrap_or_default()
}
