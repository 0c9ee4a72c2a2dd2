//! The cloud's own clock, which a test may set ahead or behind.
use std::sync::{
    OnceLock,
    atomic::{AtomicI64, Ordering},
};
use std::time::{Duration, SystemTime};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use tokio::sync::watch;

/// Real time, as long as it is not stopped, plus what it is wrong by, plus the time that a test let pass.
#[derive(Debug, Default)]
pub struct Clock {
    skew: AtomicI64,
    stopped: OnceLock<i64>,
    passed: AtomicI64,
    turned: watch::Sender<()>,
}

impl Clock {
    /// Sets the clock ahead of real time by so many seconds, or behind it where negative (C06).
    pub fn skew(&self, seconds: i64) {
        self.skew.store(seconds, Ordering::Relaxed);
        self.turned.send_replace(());
    }

    /// Lets real time stand still here, so that two readings are the same. Callers' own clocks go on.
    pub fn stop(&self) {
        self.stopped.get_or_init(system_time);
    }

    /// Lets time pass, for everybody: session tokens expire, recovery windows end, messages come back into sight. Callers'
    /// own clocks are taken to have gone on as well, so that signatures stay good.
    pub fn advance(&self, by: Duration) {
        let seconds = i64::try_from(by.as_secs()).unwrap_or(i64::MAX);
        self.passed.fetch_add(seconds, Ordering::Relaxed);
        self.turned.send_replace(());
    }

    /// How long a test has let pass, in seconds.
    pub fn passed(&self) -> i64 {
        self.passed.load(Ordering::Relaxed)
    }

    /// Tells of every turn of the clock.
    pub fn turns(&self) -> watch::Receiver<()> {
        self.turned.subscribe()
    }

    /// Seconds since the Unix epoch.
    pub fn now(&self) -> i64 {
        self.wall().saturating_add(self.passed())
    }

    /// What callers' clocks are compared with: not the time that a test let pass, as no process here can follow it.
    pub fn wall(&self) -> i64 {
        let now = self.stopped.get().copied().unwrap_or_else(system_time);
        now.saturating_add(self.skew.load(Ordering::Relaxed))
    }

    /// Now, as a `Date` header says it.
    pub fn http_date(&self) -> String {
        DateTime::from_secs(self.wall()).fmt(Format::HttpDate).unwrap_or_default()
    }
}

fn system_time() -> i64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the local cloud reads the time"
    )]
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

/// A time as AWS's XML answers write it.
pub fn iso8601(seconds: i64) -> String {
    DateTime::from_secs(seconds).fmt(Format::DateTime).unwrap_or_default()
}
