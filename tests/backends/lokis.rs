//! Lines in Loki: pushed, and by OTLP through the Collector. The same queries find both.

use serde_json::Value;

use crate::harness::{
    Binaries, Collector, Destinations, Line, Loki, LokiOptions, Program, eventually,
};

const LINES: u64 = 200_000;
/// Of the whole process, in KiB.
const MEMORY: u64 = 64 * 1024;

#[test]
fn the_queries_find_what_is_pushed() {
    let Some(binaries) = Binaries::find("lokis::the_queries_find_what_is_pushed") else {
        return;
    };
    let loki = Loki::start(binaries);
    let url = loki.push_url();
    let told = tools(&[("logs_exporter", "loki"), ("loki_url", &url)]);
    queries(&loki, &told);
    by_trace(&loki, &told, "trace_id");
    let labels = labels_of(
        &loki,
        "{application=\"code-evolver\", tool_name=\"rag_query\"}",
    );
    assert_eq!(
        (labels["environment"].as_str(), labels["team"].as_str()),
        ("test", "search")
    );
}

#[test]
fn the_queries_find_what_comes_by_otlp() {
    let Some(binaries) = Binaries::find("lokis::the_queries_find_what_comes_by_otlp") else {
        return;
    };
    let loki = Loki::start(binaries);
    let collector = before(binaries, &loki);
    let endpoint = collector.ports().logs_endpoint();
    let told = tools(&[("logs_exporter", "otlp"), ("logs_endpoint", &endpoint)]);
    queries(&loki, &told);
    by_trace(&loki, &told, "trace_id");
}

/// What the program itself writes is found as calls are, by either way.
#[test]
fn the_queries_find_the_programs_own_lines() {
    let Some(binaries) = Binaries::find("lokis::the_queries_find_the_programs_own_lines") else {
        return;
    };
    let loki = Loki::start(binaries);
    let collector = before(binaries, &loki);
    let (url, endpoint) = (loki.push_url(), collector.ports().logs_endpoint());
    let ways = [
        ("pushed", ["loki", &url, "http://127.0.0.1:1"]),
        ("by-otlp", ["otlp", &url, &endpoint]),
    ];
    for (name, [exporter, url, endpoint]) in ways {
        let settings = [
            ("service_name", name),
            ("traces_exporter", "none"),
            ("metrics_exporter", "none"),
            ("log_calls", "none"),
            ("logs_exporter", exporter),
            ("loki_url", url),
            ("logs_endpoint", endpoint),
        ];
        let mut program = Program::start("lines", &settings);
        let told = program.ask("own 0");
        let said = program.end();
        assert_eq!(said["delivered"], 3, "{said}");

        let all = format!("{{application=\"{name}\"}}");
        let lines = eventually("all lines", || match loki.lines(&all)? {
            lines if lines.len() == 3 => Ok(lines),
            lines => Err(format!("{lines:?}")),
        });
        let failed = found(&loki, &format!("{all} |= \"ERROR\""));
        assert_eq!(failed.len(), 1, "{failed:?}");
        let line = failed[0].json();
        for (key, value) in [
            ("message", "gave up, token=[redacted]"),
            ("level", "ERROR"),
            ("tool_name", "own"),
            ("fields.duration_ms", "too long"),
            ("password", "[redacted]"),
        ] {
            assert_eq!(line[key], value, "{line}");
        }
        assert_eq!(
            (&line["trace_id"], &line["user"]),
            (&told["trace_id"], &17.into())
        );
        let of_tool = format!("{{application=\"{name}\", tool_name=\"own\"}}");
        assert_eq!(
            found(&loki, &of_tool).len(),
            2,
            "the third is of another thread"
        );
        let by_trace = format!("{all} | trace_id={}", told["trace_id"]);
        assert_eq!(found(&loki, &by_trace).len(), 2);
        // Nobody's field is taken for a duration, and none makes the query fail.
        let slow = found(&loki, &format!("{all} | json | duration_ms > 5000"));
        assert!(slow.is_empty(), "{slow:?}");
        assert!(lines.iter().any(|line| line.json()["message"] == "outside"));
    }
}

#[test]
fn a_call_that_hangs_is_a_line_while_it_runs() {
    let Some(binaries) = Binaries::find("lokis::a_call_that_hangs_is_a_line") else {
        return;
    };
    let loki = Loki::start(binaries);
    let url = loki.push_url();
    let settings = [
        ("service_name", "hangs"),
        ("traces_exporter", "none"),
        ("metrics_exporter", "none"),
        ("logs_exporter", "loki"),
        ("loki_url", &*url),
        ("running_after_ms", "20"),
    ];
    let mut program = Program::start("lines", &settings);
    program.ask("hang 0");
    program.end();
    let query =
        "{application=\"hangs\", level=\"warn\", tool_name=\"hang\"} | json | duration_ms >= 20";
    let lines = eventually("the line is there", || match found(&loki, query) {
        lines if lines.is_empty() => Err("not yet".to_owned()),
        lines => Ok(lines),
    });
    assert_eq!(lines.len(), 1, "{lines:?}");
    let line = lines[0].json();
    assert_eq!(
        (&line["status"], &line["thread.name"]),
        (&"running".into(), &"main".into())
    );
}

/// It takes what it can of a batch and says 400 to all of it: the lines it took are there, and counted
/// as refused all the same, since it does not say which they were.
#[test]
fn what_loki_refuses_in_part_is_there_in_part() {
    let Some(binaries) = Binaries::find("lokis::what_loki_refuses_in_part") else {
        return;
    };
    let options = LokiOptions {
        max_line: 1_000,
        ..LokiOptions::default()
    };
    let loki = Loki::start_with(binaries, options);
    let url = loki.push_url();
    let settings = [
        ("service_name", "partly"),
        ("traces_exporter", "none"),
        ("metrics_exporter", "none"),
        ("logs_exporter", "loki"),
        ("loki_url", &*url),
        ("logs_batch_delay_ms", "60000"),
    ];
    let mut program = Program::start("lines", &settings);
    let lines = program.ask("mixed 100")["lines"].as_u64().unwrap();
    let health = eventually("the batch is refused", || {
        program.ask("flush 30000");
        match program.ask("health 0") {
            health if health["dropped"] == lines => Ok(health),
            health => Err(health.to_string()),
        }
    });
    // What is right is taken after it as before it.
    program.ask("own 0");
    let said = program.end();
    assert_eq!(
        (&said["dropped"], &said["waiting"]),
        (&lines.into(), &0.into()),
        "{said} {health}"
    );
    eventually("the short ones are there", || {
        match loki.count("{application=\"partly\"} |= \"short\"")? {
            100 => Ok(()),
            count => Err(format!("{count} of 100")),
        }
    });
    assert!(found(&loki, "{application=\"partly\"} |= \"longlong\"").is_empty());
}

/// `loki_client: tracing-loki` behind the same queue: the same queries, and nothing of a burst is
/// lost, which the crate alone does.
#[test]
fn by_tracing_loki_the_queries_hold_and_nothing_is_lost() {
    let Some(binaries) = Binaries::find("lokis::by_tracing_loki") else {
        return;
    };
    let loki = Loki::start(binaries);
    let url = loki.push_url();
    let client = [
        ("logs_exporter", "loki"),
        ("loki_client", "tracing-loki"),
        ("loki_url", &*url),
    ];
    let told = tools(&client);
    queries(&loki, &told);
    let failed = told["failed"].as_str().unwrap();
    let query = format!("{{application=\"code-evolver\"}} | json | trace_id=\"{failed}\"");
    assert_eq!(found(&loki, &query).len(), 1);

    let mut program = Program::start(
        "lines",
        &[
            &client[..],
            &[
                ("service_name", "portions"),
                ("traces_exporter", "none"),
                ("metrics_exporter", "none"),
                ("log_calls_per_second", "1000000"),
            ],
        ]
        .concat(),
    );
    let lines = program.ask("steady 3000")["lines"].as_u64().unwrap();
    let said = program.end();
    assert_eq!(
        (&said["delivered"], &said["dropped"]),
        (&lines.into(), &0.into()),
        "{said}"
    );
    eventually("all lines are there", || {
        match loki.count("{application=\"portions\"}")? {
            count if count == lines => Ok(()),
            count => Err(format!("{count} of {lines}")),
        }
    });
}

/// A Loki that takes nothing beside the lines: the ids are in them.
#[test]
fn where_loki_takes_no_metadata_the_lines_have_it() {
    let Some(binaries) = Binaries::find("lokis::where_loki_takes_no_metadata") else {
        return;
    };
    let options = LokiOptions {
        metadata: false,
        ..LokiOptions::default()
    };
    let loki = Loki::start_with(binaries, options);
    let url = loki.push_url();
    let told = tools(&[
        ("logs_exporter", "loki"),
        ("loki_url", &url),
        ("loki_compression", "gzip"),
    ]);
    queries(&loki, &told);
    let failed = told["failed"].as_str().unwrap();
    let query = format!("{{application=\"code-evolver\"}} | json | trace_id=\"{failed}\"");
    assert_eq!(found(&loki, &query).len(), 1);
}

#[test]
fn a_burst_from_one_thread_arrives() {
    a_burst("lokis::a_burst_from_one_thread_arrives", 1);
}

#[test]
fn a_burst_from_four_threads_arrives() {
    a_burst("lokis::a_burst_from_four_threads_arrives", 4);
}

/// Loki that takes 4 MB a second, as it does out of the box, says 429 to the rest for a while.
#[test]
fn a_loki_that_limits_gets_all_a_little_later() {
    let Some(binaries) = Binaries::find("lokis::a_loki_that_limits_gets_all") else {
        return;
    };
    let options = LokiOptions {
        rate_mb: 4,
        ..LokiOptions::default()
    };
    let loki = Loki::start_with(binaries, options);
    let mut program = burst_into(&loki);
    program.ask("burst 1");
    all_in_order(&loki, 1);
    let said = program.end();
    assert_eq!(
        (&said["delivered"], &said["dropped"]),
        (&LINES.into(), &0.into())
    );
}

fn a_burst(test: &str, threads: u64) {
    let Some(binaries) = Binaries::find(test) else {
        return;
    };
    let loki = Loki::start(binaries);
    let mut program = burst_into(&loki);
    let told = program.ask(&format!("burst {threads}"));
    let said = program.end();
    println!("{threads} threads: {told} {said}");
    assert_eq!(
        (&said["delivered"], &said["dropped"]),
        (&LINES.into(), &0.into()),
        "{said}"
    );
    all_in_order(&loki, threads);
    let memory = said["peak_memory_kib"].as_u64().unwrap();
    assert!(memory < MEMORY, "{memory} KiB");
}

/// A Collector that hands on to Loki.
fn before(binaries: &'static Binaries, loki: &Loki) -> Collector {
    let logs = Some(loki);
    let destinations = Destinations {
        logs,
        ..Destinations::default()
    };
    Collector::start(binaries, destinations)
}

fn burst_into(loki: &Loki) -> Program {
    let url = loki.push_url();
    let settings = [
        ("service_name", "burst"),
        ("logs_exporter", "loki"),
        ("loki_url", url.as_str()),
        ("traces_exporter", "none"),
        ("metrics_exporter", "none"),
    ];
    Program::start("lines", &settings)
}

/// All lines are there, each thread's in the order in which it wrote them.
fn all_in_order(loki: &Loki, threads: u64) {
    eventually("all lines are there", || {
        match loki.count("{application=\"burst\"}")? {
            LINES => Ok(()),
            count => Err(format!("{count} of {LINES}")),
        }
    });
    let mut next = vec![0; threads as usize];
    for line in loki.lines("{application=\"burst\"}").unwrap() {
        let line = line.json();
        assert_eq!(line["message"].as_str().unwrap().len(), 160);
        let thread = line["thread"].as_u64().unwrap() as usize;
        assert_eq!(line["number"], next[thread], "of thread {thread}");
        next[thread] += 1;
    }
    assert!(
        next.iter().all(|lines| *lines == LINES / threads),
        "{next:?}"
    );
}

fn tools(settings: &[(&str, &str)]) -> Value {
    let mut all = vec![
        ("service_name", "code-evolver"),
        ("traces_exporter", "none"),
        ("metrics_exporter", "none"),
        ("loki_labels", "{ application: code-evolver, team: search }"),
    ];
    all.extend(settings);
    let mut program = Program::start("lines", &all);
    let told = program.ask("tools 0");
    let said = program.end();
    assert_eq!(
        (&said["waiting"], &said["dropped"]),
        (&0.into(), &0.into()),
        "{said}"
    );
    told
}

/// The four that people have, as they are written.
fn queries(loki: &Loki, told: &Value) {
    // Three calls.
    eventually("all lines", || {
        match loki.lines("{application=\"code-evolver\"}")? {
            lines if lines.len() == 3 => Ok(()),
            lines => Err(format!("{lines:?}")),
        }
    });

    let failed = found(loki, "{application=\"code-evolver\"} |= \"ERROR\"");
    assert_eq!(failed.len(), 1, "{failed:?}");
    let line = failed[0].json();
    assert_eq!(
        (&line["level"], &line["status"]),
        (&"ERROR".into(), &"error".into())
    );
    assert_eq!(line["error_type"], "TooLong");
    assert_eq!(line["trace_id"], told["failed"]);

    let of_tool = "{application=\"code-evolver\", tool_name=\"llm_generate\"}";
    assert_eq!(found(loki, of_tool).len(), 2);

    let slow = found(
        loki,
        "{application=\"code-evolver\"} | json | duration_ms > 5000",
    );
    assert_eq!(slow.len(), 1, "{slow:?}");
    assert!(!slow[0].labels.contains_key("__error__"), "{slow:?}");
    assert_eq!(slow[0].json()["trace_id"], told["slow"]);
}

/// With and without reading the line.
fn by_trace(loki: &Loki, told: &Value, name: &str) {
    let failed = told["failed"].as_str().unwrap();
    for parser in ["", "| json "] {
        let query = format!("{{application=\"code-evolver\"}} {parser}| {name}=\"{failed}\"");
        let lines = found(loki, &query);
        assert_eq!(lines.len(), 1, "{query}: {lines:?}");
    }
}

fn labels_of(loki: &Loki, query: &str) -> std::collections::BTreeMap<String, String> {
    found(loki, query)[0].labels.clone()
}

fn found(loki: &Loki, query: &str) -> Vec<Line> {
    loki.lines(query)
        .unwrap_or_else(|why| panic!("{query}: {why}"))
}
