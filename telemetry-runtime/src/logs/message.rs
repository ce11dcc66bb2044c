//! What a call's line says.

use std::fmt::Write;

use super::budget::Suppressed;
use super::mask::masked;
use crate::call::{Outcome, Record, with_rules};
use crate::health::LongCall;

/// `load succeeded in 12.3 ms`, `load failed after 2.00 s: TimedOut: no answer`, … into `text`.
pub(super) fn of_call(text: &mut String, record: &Record, nanos: u64, slow: bool) {
    text.clear();
    let verb = match record.outcome {
        Outcome::Success => "succeeded in",
        Outcome::Error => "failed after",
        Outcome::Panic => "panicked after",
        Outcome::Cancelled => "was cancelled after",
    };
    let tool = record.origin.tool;
    let _ = write!(text, "{} {verb} ", tool.name);
    duration(text, nanos as f64 / 1e6);
    if slow && let Some(threshold) = tool.threshold_ms() {
        text.push_str(", over its threshold of ");
        duration(text, threshold);
    }
    let Some(details) = &record.details else {
        return;
    };
    let error_type = details.error_type.as_deref();
    // Of a panic the verb says what its type would.
    let error_type = error_type.filter(|_| record.outcome == Outcome::Error);
    let message = details.error_message.as_deref();
    let message =
        message.map(|message| with_rules(|rules| masked(message, |key| rules.is_secret_now(key))));
    for part in [error_type, message.as_deref()].into_iter().flatten() {
        text.push_str(": ");
        text.push_str(part);
    }
}

/// `load has been running for 61200 ms on thread "worker-3"`, `… as a future`
pub(super) fn of_running(text: &mut String, call: &LongCall, ms: f64) {
    text.clear();
    let _ = write!(text, "{} has been running for ", call.tool);
    duration(text, ms);
    let _ = match &call.thread {
        Some(thread) => write!(text, " on thread {thread:?}"),
        None => write!(text, " as a future"),
    };
}

/// `load: 4120 calls not logged, 12 of them failed`
pub(super) fn of_suppressed(text: &mut String, tool: &str, suppressed: &Suppressed) {
    text.clear();
    let Suppressed {
        calls, failures, ..
    } = suppressed;
    let noun = if *calls == 1 { "call" } else { "calls" };
    let _ = write!(text, "{tool}: {calls} {noun} not logged");
    if *failures > 0 {
        let _ = write!(text, ", {failures} of them failed");
    }
}

/// Milliseconds with three digits: `0.250 ms`, `12.3 ms`, `1250 ms`.
fn duration(text: &mut String, ms: f64) {
    let digits = match ms {
        ..9.995 => 2,
        ..99.95 => 1,
        _ => 0,
    };
    let digits = if ms < 0.9995 { 3 } else { digits };
    let _ = write!(text, "{ms:.digits$} ms");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_three_digits_at_least() {
        let shown = |ms| {
            let mut text = String::new();
            duration(&mut text, ms);
            text
        };
        let expected = [
            (0.0, "0.000 ms"),
            (0.000_250, "0.000 ms"),
            (0.25, "0.250 ms"),
            (0.9999, "1.00 ms"),
            (1.5, "1.50 ms"),
            (9.999, "10.0 ms"),
            (12.34, "12.3 ms"),
            (99.99, "100 ms"),
            (1250.4, "1250 ms"),
        ];
        for (ms, text) in expected {
            assert_eq!(shown(ms), text);
        }
    }

    #[test]
    fn what_was_not_logged() {
        let mut text = String::new();
        let mut suppressed = Suppressed {
            calls: 1,
            ..Suppressed::default()
        };
        of_suppressed(&mut text, "load", &suppressed);
        assert_eq!(text, "load: 1 call not logged");
        suppressed.calls = 4120;
        suppressed.failures = 12;
        of_suppressed(&mut text, "load", &suppressed);
        assert_eq!(text, "load: 4120 calls not logged, 12 of them failed");
    }
}
