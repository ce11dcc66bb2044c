//! Calls captured in memory while telemetry runs. In a process of its own: what is configured
//! holds for all tests.

use telemetry_runtime::{Telemetry, current, testing, tool};
use telemetry_tests::PATIENCE;
use telemetry_tests::spans::Spans;

#[tool]
fn outer(n: u64) -> u64 {
    inner(n) + inner(n + 1)
}

#[tool]
fn inner(n: u64) -> u64 {
    n
}

#[test]
fn beside_running_telemetry_both_see_a_call() {
    {
        let before = testing::capture();
        inner(0);
        assert_eq!(before.all().len(), 1);
    }
    let spans = Spans::default();
    // What is captured is sampled.
    let telemetry = spans.telemetry_with(|builder| {
        builder
            .set("traces_sample_rate", 0.0)
            .set("params_capture", "none")
    });
    {
        let calls = testing::capture();
        outer(1);
        assert_eq!(calls.one("outer").param("n"), None);
    }
    inner(5);
    assert_eq!(current().trace_id(), None);
    // The call before `init` was for the test alone; the last one is not sampled.
    let sent = spans.after(telemetry);
    assert_eq!(sent.names(), ["tool.outer", "tool.inner", "tool.inner"]);
    // What has been configured stays.
    let after = testing::capture();
    inner(1);
    assert_eq!(after.one("inner").param("n"), None);
    drop(after);
    let _ = Telemetry::builder()
        .no_file()
        .init()
        .unwrap()
        .shutdown(PATIENCE);
}
