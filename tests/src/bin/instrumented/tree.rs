//! One trace: a tool in a tool in a tool, which fails, and a sibling that does not.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::io;

use serde_json::json;
use telemetry_runtime::{current, tool};

thread_local! {
    /// Ids of the spans, by tool.
    static SPANS: RefCell<BTreeMap<&'static str, String>> = RefCell::default();
}

pub(crate) fn run() {
    let trace_id = answer("what is a span?");
    println!("{}", json!({ "trace_id": trace_id, "spans": SPANS.take() }));
}

#[tool(name = "agent.answer")]
fn answer(question: &str) -> String {
    note("agent.answer");
    let found = retrieve(question, 3);
    rank(found, 0.5);
    current().trace_id().expect("inside a tool").to_string()
}

#[tool]
fn retrieve(query: &str, limit: usize) -> usize {
    note("retrieve");
    let found = read_index("/no/such/index").map_or(query.len(), |index| index.len());
    current().set_attribute("result.count", found.min(limit));
    found
}

#[tool]
fn read_index(path: &str) -> io::Result<String> {
    note("read_index");
    fs::read_to_string(path)
}

#[tool]
fn rank(found: usize, threshold: f64) {
    note("rank");
    let attributes = [("found", found.into()), ("threshold", threshold.into())];
    current().add_event("ranked", attributes);
}

fn note(tool: &'static str) {
    let id = current().span_id().expect("inside a tool").to_string();
    SPANS.with_borrow_mut(|spans| spans.insert(tool, id));
}
