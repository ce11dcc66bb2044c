//! A process that forks: its children do not hang, and send nothing that is not theirs.
#![cfg(unix)]

use std::process::Command;

use telemetry_tests::sink::{Mode, Sink, message};

fn forks(when: &str, sink: &Sink) {
    let program = Command::new(env!("CARGO_BIN_EXE_forks"))
        .args([when, &sink.url()])
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&program.stderr);
    assert!(program.status.success(), "{said}");
}

fn spans(sink: &Sink, tool: &str) -> usize {
    let seen = sink.seen();
    let named = seen.spans.iter().filter(|span| span.name == tool);
    named.count()
}

/// What the parent sends comes once, and nothing of what its children did comes at all.
#[test]
fn while_telemetry_runs() {
    let sink = Sink::start(Mode::Accept);
    forks("running", &sink);
    assert_eq!(spans(&sink, "tool.in the child"), 0);
    let ids = || {
        let seen = sink.seen();
        let mut ids: Vec<_> = seen.spans.iter().map(|span| span.span_id.clone()).collect();
        ids.sort();
        ids
    };
    let (all, mut once) = (ids(), ids());
    once.dedup();
    assert_eq!(all.len(), once.len(), "no span twice");
    assert!(!all.is_empty());
    let lines = |text: &str| {
        let seen = sink.seen();
        seen.logs.iter().filter(|log| message(log) == text).count()
    };
    assert!(lines("busy") > 0);
    assert_eq!(lines("in the child"), 0);
}

/// A child may have a telemetry of its own where its parent has none.
#[test]
fn before_and_after_telemetry_runs() {
    for when in ["before", "after"] {
        let sink = Sink::start(Mode::Accept);
        forks(when, &sink);
        for tool in ["tool.in the parent", "tool.in the child"] {
            assert_eq!(spans(&sink, tool), 1, "{when}");
        }
    }
}
