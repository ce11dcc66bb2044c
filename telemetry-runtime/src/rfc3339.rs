//! Moments as text: RFC 3339, in UTC.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

const DAY: u64 = 86_400;

/// To the millisecond: `2026-03-01T14:02:10.123Z`.
pub(crate) fn milliseconds(unix_nanoseconds: u64) -> String {
    let milliseconds = unix_nanoseconds / 1_000_000;
    format!(
        "{}.{:03}Z",
        seconds(milliseconds / 1000),
        milliseconds % 1000
    )
}

/// To the nanosecond, as few digits as keep it whole. What is before 1970 is 1970.
pub(crate) fn exact(moment: SystemTime) -> String {
    let since = moment.duration_since(UNIX_EPOCH).unwrap_or_default();
    let whole = seconds(since.as_secs());
    match since.subsec_nanos() {
        0 => format!("{whole}Z"),
        nanos => {
            let digits = format!("{nanos:09}");
            format!("{whole}.{}Z", digits.trim_end_matches('0'))
        }
    }
}

/// The time of day, `14:02:10`.
pub(crate) fn time_of_day(moment: SystemTime) -> String {
    let since = moment.duration_since(UNIX_EPOCH).unwrap_or_default();
    seconds(since.as_secs()).split_off("0000-00-00T".len())
}

/// Reads RFC 3339: a date and a time, with `T` or a space between them, a fraction, and `Z` or
/// an offset. `None` of what is none, or before 1970.
pub(crate) fn read(text: &str) -> Option<SystemTime> {
    let number = |range: std::ops::Range<usize>| -> Option<u64> {
        let digits = text.get(range)?;
        let all = digits.bytes().all(|byte| byte.is_ascii_digit());
        all.then(|| digits.parse().ok()).flatten()
    };
    let signs = [(4, "-"), (7, "-"), (13, ":"), (16, ":")];
    let placed = signs
        .iter()
        .all(|(at, sign)| text.get(*at..at + 1) == Some(sign));
    if !placed || !matches!(text.get(10..11)?, "T" | "t" | " ") {
        return None;
    }
    let (month, day) = (number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let rest = text.get(19..)?;
    let (fraction, zone) = rest.split_at(rest.find(['Z', 'z', '+', '-'])?);
    let nanos = match fraction.strip_prefix('.') {
        None if fraction.is_empty() => 0,
        Some(digits) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
            format!("{digits:0<9}").get(..9)?.parse().ok()?
        }
        _ => return None,
    };
    let offset = match zone {
        "Z" | "z" => 0,
        _ => {
            let away = zone.strip_prefix(['+', '-'])?;
            let (hours, minutes) = away.split_once(':')?;
            let two = |digits: &str| match digits.as_bytes() {
                [b'0'..=b'9', b'0'..=b'9'] => digits.parse::<i64>().ok(),
                _ => None,
            };
            let away = two(hours)? * 3600 + two(minutes)? * 60;
            if zone.starts_with('-') { -away } else { away }
        }
    };
    let days = i64::try_from(days(number(0..4)?, month, day)).ok()? - EPOCH;
    let of_day = i64::try_from(hour * 3600 + minute * 60 + second).ok()?;
    let seconds = u64::try_from(days * DAY.cast_signed() + of_day - offset).ok()?;
    Some(UNIX_EPOCH + Duration::new(seconds, nanos))
}

fn seconds(unix: u64) -> String {
    let (year, month, day) = date(unix / DAY);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}",
        unix / 3600 % 24,
        unix / 60 % 60,
        unix % 60,
    )
}

/// Days from 0000-03-01 to 1970-01-01.
const EPOCH: i64 = 719_468;

/// The Gregorian date of a day since 1970-01-01. Years are counted from March on, so that
/// a leap day is the last of its year (Howard Hinnant, "chrono-compatible low-level date
/// algorithms", `civil_from_days`).
fn date(day: u64) -> (u64, u64, u64) {
    let day = day + EPOCH.cast_unsigned();
    let (era, of_era) = (day / 146_097, day % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    (
        era * 400 + year + u64::from(month <= 2),
        month,
        of_year - (153 * from_march + 2) / 5 + 1,
    )
}

/// Days since 0000-03-01 of a Gregorian date (the same source, `days_from_civil`).
fn days(year: u64, month: u64, day: u64) -> u64 {
    let year = (year + u64::from(month > 2)).saturating_sub(1);
    let (era, of_era) = (year / 400, year % 400);
    let from_march = (month + 9) % 12;
    let of_year = (153 * from_march + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year
}

#[cfg(test)]
mod tests {
    use telemetry_fuzz::{Inputs, fuzz};

    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for nanos in [0, 1, 951_782_399_999_999_999, 1_767_225_600_500_000_000] {
            let moment = UNIX_EPOCH + Duration::from_nanos(nanos);
            assert_eq!(read(&exact(moment)), Some(moment), "{}", exact(moment));
        }
        assert_eq!(
            milliseconds(951_782_400_123_456_789),
            "2000-02-29T00:00:00.123Z"
        );
    }

    #[test]
    fn times_follow_the_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399, "2000-02-28T23:59:59.000Z"),
            (951_782_400, "2000-02-29T00:00:00.000Z"),
            (1_700_000_000, "2023-11-14T22:13:20.000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(milliseconds(seconds * 1_000_000_000), text);
        }
        assert_eq!(milliseconds(u64::MAX), "2554-07-21T23:34:33.709Z");
    }

    #[test]
    fn offsets_and_spaces() {
        assert_eq!(
            read("2026-03-01 14:02:10.5+02:00"),
            read("2026-03-01T12:02:10.500Z")
        );
        assert!(read("2026-03-01T12:02:10Z").is_some());
    }

    #[test]
    fn no_moment() {
        for text in [
            "",
            "2026",
            "2026-13-01T00:00:00Z",
            "2026-01-01T00:00:00",
            "2026-01-01T0a:00:00Z",
            "12345-01-01T00:00:00Z",
            "2026-01-01T00:00:00.Z",
            "1969-12-31T00:00:00Z",
            "2026-01-01T00:00:00é",
            "2026-01-01T00:00:00Z12:45",
            "2026-01-01T00:00:00+-1:30",
            "2026-01-01T00:00:00+01:30 or so",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    /// What is read is written as the same moment.
    #[test]
    fn fuzz_moments() {
        let inputs = Inputs {
            seeds: &[b"2026-01-01T00:00:00.5Z", b"1972-02-29 23:59:60+01:30"],
            words: &["T", "Z", "+", "-", ":", ".", "60", "9999", "0000"],
        };
        let mut moments = 0;
        fuzz("RFC 3339", inputs, |bytes| {
            let moment = read(str::from_utf8(bytes).ok()?)?;
            moments += 1;
            assert_eq!(read(&exact(moment)), Some(moment));
            Some(bytes.len())
        });
        assert!(moments > 100, "{moments}");
    }
}
