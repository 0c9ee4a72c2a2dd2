//! Validity periods of certificates.

use std::time::SystemTime;

use time::{Date, Duration, OffsetDateTime};

use crate::certificate::{Certificate, ValidityPeriod};

/// Warn this long before a certificate expires.
const EXPIRY_WARNING_PERIOD: Duration = Duration::days(30);

/// Whether certificates are valid at a given time. For several certificates, the most urgent one
/// decides.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Validity {
    /// All are valid.
    Valid {
        /// The first day on which one of them expires.
        until: Date,
    },
    /// All are valid, and one expires within 30 days.
    ExpiresSoon {
        subject: String,
        /// Whole days until it expires.
        days: u64,
        /// The last day of validity.
        until: Date,
    },
    /// One has expired.
    Expired {
        subject: String,
        /// The last day of validity.
        on: Date,
    },
    /// One is not valid yet.
    NotYetValid {
        subject: String,
        /// The first day of validity.
        from: Date,
    },
}

impl Validity {
    /// Returns the validity of the most urgent certificate.
    pub(crate) fn most_urgent(certificates: &[&Certificate], now: SystemTime) -> Self {
        let now = OffsetDateTime::from(now);
        let validities = certificates
            .iter()
            .map(|certificate| certificate.period.validity_at(&certificate.subject, now));
        let most_urgent = validities.max_by_key(|(urgency, _)| *urgency);
        most_urgent.map_or(Self::Valid { until: Date::MAX }, |(_, validity)| validity)
    }
}

impl ValidityPeriod {
    /// Returns the validity, and a sort key that is greater for a more urgent certificate: first by
    /// variant, then by the earlier date.
    fn validity_at(self, subject: &str, now: OffsetDateTime) -> ((u8, i64), Validity) {
        let Self { from, until } = self;
        let subject = subject.to_owned();
        let left = until - now;
        let earlier_end = -until.unix_timestamp();
        if now > until {
            ((3, earlier_end), Validity::Expired { subject, on: until.date() })
        } else if now < from {
            ((2, from.unix_timestamp()), Validity::NotYetValid { subject, from: from.date() })
        } else if left < EXPIRY_WARNING_PERIOD {
            let days = u64::try_from(left.whole_days()).unwrap_or_default();
            ((1, earlier_end), Validity::ExpiresSoon { subject, days, until: until.date() })
        } else {
            ((0, earlier_end), Validity::Valid { until: until.date() })
        }
    }
}
