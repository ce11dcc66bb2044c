//! What the `file` exporter writes, a Collector takes: each line is a request to it.

use std::fs;

use serde_json::Value;

use crate::harness::{
    Binaries, Collector, Destinations, Program, comparable, eventually, post_json,
};

#[test]
fn the_collector_takes_every_line() {
    let Some(binaries) = Binaries::find("files::the_collector_takes_every_line") else {
        return;
    };
    let collector = Collector::start(binaries, Destinations::default());
    let settings = [
        ("service_name", "files"),
        ("traces_exporter", "file"),
        ("traces_file", "spans.jsonl"),
        ("metrics_exporter", "file"),
        ("metrics_file", "metrics.jsonl"),
    ];

    let (_, program) = Program::run("tree", &settings);

    let mut sent = Vec::new();
    let files = [
        ("spans.jsonl", collector.ports().traces_endpoint()),
        ("metrics.jsonl", collector.ports().metrics_endpoint()),
    ];
    for (name, endpoint) in files {
        let written = fs::read_to_string(program.file(name)).unwrap();
        assert!(written.ends_with('\n'), "{name} ends with a whole line");
        for line in written.lines() {
            let answer = post_json(&endpoint, line).unwrap();
            assert!(!answer.contains("rejected"), "partial success: {answer}");
            sent.push(comparable(&serde_json::from_str::<Value>(line).unwrap()));
        }
    }
    assert!(
        sent.iter()
            .any(|request| request["resourceSpans"].is_array())
            && sent
                .iter()
                .any(|request| request["resourceMetrics"].is_array())
    );
    // Its exporter writes one signal's requests in order, not the two signals'.
    eventually("the Collector wrote the same", || {
        let received: Vec<_> = collector.received().iter().map(comparable).collect();
        let missing = sent.iter().find(|request| !received.contains(request));
        missing.map_or(Ok(()), |request| {
            Err(format!("{request} is not in {received:?}"))
        })
    });
}
