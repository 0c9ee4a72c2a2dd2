use std::time::SystemTime;

use time::{Date, Duration, OffsetDateTime};

use crate::certificate::{Certificate, ValidityPeriod};

/// A certificate expires soon if it expires within this time.
const EXPIRY_WARNING_PERIOD: Duration = Duration::days(30);

/// Whether certificates are valid at a given time. For several certificates, this is the validity
/// of the most urgent one: an expired certificate is more urgent than one that is not valid yet,
/// and this is more urgent than one that expires soon.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Validity {
    /// All certificates are valid, and none expires within 30 days.
    Valid {
        /// The first day on which one of the certificates expires.
        until: Date,
    },
    /// All certificates are valid, and one expires within 30 days.
    ExpiresSoon {
        /// The subject of the certificate that expires.
        subject: String,
        /// The number of whole days until the certificate expires.
        days: u64,
        /// The day on which the certificate expires.
        until: Date,
    },
    /// A certificate has expired.
    Expired {
        /// The subject of the expired certificate.
        subject: String,
        /// The day on which the certificate expired.
        on: Date,
    },
    /// A certificate is not valid yet.
    NotYetValid {
        /// The subject of the certificate that is not valid yet.
        subject: String,
        /// The first day on which the certificate is valid.
        from: Date,
    },
}

impl Validity {
    /// Returns the validity of the most urgent certificate at the time `now`.
    pub(crate) fn from_most_urgent(certificates: &[&Certificate], now: SystemTime) -> Self {
        let now = OffsetDateTime::from(now);
        let validities = certificates
            .iter()
            .map(|certificate| certificate.period.validity_at(&certificate.subject, now));
        let most_urgent = validities.max_by_key(|(urgency, _)| *urgency);
        most_urgent.map_or(Self::Valid { until: Date::MAX }, |(_, validity)| validity)
    }
}

impl ValidityPeriod {
    /// Returns the validity at the time `now`, and a sort key that is greater for a more urgent
    /// certificate. The first part of the sort key depends on the variant of the validity, the
    /// second part on the date.
    fn validity_at(self, subject: &str, now: OffsetDateTime) -> ((u8, i64), Validity) {
        let Self { from, until } = self;
        let subject = subject.to_owned();
        let remaining = until - now;
        let earlier_end = -until.unix_timestamp();
        if now > until {
            ((3, earlier_end), Validity::Expired { subject, on: until.date() })
        } else if now < from {
            ((2, from.unix_timestamp()), Validity::NotYetValid { subject, from: from.date() })
        } else if remaining < EXPIRY_WARNING_PERIOD {
            let days = u64::try_from(remaining.whole_days()).unwrap_or_default();
            ((1, earlier_end), Validity::ExpiresSoon { subject, days, until: until.date() })
        } else {
            ((0, earlier_end), Validity::Valid { until: until.date() })
        }
    }
}
