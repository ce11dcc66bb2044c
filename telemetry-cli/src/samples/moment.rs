//! A moment as files write it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// RFC 3339 in UTC, or a number since 1970, whose size says whether it is seconds, ms, µs or ns.
pub(super) fn read(cell: &str) -> Option<SystemTime> {
    match cell.parse::<f64>() {
        Ok(number) => of_number(number),
        Err(_) => humantime::parse_rfc3339_weak(cell).ok(),
    }
}

/// Seconds reach to the year 5138; ms begin in 1973.
fn of_number(number: f64) -> Option<SystemTime> {
    let seconds = match number {
        _ if !(0.0..1e20).contains(&number) => return None,
        _ if number < 1e11 => number,
        _ if number < 1e14 => number / 1e3,
        _ if number < 1e17 => number / 1e6,
        _ => number / 1e9,
    };
    UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(seconds).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_their_parts_are_told_apart() {
        let moment = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        for cell in [
            "1700000000",
            "1.7e9",
            "1700000000000",
            "1700000000000000",
            "1700000000000000000",
            "2023-11-14T22:13:20Z",
            "2023-11-14 22:13:20",
        ] {
            assert_eq!(read(cell), Some(moment), "{cell}");
        }
        for cell in ["", "-1", "nan", "inf", "1e300", "monday"] {
            assert_eq!(read(cell), None, "{cell}");
        }
    }
}
