use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rcgen::{PKCS_ECDSA_P256_SHA256, date_time_ymd};

use super::fixtures::TestCertificates;
use crate::{CaChain, ClientCertificate, Validity};

/// Returns the time at noon of a day. `day` is the number of days since 1970-01-01.
fn noon(day: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_hours(24 * day + 12)
}

/// The number of days from 1970-01-01 to 2026-01-01.
const FIRST_DAY: u64 = 20_454;

fn to_text(validity: &Validity) -> String {
    match validity {
        Validity::Valid { until } => format!("good until {until}"),
        Validity::ExpiresSoon { days, until, .. } => format!("{days} days until {until}"),
        Validity::Expired { on, .. } => format!("ended {on}"),
        Validity::NotYetValid { from, .. } => format!("from {from}"),
    }
}

/// Acceptance rows: F72, F78.
#[test]
fn a_certificate_expires_soon_in_its_last_30_days() {
    let certificates = TestCertificates::with_algorithm(&PKCS_ECDSA_P256_SHA256, |params| {
        params.not_before = date_time_ymd(2026, 1, 1);
        params.not_after = date_time_ymd(2026, 12, 31);
    });
    let certificate: ClientCertificate = certificates.leaf.parse().unwrap();
    for (day, expected) in [
        (FIRST_DAY - 1, "from 2026-01-01"),
        (FIRST_DAY, "good until 2026-12-31"),
        (FIRST_DAY + 333, "good until 2026-12-31"),
        (FIRST_DAY + 334, "29 days until 2026-12-31"),
        (FIRST_DAY + 363, "0 days until 2026-12-31"),
        (FIRST_DAY + 364, "ended 2026-12-31"),
        (FIRST_DAY + 3640, "ended 2026-12-31"),
    ] {
        assert_eq!(to_text(&certificate.validity(noon(day))), expected, "day {day}");
    }
    assert!(
        matches!(certificate.validity(noon(0)), Validity::NotYetValid { subject, .. } if subject == "CN=npe.example")
    );
}

/// Acceptance rows: F72.
#[test]
fn validity_of_a_chain_is_that_of_its_most_urgent_certificate() {
    let certificates = TestCertificates::with_algorithm(&PKCS_ECDSA_P256_SHA256, |_| {});
    let chain: CaChain =
        format!("{}{}", certificates.intermediate, certificates.root).parse().unwrap();
    // By default, rcgen creates certificates that are valid from 1975 to 4096.
    assert_eq!(to_text(&chain.validity(noon(FIRST_DAY))), "good until 4096-01-01");
    assert_eq!(to_text(&chain.validity(noon(0))), "from 1975-01-01");
}
