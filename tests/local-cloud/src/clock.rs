//! The cloud's clock, which tests can change.
use std::sync::{
    OnceLock,
    atomic::{AtomicI64, Ordering},
};
use std::time::{Duration, SystemTime};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use tokio::sync::watch;

/// A clock: real time (or a frozen time) plus skew plus the time that tests advanced.
#[derive(Debug, Default)]
pub struct Clock {
    skew: AtomicI64,
    frozen_at: OnceLock<i64>,
    advanced: AtomicI64,
    changed: watch::Sender<()>,
}

impl Clock {
    /// Sets the skew from real time in seconds; negative for a slow clock.
    pub fn set_skew(&self, seconds: i64) {
        self.skew.store(seconds, Ordering::Relaxed);
        self.changed.send_replace(());
    }

    /// Freezes the clock, so that two reads return the same time. Callers' clocks continue.
    pub fn freeze(&self) {
        self.frozen_at.get_or_init(system_time);
    }

    /// Advances the time: sessions expire, recovery windows end, messages become visible.
    /// Signatures stay valid, as if callers' clocks were advanced too.
    pub fn advance(&self, by: Duration) {
        let seconds = i64::try_from(by.as_secs()).unwrap_or(i64::MAX);
        self.advanced.fetch_add(seconds, Ordering::Relaxed);
        self.changed.send_replace(());
    }

    /// Returns how far tests advanced the clock, in seconds.
    pub fn advanced_seconds(&self) -> i64 {
        self.advanced.load(Ordering::Relaxed)
    }

    /// Notifies of every change of the clock.
    pub fn subscribe(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Returns the time in seconds since the Unix epoch.
    pub fn now(&self) -> i64 {
        self.wall_clock().saturating_add(self.advanced_seconds())
    }

    /// Returns the time that callers' clocks are compared with: without the time that tests
    /// advanced.
    pub fn wall_clock(&self) -> i64 {
        let now = self.frozen_at.get().copied().unwrap_or_else(system_time);
        now.saturating_add(self.skew.load(Ordering::Relaxed))
    }

    /// Returns the time for a `Date` header.
    pub fn http_date(&self) -> String {
        DateTime::from_secs(self.wall_clock()).fmt(Format::HttpDate).unwrap_or_default()
    }
}

fn system_time() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "the only place that reads the system time")]
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

/// Formats a time as in AWS's XML responses.
pub fn iso8601(seconds: i64) -> String {
    DateTime::from_secs(seconds).fmt(Format::DateTime).unwrap_or_default()
}
