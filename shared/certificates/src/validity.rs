//! When certificates are good.

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use crate::certificate::Certificate;

/// How long before its end a certificate should be replaced.
const EXPIRY_WARNING_PERIOD: Duration = Duration::from_hours(30 * 24);

/// Whether certificates are good at a time: the worst that holds for any of them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Validity {
    /// All of them, until this day.
    Valid {
        /// The first day on which one ends.
        until: Date,
    },
    /// All of them, and one ends within 30 days.
    ExpiresSoon {
        /// Whose it is.
        subject: String,
        /// How many whole days are left.
        days: u64,
        /// Its last day.
        until: Date,
    },
    /// One has ended.
    Expired {
        /// Whose it is.
        subject: String,
        /// Its last day.
        on: Date,
    },
    /// One has not begun.
    NotYetValid {
        /// Whose it is.
        subject: String,
        /// Its first day.
        from: Date,
    },
}

/// From when until when a certificate is good, in seconds since 1970.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ValidityPeriod {
    pub(crate) from: i64,
    pub(crate) until: i64,
}

impl Validity {
    /// The worst of several, at least one.
    pub(crate) fn of(certificates: &[&Certificate], now: SystemTime) -> Self {
        let now = seconds(now);
        let judged = certificates.iter().map(|one| one.span.judge(&one.subject, now));
        judged.max_by_key(Self::severity).unwrap_or(Self::Valid { until: Date(i64::MAX) })
    }

    /// What is worse is greater; of two that are as bad, the one that ends sooner.
    fn severity(&self) -> (u8, i64) {
        match self {
            Self::Valid { until } => (0, until.0.saturating_neg()),
            Self::ExpiresSoon { until, .. } => (1, until.0.saturating_neg()),
            Self::NotYetValid { from, .. } => (2, from.0),
            Self::Expired { on, .. } => (3, on.0.saturating_neg()),
        }
    }
}

impl ValidityPeriod {
    fn judge(self, subject: &str, now: i64) -> Validity {
        let Self { from, until } = self;
        let subject = || subject.to_owned();
        let left = u64::try_from(until.saturating_sub(now)).unwrap_or(0);
        if now > until {
            Validity::Expired { subject: subject(), on: Date(until) }
        } else if now < from {
            Validity::NotYetValid { subject: subject(), from: Date(from) }
        } else if left < EXPIRY_WARNING_PERIOD.as_secs() {
            Validity::ExpiresSoon { subject: subject(), days: left / 86_400, until: Date(until) }
        } else {
            Validity::Valid { until: Date(until) }
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
pub struct Date(i64);

impl fmt::Display for Date {
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
