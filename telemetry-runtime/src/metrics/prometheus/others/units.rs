//! Units as words, which Prometheus wants behind the names.

use super::super::families::Kind;
use super::super::labels;

/// The word of a UCUM unit; none for what counts things (`{requests}`, or `1` but for gauges).
pub(super) fn word(unit: &str, kind: Kind) -> Option<String> {
    let unit = unit.trim();
    if unit == "1" {
        return (kind == Kind::Gauge).then(|| "ratio".to_owned());
    }
    let (of, per) = unit
        .split_once('/')
        .map_or((unit, None), |(of, per)| (of, Some(per)));
    let of = plural(of);
    let per = per.map(singular).filter(|per| !per.is_empty());
    let words: Vec<String> = [of, per.map(|per| format!("per_{per}")).unwrap_or_default()]
        .into_iter()
        .filter(|word| !word.is_empty())
        .collect();
    (!words.is_empty()).then(|| words.join("_"))
}

fn plural(unit: &str) -> String {
    let word = match unit {
        "d" => "days",
        "h" => "hours",
        "min" => "minutes",
        "s" => "seconds",
        "ms" => "milliseconds",
        "us" => "microseconds",
        "ns" => "nanoseconds",
        "By" => "bytes",
        "KiBy" => "kibibytes",
        "MiBy" => "mebibytes",
        "GiBy" => "gibibytes",
        "TiBy" => "tibibytes",
        "KBy" => "kilobytes",
        "MBy" => "megabytes",
        "GBy" => "gigabytes",
        "TBy" => "terabytes",
        "m" => "meters",
        "V" => "volts",
        "A" => "amperes",
        "J" => "joules",
        "W" => "watts",
        "g" => "grams",
        "Cel" => "celsius",
        "Hz" => "hertz",
        "%" => "percent",
        other => return unknown(other),
    };
    word.to_owned()
}

fn singular(unit: &str) -> String {
    let word = match unit {
        "s" => "second",
        "m" => "minute",
        "h" => "hour",
        "d" => "day",
        "w" => "week",
        "mo" => "month",
        "y" => "year",
        other => return unknown(other),
    };
    word.to_owned()
}

/// What cannot be in a name is left out, and all of an annotation such as `{requests}`.
fn unknown(unit: &str) -> String {
    if unit.contains(['{', '}']) {
        return String::new();
    }
    labels::name(unit).trim_matches('_').to_owned()
}
