//! What an agent does arrives in each server under the names that it has in the documentation, and
//! its numbers are those of what was called.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{all_calls, calls, files::list, started};
use crate::harness::{Binaries, Line, Program, Stack, eventually, get};

#[test]
fn everything() {
    let Some(binaries) = Binaries::find("stack::arrives::everything") else {
        return;
    };
    let stack = Stack::start(binaries);
    let mut agent = started(&stack, "agent");
    let made = agent.ask("work 60");
    assert_eq!(agent.ask("flush 30000")["delivered"], true);

    let made = [&made];
    metrics(&stack, &made);
    let trace = spans(&stack);
    lines(&stack, &made, &trace);
    agent.finish();
}

/// Those of the stack's page, at the ports that people know, for the servers that are started here.
#[test]
fn the_health_urls_answer() {
    let Some(binaries) = Binaries::find("stack::arrives::the_health_urls_answer") else {
        return;
    };
    let stack = Stack::start(binaries);
    let at = &stack.at;
    let page = include_str!("../../../deploy/README.md");
    for (known, port, says) in [
        ("localhost:13133", &at.collector_health, "Server available"),
        (
            "localhost:9090/-/ready",
            &at.prometheus,
            "Prometheus Server is Ready",
        ),
        ("localhost:3100/ready", &at.loki, "ready"),
        ("localhost:16686", &at.jaeger_query, "Jaeger"),
    ] {
        assert!(
            page.contains(&format!("| `curl -fsS {known}` |")),
            "{known}"
        );
        let path = known.split_once('/').map_or("", |(_, path)| path);
        let url = format!("http://127.0.0.1:{port}/{path}");
        eventually(known, || match get(&url, &[])? {
            answer if answer.contains(says) => Ok(()),
            answer => Err(answer),
        });
    }
}

/// Lines that a program pushes to Loki itself are found by the same queries.
#[test]
fn lines_by_the_push_api() {
    let Some(binaries) = Binaries::find("stack::arrives::lines_by_the_push_api") else {
        return;
    };
    let stack = Stack::start(binaries);
    let settings = [
        ("service_name", "agent"),
        ("traces_exporter", "none"),
        ("metrics_exporter", "none"),
        ("loki_enabled", "true"),
        ("loki_url", &*stack.loki.push_url()),
        ("log_calls_per_second", "1000000"),
    ];
    let mut agent = Program::start("agent", &settings);
    let made = agent.ask("work 60");
    assert_eq!(agent.ask("flush 30000")["delivered"], true);
    lines_of(&stack, &[&made]);
    // A label of pushed lines only: what comes by OTLP has it in the line.
    let labelled = stack.loki.lines("{application=\"agent\", level=\"error\"}");
    assert!(labelled.unwrap().len() >= 25);
    agent.finish();
}

fn metrics(stack: &Stack, made: &[&Value; 1]) {
    let prometheus = &stack.prometheus;
    let of = |tool: &str| format!("{{job=\"agent\", environment=\"test\", tool_name=\"{tool}\"}}");
    prometheus.comes_to("sum(tool_calls_total)", all_calls(made));
    for tool in [
        "answer",
        "rag_query",
        "llm_generate",
        "parse",
        "crash",
        "give_up",
    ] {
        let each = |outcome| calls(made, tool, outcome);
        let ended = ["success", "error", "panic", "cancelled"].map(each);
        prometheus.comes_to(
            &format!("sum(tool_calls_total{})", of(tool)),
            ended.iter().sum(),
        );
        let errors = each("error") + each("panic");
        prometheus.comes_to(&format!("sum(tool_errors_total{})", of(tool)), errors);
        for (status, calls) in ["success", "error", "panic", "cancelled"]
            .into_iter()
            .zip(ended)
        {
            if calls > 0.0 {
                let count = format!(
                    "sum(tool_duration_count{{tool_name=\"{tool}\", status=\"{status}\"}})"
                );
                prometheus.comes_to(&count, calls);
            }
        }
    }
    for (error_type, tool, outcome) in [
        ("LlmError", "llm_generate", "error"),
        ("ParseIntError", "parse", "error"),
        ("panic", "crash", "panic"),
    ] {
        let by_type = format!(
            "sum(tool_errors_by_type_total{{tool_name=\"{tool}\", error_type=\"{error_type}\"}})"
        );
        prometheus.comes_to(&by_type, calls(made, tool, outcome));
    }
    for (expression, value) in [
        ("tool_objective_success{tool_name=\"llm_generate\"}", 90.0),
        (
            "tool_objective_latency_ms{tool_name=\"llm_generate\"}",
            1000.0,
        ),
        ("tool_objective_quantile{tool_name=\"llm_generate\"}", 95.0),
        ("tool_threshold_ms{tool_name=\"parse\"}", 3000.0),
        ("sum(tool_active)", 0.0),
        ("sum(telemetry_spans_dropped_total)", 0.0),
    ] {
        prometheus.comes_to(expression, value);
    }
    let slow = prometheus
        .query("tool_slow_total{tool_name=\"rag_query\"}")
        .unwrap();
    assert!(
        slow[0].value >= 6.0,
        "each tenth of sixty calls is over its limit: {slow:?}"
    );
    let target = prometheus.query("target_info{job=\"agent\"}").unwrap();
    let labels = &target[0].labels;
    assert_eq!(labels["service_name"], "agent");
    assert_eq!(labels["deployment_environment_name"], "test");
    assert!(labels["instance"].len() == 36, "a UUID: {labels:?}");
}

/// The first question's trace; its id.
fn spans(stack: &Stack) -> String {
    let trace = eventually("Jaeger has a whole trace with an error", || {
        let traces = stack.jaeger.traces("agent")?;
        let wanted = traces.into_iter().find(|trace| {
            let failed = |span: &Value| tag(span, "error.type") == Some(json!("LlmError"));
            list(&trace["spans"]).count() == 4 && list(&trace["spans"]).any(failed)
        });
        wanted.ok_or_else(|| "none".to_owned())
    });
    let span = |tool: &str| {
        list(&trace["spans"])
            .find(|span| span["operationName"] == format!("tool.{tool}"))
            .unwrap_or_else(|| panic!("{tool} in {trace}"))
    };
    let (answer, rag, llm, parse) = (
        span("answer"),
        span("rag_query"),
        span("llm_generate"),
        span("parse"),
    );
    for child in [rag, llm, parse] {
        let parent = list(&child["references"]).find(|of| of["refType"] == "CHILD_OF");
        assert_eq!(parent.unwrap()["spanID"], answer["spanID"], "{child}");
    }
    let link = list(&llm["references"]).find(|of| of["refType"] == "FOLLOWS_FROM");
    assert_eq!(link.expect("its link")["spanID"], rag["spanID"]);
    assert_eq!(tag(answer, "span.kind"), Some(json!("server")));
    assert_eq!(tag(llm, "span.kind"), Some(json!("client")));

    let keys: BTreeSet<_> = list(&llm["tags"])
        .filter_map(|tag| tag["key"].as_str())
        .collect();
    for key in [
        "tool.name",
        "tool.status",
        "tool.duration_ms",
        "tool.params.count",
        "tool.param.prompt",
        "tool.param.temperature",
        "tool.param.round",
        "code.function.name",
        "code.file.path",
        "code.line.number",
        "error.type",
        "error.message",
    ] {
        assert!(keys.contains(key), "{key} in {keys:?}");
    }
    assert_eq!(tag(llm, "tool.name"), Some(json!("llm_generate")));
    assert_eq!(tag(llm, "tool.status"), Some(json!("error")));
    assert_eq!(tag(llm, "tool.param.temperature"), Some(json!(0.5)));
    assert_eq!(
        tag(llm, "error.message"),
        Some(json!("the model is overloaded"))
    );
    assert_eq!(tag(llm, "otel.status_code"), Some(json!("ERROR")));
    assert_eq!(tag(answer, "otel.status_code"), None);
    let event = &answer["logs"][0];
    let fields: BTreeMap<_, _> = list(&event["fields"])
        .map(|field| (field["key"].as_str().unwrap(), &field["value"]))
        .collect();
    assert_eq!(fields["event"], "asked");

    let process: BTreeSet<_> = list(&trace["processes"]["p1"]["tags"])
        .filter_map(|tag| tag["key"].as_str())
        .collect();
    for key in [
        "service.instance.id",
        "deployment.environment.name",
        "host.name",
        "process.pid",
        "telemetry.sdk.name",
        "telemetry.sdk.language",
        "telemetry.sdk.version",
    ] {
        assert!(process.contains(key), "{key} in {process:?}");
    }
    trace["traceID"].as_str().unwrap().to_owned()
}

fn tag(span: &Value, key: &str) -> Option<Value> {
    let tag = list(&span["tags"]).find(|tag| tag["key"] == key)?;
    Some(tag["value"].clone())
}

fn lines(stack: &Stack, made: &[&Value; 1], trace: &str) {
    lines_of(stack, made);
    for query in [
        format!("{{application=\"agent\"}} | json | trace_id=\"{trace}\""),
        format!("{{application=\"agent\"}} | trace_id=\"{trace}\""),
    ] {
        eventually(&query, || match stack.loki.lines(&query)?.len() {
            4 => Ok(()),
            other => Err(format!("{other} lines, not 4")),
        });
    }
}

/// The documented queries, for the tools that were called here.
fn lines_of(stack: &Stack, made: &[&Value]) {
    let found = |query: &str, wanted: f64| {
        eventually(query, || match stack.loki.lines(query)? {
            lines if lines.len() as f64 == wanted => Ok(lines),
            lines => Err(format!("{} lines, not {wanted}", lines.len())),
        })
    };
    let failed = calls(made, "llm_generate", "error")
        + calls(made, "parse", "error")
        + calls(made, "crash", "panic");
    let all = found(
        "{application=\"agent\"} | json | status=~\".+\"",
        all_calls(made),
    );
    found(
        "{application=\"agent\"} |= \"ERROR\" | json | status=~\".+\"",
        failed,
    );
    found(
        "{application=\"agent\", environment=\"test\"} | json | level=~\"(?i)error\" | status=~\".+\"",
        failed,
    );
    let of_tool = calls(made, "llm_generate", "success") + calls(made, "llm_generate", "error");
    let of_tool = found(
        "{application=\"agent\", tool_name=\"llm_generate\"} | json",
        of_tool,
    );
    let slow = stack
        .loki
        .lines("{application=\"agent\"} | json | duration_ms > 5")
        .unwrap();
    assert!(
        slow.len() >= 6,
        "each tenth of sixty calls takes 6 ms: {}",
        slow.len()
    );
    assert!(
        slow.iter()
            .all(|line| line.labels["tool_name"] == "rag_query"
                || !line.labels.contains_key("__error__"))
    );

    let line = |lines: &[Line], wanted: &str| {
        let line = lines
            .iter()
            .find(|line| line.text.contains(wanted))
            .cloned();
        line.unwrap_or_else(|| panic!("{wanted} in {lines:?}"))
    };
    let failure = line(&of_tool, "LlmError");
    let json: Value = serde_json::from_str(&failure.text).expect("a line is JSON");
    for (field, value) in [
        ("level", json!("ERROR")),
        ("tool_name", json!("llm_generate")),
        ("status", json!("error")),
        ("error_type", json!("LlmError")),
    ] {
        assert_eq!(json[field], value, "{json}");
    }
    assert!(
        json["duration_ms"].is_number() && json["message"].is_string(),
        "{json}"
    );
    assert_eq!(json["span_id"].as_str().map(str::len), Some(16), "{json}");
    assert_eq!(
        all.iter()
            .filter(|line| line.text.contains("\"panic\""))
            .count() as f64,
        calls(made, "crash", "panic")
    );
}
