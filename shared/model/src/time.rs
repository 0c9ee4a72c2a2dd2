//! Points in time as services write them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Reads a time of RFC 3339, such as `2026-01-31T12:00:00Z`. `None` where it is none, or is Go's zero.
pub fn parse_rfc3339(text: &str) -> Option<SystemTime> {
    let (date, clock) = text.trim().split_once(['T', 't', ' '])?;
    let mut date = date.splitn(3, '-').map(str::parse::<i64>);
    let mut next = || date.next()?.ok();
    let (year, month, day) = (next()?, next()?, next()?);
    let zone_at = clock.find(['Z', 'z', '+', '-'])?;
    let (clock, zone) = clock.split_at_checked(zone_at)?;
    let clock = clock.split_once('.').map_or(clock, |(whole, _fraction)| whole);
    let mut clock = clock.splitn(3, ':').map(str::parse::<i64>);
    let mut next = || clock.next()?.ok();
    let (hour, minute, second) = (next()?, next()?, next()?);
    let fits = (1970..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..=60).contains(&second);
    if !fits {
        return None;
    }
    let seconds = days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
    let since = u64::try_from(seconds - offset(zone)?).ok()?;
    UNIX_EPOCH.checked_add(Duration::from_secs(since))
}

/// Days since 1970 in the civil calendar, with years that begin in March.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let march = (month + 9) % 12;
    let of_year = (153 * march + 2) / 5 + day - 1;
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + of_year
        - 719_468
}

/// Seconds ahead of UTC.
fn offset(zone: &str) -> Option<i64> {
    let sign = match zone.chars().next()? {
        'Z' | 'z' => return (zone.len() == 1).then_some(0),
        '-' => -1,
        _ => 1,
    };
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    let fits = (0..24).contains(&hours) && (0..60).contains(&minutes);
    fits.then(|| sign * (hours * 3_600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_services_write_them() {
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
