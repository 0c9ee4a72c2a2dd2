//! When certificates are good.

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use crate::certificate::Certificate;

/// How long before its end a certificate should be replaced.
const SOON: Duration = Duration::from_hours(30 * 24);

/// Whether certificates are good at a time: the worst that holds for any of them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Validity {
    /// All of them, until this day.
    Good {
        /// The first day on which one ends.
        until: Day,
    },
    /// All of them, and one ends within 30 days.
    EndsSoon {
        /// Whose it is.
        subject: String,
        /// How many whole days are left.
        days: u64,
        /// Its last day.
        until: Day,
    },
    /// One has ended.
    Ended {
        /// Whose it is.
        subject: String,
        /// Its last day.
        on: Day,
    },
    /// One has not begun.
    NotYet {
        /// Whose it is.
        subject: String,
        /// Its first day.
        from: Day,
    },
}

/// From when until when a certificate is good, in seconds since 1970.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) from: i64,
    pub(crate) until: i64,
}

impl Validity {
    /// The worst of several, at least one.
    pub(crate) fn of(certificates: &[&Certificate], now: SystemTime) -> Self {
        let now = seconds(now);
        let judged = certificates.iter().map(|one| one.span.judge(&one.subject, now));
        judged.max_by_key(Self::gravity).unwrap_or(Self::Good { until: Day(i64::MAX) })
    }

    /// What is worse is greater; of two that are as bad, the one that ends sooner.
    fn gravity(&self) -> (u8, i64) {
        match self {
            Self::Good { until } => (0, until.0.saturating_neg()),
            Self::EndsSoon { until, .. } => (1, until.0.saturating_neg()),
            Self::NotYet { from, .. } => (2, from.0),
            Self::Ended { on, .. } => (3, on.0.saturating_neg()),
        }
    }
}

impl Span {
    fn judge(self, subject: &str, now: i64) -> Validity {
        let Self { from, until } = self;
        let subject = || subject.to_owned();
        let left = u64::try_from(until.saturating_sub(now)).unwrap_or(0);
        if now > until {
            Validity::Ended { subject: subject(), on: Day(until) }
        } else if now < from {
            Validity::NotYet { subject: subject(), from: Day(from) }
        } else if left < SOON.as_secs() {
            Validity::EndsSoon { subject: subject(), days: left / 86_400, until: Day(until) }
        } else {
            Validity::Good { until: Day(until) }
        }
    }
}

fn seconds(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_secs()).map_or(i64::MIN, |secs| -secs),
    }
}

/// A day, of a second since 1970 in UTC. Written as 2026-01-31.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Day(i64);

impl fmt::Display for Day {
    /// The civil calendar from a count of days, with years that begin in March.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = self.0.div_euclid(86_400).saturating_add(719_468);
        let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let of_year = day - (365 * year + year / 4 - year / 100);
        let march = (5 * of_year + 2) / 153;
        let of_month = of_year - (153 * march + 2) / 5 + 1;
        let month = if march < 10 { march + 3 } else { march - 9 };
        let year = year + era * 400 + i64::from(month <= 2);
        write!(f, "{year:04}-{month:02}-{of_month:02}")
    }
}
