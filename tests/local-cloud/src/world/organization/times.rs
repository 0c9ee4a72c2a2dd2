//! The three ways in which events write a time.

use crate::clock::iso8601;

/// `2026-11-15T11:45:18+0000`, which no standard has.
pub(super) fn control_tower(seconds: i64) -> String {
    iso8601(seconds).replace('Z', "+0000")
}

/// `Sep 16, 2026 9:20:50 PM`
pub(super) fn organizations(seconds: i64) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let text = iso8601(seconds);
    let number = |from: usize, to: usize| -> usize {
        text.get(from..to).and_then(|digits| digits.parse().ok()).unwrap_or_default()
    };
    let (month, day, hour) = (number(5, 7), number(8, 10), number(11, 13));
    let month = MONTHS.get(month.saturating_sub(1)).copied().unwrap_or_default();
    let half = if hour < 12 { "AM" } else { "PM" };
    let hour = if hour % 12 == 0 { 12 } else { hour % 12 };
    let (year, rest) = (number(0, 4), text.get(13..19).unwrap_or_default());
    format!("{month} {day}, {year} {hour}{rest} {half}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_each_service_does() {
        for (seconds, tower, organization) in [
            (1_789_593_650, "2026-09-16T21:20:50+0000", "Sep 16, 2026 9:20:50 PM"),
            (1_767_225_600, "2026-01-01T00:00:00+0000", "Jan 1, 2026 12:00:00 AM"),
            (1_767_269_105, "2026-01-01T12:05:05+0000", "Jan 1, 2026 12:05:05 PM"),
        ] {
            assert_eq!(
                (control_tower(seconds).as_str(), organizations(seconds).as_str()),
                (tower, organization)
            );
        }
    }
}
