//! Each server killed while an agent works, and started again: what was called is counted, and
//! what was delivered, dropped and counted adds up to it.

use serde_json::Value;

use super::{all_calls, calls, files::list, started};
use crate::harness::{Binaries, Stack, eventually};

#[test]
fn of_the_collector() {
    under_load("of_the_collector", |stack| {
        stack.collector.kill();
        stack.collector.start_again();
    });
}

#[test]
fn of_jaeger() {
    under_load("of_jaeger", |stack| {
        stack.jaeger.server.kill();
        stack.jaeger.server.start_again();
    });
}

#[test]
fn of_prometheus() {
    under_load("of_prometheus", |stack| {
        stack.prometheus.server.kill();
        stack.prometheus.server.start_again();
    });
}

#[test]
fn of_loki() {
    under_load("of_loki", |stack| {
        stack.loki.server().kill();
        stack.loki.server().start_again();
    });
}

fn under_load(test: &str, restart: impl FnOnce(&mut Stack)) {
    let Some(binaries) = Binaries::find(&format!("stack::restarts::{test}")) else {
        return;
    };
    let mut stack = Stack::start(binaries);
    let mut agent = started(&stack, "agent");

    let before = agent.ask("pace 20 3000");
    // The agent works on while the server is away and comes back.
    agent.tell("pace 20 12000");
    restart(&mut stack);
    let meanwhile = agent.answer();
    let after = agent.ask("pace 20 2000");
    let flushed = agent.ask("flush 60000");

    assert_eq!(flushed["delivered"], true, "{flushed}");
    assert_eq!(list(&flushed["dropped"]).count(), 0, "{flushed}");
    adds_up(&stack, &[&before, &meanwhile, &after]);
    agent.finish();
}

fn adds_up(stack: &Stack, made: &[&Value]) {
    let all = all_calls(made);
    assert!(all > 1000.0, "{all}");
    stack
        .prometheus
        .comes_to("sum(tool_calls_total{tool_name!~\"_other\"})", all);
    let panics = calls(made, "crash", "panic");
    stack
        .prometheus
        .comes_to("sum(tool_errors_total{tool_name=\"crash\"})", panics);

    // A request whose answer was lost is sent again: Jaeger knows a span by its id, Loki a
    // line by its stream, time and text, so nothing is there twice.
    eventually("Jaeger has each span once", || {
        let traces = stack.jaeger.traces("agent")?;
        let spans: Vec<_> = traces
            .iter()
            .flat_map(|trace| list(&trace["spans"]))
            .map(|span| span["spanID"].to_string())
            .collect();
        let mut once = spans.clone();
        once.sort();
        once.dedup();
        match spans.len() {
            found if found as f64 == all && once.len() == found => Ok(()),
            found => Err(format!(
                "{found} spans, {} of them different, of {all}",
                once.len()
            )),
        }
    });
    eventually("Loki has each line once", || {
        let query = "sum(count_over_time({application=\"agent\", tool_name=~\".+\"} | json | status=~\".+\" [1h]))";
        match stack.loki.sum(query)? {
            lines if lines == all => Ok(()),
            lines => Err(format!("{lines} lines of {all} calls")),
        }
    });
}
