//! Processes that come and go, and a Collector that comes late: nothing is lost.

use crate::harness::{
    Binaries, Collector, CollectorPorts, Destinations, Program, Prometheus, eventually, spans,
};

#[test]
fn a_brief_process_loses_nothing() {
    let Some(binaries) = Binaries::find("lives::a_brief_process_loses_nothing") else {
        return;
    };
    let prometheus = Prometheus::start(binaries, &[]);
    let collector = Collector::start(
        binaries,
        Destinations {
            metrics: Some(&prometheus),
            ..Destinations::default()
        },
    );
    let (traces, metrics) = (
        collector.ports().traces_endpoint(),
        collector.ports().metrics_endpoint(),
    );
    let settings = [
        ("service_name", "brief"),
        ("traces_endpoint", &*traces),
        ("metrics_endpoint", &*metrics),
    ];

    let (told, _) = Program::run("brief", &settings);

    let calls = told["calls"].as_u64().unwrap();
    spans_arrive(&collector, calls);
    prometheus.comes_to("sum(tool_calls_total)", calls as f64);
}

#[test]
fn a_collector_that_starts_late_gets_what_waited() {
    let Some(binaries) = Binaries::find("lives::a_collector_that_starts_late_gets_what_waited")
    else {
        return;
    };
    let ports = CollectorPorts::choose();
    let (traces, metrics) = (ports.traces_endpoint(), ports.metrics_endpoint());
    let settings = [
        ("service_name", "early"),
        ("traces_endpoint", &*traces),
        ("metrics_endpoint", &*metrics),
    ];
    let mut program = Program::start("fleet", &settings);

    program.ask("work 100");
    let flushed = program.ask("flush 500");
    assert_eq!(flushed["delivered"], false, "there is nobody to take it");
    let collector = Collector::start_at(ports, binaries, Destinations::default());

    spans_arrive(&collector, 200);
    assert_eq!(program.ask("flush 30000")["delivered"], true);
    program.finish();
    spans_arrive(&collector, 200);
}

fn spans_arrive(collector: &Collector, expected: u64) {
    eventually("all spans arrive", || {
        match spans(&collector.received()).len() as u64 {
            received if received == expected => Ok(()),
            received => Err(format!("{received} of {expected}")),
        }
    });
}
