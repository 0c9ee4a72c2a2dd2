//! Parses times in the format that services use.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// Parses a time of RFC 3339, such as `2026-01-31T12:00:00Z`; a space may replace the `T`. Returns
/// `None` for another format, and for a time before 1970, such as Go's zero time.
pub fn parse_rfc3339(text: &str) -> Option<SystemTime> {
    let text = text.trim().replacen(' ', "T", 1);
    let time = OffsetDateTime::parse(&text, &Rfc3339).ok()?;
    let seconds = u64::try_from(time.unix_timestamp()).ok()?;
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rfc_3339_times_since_1970_are_parsed() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2026-11-24T02:15:06Z", Some(1_795_486_506)),
            ("2026-11-24T02:15:06.123Z", Some(1_795_486_506)),
            ("2026-11-24T04:45:06+02:30", Some(1_795_486_506)),
            ("2026-11-23T21:15:06-05:00", Some(1_795_486_506)),
            ("2024-02-29T23:59:59Z", Some(1_709_251_199)),
            ("0001-01-01T00:00:00.000Z", None),
            ("2026-13-01T00:00:00Z", None),
            ("2026-11-24", None),
            ("2026-11-24T02:15:06", None),
            ("2026-11-24T02:15:06+0230", None),
            ("9223372036854775807-01-01T00:00:00Z", None),
            ("2026-11-24T03:00:00-019223372036854773:00", None),
            ("in an hour", None),
            ("", None),
        ] {
            let since = |time: SystemTime| time.duration_since(UNIX_EPOCH).unwrap().as_secs();
            assert_eq!(parse_rfc3339(text).map(since), seconds, "{text}");
        }
    }
}
