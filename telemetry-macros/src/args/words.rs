//! The words that may stand in the brackets.

use proc_macro2::Ident;

use crate::nearest::did_you_mean;

/// Each argument and how it is written.
const ARGUMENTS: [(&str, &str); 22] = [
    ("crate", "crate = path::to::telemetry_runtime"),
    ("drift", "drift = false"),
    ("err", "err = false"),
    ("error_if", "error_if = |output| …"),
    ("error_type", "error_type = |error| …"),
    ("fields", "fields(key = expression, …)"),
    ("follows_from", "follows_from = span"),
    ("future", "future"),
    ("kind", "kind = \"server\""),
    ("level", "level = \"info\""),
    ("name", "name = \"…\""),
    (
        "objective",
        "objective(success = 99.9, latency_ms = 250, quantile = 99)",
    ),
    ("ok_if", "ok_if = |output| …"),
    ("only", "only(parameter, …)"),
    ("parent", "parent = span"),
    ("redact", "redact(parameter, …)"),
    ("ret", "ret"),
    ("sample", "sample = 0.1"),
    ("skip", "skip(parameter, …)"),
    ("skip_all", "skip_all"),
    ("stream", "stream"),
    ("threshold_ms", "threshold_ms = 250"),
];

/// Those that can hold for every function of an `impl`, a `trait` or a `mod`.
const FOR_ALL: [&str; 13] = [
    "crate",
    "drift",
    "err",
    "kind",
    "level",
    "objective",
    "only",
    "redact",
    "ret",
    "sample",
    "skip",
    "skip_all",
    "threshold_ms",
];

/// Those that look at what the function gives.
const OF_THE_OUTPUT: [&str; 5] = ["err", "error_if", "error_type", "ok_if", "ret"];

pub(super) fn holds_for_all(word: &Ident) -> bool {
    FOR_ALL.iter().any(|known| word == known)
}

pub(super) fn is_of_the_output(word: &Ident) -> bool {
    OF_THE_OUTPUT.iter().any(|known| word == known)
}

/// How the argument of this name is written.
pub(crate) fn usage(word: &Ident) -> &'static str {
    ARGUMENTS
        .iter()
        .find(|(key, _)| word == key)
        .map_or("", |(_, usage)| usage)
}

/// All of them.
pub(crate) fn known() -> String {
    let usages = ARGUMENTS.map(|(_, usage)| format!("`{usage}`"));
    format!("known: {}", usages.join(", "))
}

/// What to say of a word that is none of them.
pub(super) fn unknown(word: &str) -> String {
    let near = did_you_mean(word, ARGUMENTS.map(|(key, _)| key));
    format!("unknown argument `{word}`{near}; {}", known())
}
