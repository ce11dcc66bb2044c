//! Makes many calls from several threads and says what has become of them.
//!
//! Usage: `hammer URL CALLS SECONDS`, URL being `none` or where an OTLP/HTTP server is thought
//! to be, SECONDS what its shutdown may take. Prints one line of JSON. Three quarters of the calls succeed. Every eighth has a parameter.

use std::time::Duration;

use serde_json::json;
use telemetry_runtime::__private::{call, failure, site};
use telemetry_runtime::{Report, Telemetry, statistics, track_tool_call};
use telemetry_tests::memory;

const THREADS: u64 = 8;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().expect("usage: hammer URL CALLS SECONDS");
    let url = next();
    let calls: u64 = next().parse().expect("CALLS is a number");
    let seconds = next().parse().expect("SECONDS is a number");
    let builder = Telemetry::builder().no_file();
    let builder = match &*url {
        "none" => builder,
        url => builder.otlp(url),
    };
    let before = memory::resident();
    let telemetry = builder.init().expect("a right configuration");

    hammer(calls / THREADS);
    let tools: Vec<_> = statistics()
        .into_iter()
        .map(|tool| json!({ "name": tool.name, "calls": tool.calls, "errors": tool.errors, "active": tool.active }))
        .collect();
    let report = telemetry.shutdown(Duration::from_secs(seconds));
    assert!(statistics().is_empty());
    println!(
        "{}",
        json!({ "tools": tools, "traces": traces(&report), "peak_kib": growth(before) })
    );
}

fn hammer(calls: u64) {
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| (0..calls).for_each(one));
        }
    });
}

fn one(number: u64) {
    let fails = number % 4 == 3;
    if number.is_multiple_of(8) {
        let call = track_tool_call(
            "by hand",
            [("number", number.into()), ("text", "some text".into())],
        );
        let _ = call.finish(if fails { Err("no luck") } else { Ok(()) });
        return;
    }
    let _ = call(site!("hammered", "one", 1), &mut |params| {
        params
            .param("tool.param.number", &number)
            .telemetry_capture();
    })
    .run(
        || if fails { Err("no luck") } else { Ok(number) },
        |output| failure!(output),
    );
}

fn traces(report: &Report) -> serde_json::Value {
    let traces = report.traces;
    json!({
        "delivered": traces.delivered,
        "dropped": traces.dropped,
        "waiting": traces.waiting,
        "failed": traces.failed,
        "in_time": report.in_time,
    })
}

fn growth(before: Option<u64>) -> Option<u64> {
    Some(memory::peak()?.saturating_sub(before?))
}
