//! Functions that parse and write times in the format of RFC 3339.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// Parses a time in the format of RFC 3339, such as `2026-01-31T12:00:00Z`. The `T` may be a space.
/// Ignores fractions of a second. Returns `None` for a text in another format, and for a time
/// before 1970, such as `0001-01-01T00:00:00Z`, which Go programs write for an unknown time.
pub fn parse_rfc3339(text: &str) -> Option<SystemTime> {
    let text = text.trim().replacen(' ', "T", 1);
    let time = OffsetDateTime::parse(&text, &Rfc3339).ok()?;
    let seconds = u64::try_from(time.unix_timestamp()).ok()?;
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

/// Writes a time in the format of RFC 3339, in UTC and in whole seconds.
pub fn to_rfc3339(time: SystemTime) -> String {
    let time = OffsetDateTime::from(time);
    let (year, month, day) = time.to_calendar_date();
    let (hour, minute, second) = time.to_hms();
    format!("{year:04}-{:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z", u8::from(month))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parsed_time_is_written_as_the_same_text() {
        for text in ["1970-01-01T00:00:00Z", "2026-11-24T02:15:06Z", "2024-02-29T23:59:59Z"] {
            assert_eq!(parse_rfc3339(text).map(to_rfc3339).as_deref(), Some(text));
        }
    }

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
