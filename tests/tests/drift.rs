//! Drift: the running telemetry watches its tools, and tells of what it finds.

use std::fs;
use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use telemetry_runtime::drift::{DriftType, Event, Filter, Measure, Severity, Status};
use telemetry_runtime::{Builder, Telemetry, detector, tool, track_tool_call};
use telemetry_tests::sink::{Mode, Sink, text};
use telemetry_tests::{PATIENCE, alone};

/// Telemetry that sends nothing.
fn start(say: impl FnOnce(Builder) -> Builder) -> Telemetry {
    let builder = Telemetry::builder()
        .no_file()
        .set("traces_exporter", "none")
        .set("metrics_exporter", "none");
    say(builder).init().expect("a right configuration")
}

/// Calls known to the baseline of a tool: not the newest, which may be the first of a change.
fn samples(tool: &str) -> u64 {
    detector()
        .baseline_stats(tool)
        .map_or(0, |stats| stats.samples)
}

fn call(tool: &str, times: usize) {
    for _ in 0..times {
        drop(track_tool_call(tool, [("number", 1.into())]));
    }
}

#[tool(drift = false)]
fn unwatched() {}

#[tool]
fn watched() {}

#[test]
fn each_call_is_a_sample_and_failures_are_none() {
    let _alone = alone();
    let telemetry = start(|builder| builder);
    call("each", 300);
    for _ in 0..100 {
        let call = track_tool_call("each", [("number", 1.into())]);
        call.record_error("on purpose");
    }
    let stats = detector().baseline_stats("each").expect("it was called");
    assert!((1..=300).contains(&stats.samples), "{stats:?}");
    assert!(stats.p50_ms > 0.0 && stats.p50_ms <= stats.p95_ms && stats.p95_ms <= stats.p99_ms);
    assert_eq!(stats.error_ratio, 0.25);
    let health = telemetry.health().drift;
    assert!(health.watching);
    assert_eq!((health.tools, health.calls), (1, 400));
    drop(telemetry);
    assert!(detector().baseline_stats("each").is_none());
}

/// More than a thread's ring holds, faster than the collector comes by.
#[test]
fn calls_without_a_record_are_samples_too() {
    const CALLS: usize = 400_000;
    let _alone = alone();
    let telemetry = start(|builder| builder.set("calls_queue_max_bytes", 65_536));
    let threads: Vec<_> = (0..4)
        .map(|_| std::thread::spawn(|| (0..CALLS / 4).for_each(|_| watched())))
        .collect();
    threads.into_iter().for_each(|t| t.join().expect("it ends"));
    assert!(samples("watched") > 0);
    let health = telemetry.health().drift;
    assert_eq!(health.calls, CALLS as u64);
    assert!(health.calls_unordered > 0, "{health:?}");
    assert_eq!(health.calls_lost, 0);
}

#[test]
fn the_configuration_wins_over_the_attribute() {
    let _alone = alone();
    let telemetry = start(|builder| builder);
    let call = || {
        (0..300).for_each(|_| unwatched());
        (0..200).for_each(|_| watched());
        (samples("unwatched") > 0, samples("watched") > 0)
    };
    assert_eq!(call(), (false, true));
    assert_eq!(telemetry.health().drift.calls, 200);
    drop(telemetry);

    let rules = [
        ("unwatched", [("drift", true)]),
        ("watch*", [("drift", false)]),
    ];
    let telemetry = start(|builder| builder.set("tools", rules));
    assert_eq!(call(), (true, false));
    assert_eq!(telemetry.health().drift.calls, 300);
}

#[test]
fn on_and_off_while_running() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("telemetry.yaml");
    let write = |keys: &str| {
        let text = format!(
            "telemetry: {{ traces_exporter: none, metrics_exporter: none, loki_enabled: false, {keys} }}"
        );
        fs::write(&file, text).expect("it can be written");
    };
    write("drift_detection_enabled: false");
    let telemetry = Telemetry::builder()
        .file(&file)
        .set("store", "none")
        .init()
        .expect("a right file");
    call("sometimes", 500);
    assert_eq!(samples("sometimes"), 0);
    assert!(!telemetry.health().drift.watching);
    let mut known = 0;
    for round in 1..=2 {
        write("drift_threshold: 0.5");
        let reload = telemetry.reload().expect("a right file");
        assert!(reload.applied.contains(&"drift_detection_enabled"));
        assert!(samples("sometimes") >= known, "what was known stays known");
        call("sometimes", 500);
        // Not all of them make the baseline: the newest wait, and a change may be open.
        known = samples("sometimes").max(known);
        assert!(known > 0);
        let health = telemetry.health().drift;
        assert!(health.watching && health.calls == 500 * round, "{health:?}");

        write("drift_detection_enabled: false");
        let _ = telemetry.reload().expect("a right file");
        call("sometimes", 500);
        assert_eq!(samples("sometimes"), known);
        assert!(!telemetry.health().drift.watching);
    }
    assert_eq!(telemetry.health().drift.calls, 1000);
    write("drift_max_tools: 7");
    let reload = telemetry.reload().expect("a right file");
    assert_eq!(reload.needs_restart, ["drift_max_tools"]);
}

#[test]
fn before_and_after_there_is_nothing_to_know() {
    let _alone = alone();
    assert!(detector().report(Filter::default()).is_empty());
    assert!(detector().subscribe().recv().is_none());
    assert!(!detector().accept("anything"));
    let telemetry = start(|builder| builder);
    let (mut early, taken) = (detector().subscribe(), detector().subscribe());
    drop(taken);
    assert!(early.try_recv().is_none());
    call("anything", 10);
    assert!(!detector().accept("anything"));
    assert_eq!(detector().reset_baseline(Some("anything")), 1);
    assert_eq!(samples("anything"), 0);
    assert!(telemetry.shutdown(PATIENCE).in_time);
    assert!(early.next().is_none(), "it ends with telemetry");
    assert!(detector().subscribe().recv().is_none());
    assert_eq!(detector().clear_events(None), 0);
}

#[test]
fn reports_as_files() {
    let _alone = alone();
    let telemetry = start(|builder| builder);
    call("reported", 500);
    let folder = tempfile::tempdir().expect("a folder");
    let (json, markdown) = (folder.path().join("d.json"), folder.path().join("d.md"));
    detector().export_report(&json).expect("it can be written");
    detector()
        .export_report(&markdown)
        .expect("it can be written");
    let json: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(json).expect("it is there")).expect("JSON");
    let known = json["baselines"]["reported"]["samples"].as_u64();
    assert!(known.is_some_and(|calls| calls > 0), "{json}");
    let markdown = fs::read_to_string(markdown).expect("it is there");
    assert!(markdown.contains("| reported | "), "{markdown}");
    let error = detector().export_report("d.txt").expect_err("no format");
    assert!(error.is_report(), "{error}");
    drop(telemetry);
}

/// Calls of which one in so many fails: their number, unlike a duration, is nothing that a busy
/// machine changes.
fn failing(tool: &str, one_in: u32, calls: u32) {
    for number in 0..calls {
        let call = track_tool_call(tool, [("number", number.into())]);
        if number % one_in == 0 {
            call.record_error("on purpose");
        }
    }
}

/// The newest event of that kind about the tool's failures.
fn of(tool: &str, status: Status) -> Option<Event> {
    let about = Filter {
        tool: Some(tool.to_owned()),
        drift_type: Some(DriftType::Pattern),
        status: Some(status),
        ..Filter::default()
    };
    let told = detector().report(about);
    told.into_iter()
        .find(|event| event.metadata.measure == Measure::ErrorRatio)
}

/// Calls the tools until there is such an event.
fn fail_until(tools: &[&str], one_in: u32, status: Status) -> Event {
    (0..100)
        .find_map(|_| {
            tools.iter().for_each(|tool| failing(tool, one_in, 100));
            of(tools[0], status)
        })
        .expect("ten thousand calls show it")
}

const SELDOM: u32 = 50;
const OFTEN: u32 = 2;

/// One telemetry for all that is told of one change, since it takes thousands of calls.
#[test]
fn a_change_and_its_return_are_told_everywhere() {
    let _alone = alone();
    let sink = Sink::start(Mode::Accept);
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("logs.jsonl");
    let heard: Arc<Mutex<Vec<Event>>> = Arc::default();
    let hears = Arc::clone(&heard);
    let telemetry = Telemetry::builder()
        .no_file()
        .otlp(sink.url())
        .set("metrics_exporter", vec!["otlp", "prometheus"])
        .set("prometheus_listen", "127.0.0.1:0")
        .set("logs_exporter", "file")
        .set("logs_file", log.to_string_lossy().into_owned())
        .set("log_calls", "none")
        .set("traces_queue_max_bytes", 256 << 20)
        .set("service_version", "1.2.3")
        .set("tools", [("muted", [("drift_mute", true)])])
        .on_drift(|_| panic!("on purpose"))
        .on_drift(move |event| hears.lock().expect("nobody panics").push(event.clone()))
        .init()
        .expect("a right configuration");
    let subscription = detector().subscribe();
    let address = telemetry
        .health()
        .prometheus
        .expect("asked for")
        .expect("a port");
    let scrape = || {
        let page = ureq::get(format!("http://{address}/metrics"))
            .call()
            .expect("a page");
        page.into_body().read_to_string().expect("a text")
    };
    let tools = ["drifts", "muted"];
    tools.iter().for_each(|tool| failing(tool, SELDOM, 4000));
    let event = fail_until(&tools, OFTEN, Status::Drifted);
    failing(tools[0], OFTEN, 2);
    let pages = [scrape(), scrape()];
    let back = fail_until(&tools, SELDOM, Status::Recovered);
    let tool = tools[0];
    assert_eq!(event.severity, Severity::Critical, "{event:?}");
    assert!(event.deviation_percent > 50.0, "{event:?}");
    assert!(event.baseline_value > 0.01 && event.baseline_value < 0.03);
    assert!(event.current_value > event.baseline_value);
    assert!(event.description.contains(tool), "{event:?}");
    assert_eq!(event.metadata.service_version.as_deref(), Some("1.2.3"));
    assert_eq!(event.metadata.environment.as_deref(), Some("development"));
    assert!(!event.metadata.traces_after.is_empty(), "{event:?}");
    assert!(!event.metadata.traces_before.is_empty(), "{event:?}");
    let of_tool = format!(r#"tool_name="{tool}",environment="development""#);
    let counted = format!(
        r#"tool_drift_events_total{{{of_tool},drift_type="pattern",severity="critical"}} "#
    );
    let [first, page] = &pages;
    assert!(first.contains(&format!("{counted}0")), "{first}");
    let line = page.lines().find_map(|line| line.strip_prefix(&counted));
    assert!(line.is_some_and(|count| count != "0"), "{page}");
    let score = format!("tool_drift_score{{{of_tool}}} ");
    let score = page.lines().find_map(|line| line.strip_prefix(&score));
    let score: f64 = score.and_then(|score| score.parse().ok()).expect("a score");
    assert!(score >= 1.0, "it lasts: {score}");

    assert!(back.timestamp >= event.timestamp);

    let all = detector().report(Filter::default());
    assert!(
        all.iter().all(|event| event.tool_name != "muted"),
        "{all:?}"
    );
    let muted = detector().baseline_stats("muted").expect("it is watched");
    assert!(muted.samples > 0, "{muted:?}");
    let health = telemetry.health().drift;
    assert_eq!(health.events, all.len() as u64);
    assert_eq!(health.notifications_dropped, 0);
    let report = telemetry.shutdown(PATIENCE);
    assert!(report.is_complete(), "{report}");

    let oldest_first = || all.iter().rev().cloned().collect::<Vec<_>>();
    let heard = heard.lock().expect("nobody panics").clone();
    assert_eq!(heard, oldest_first(), "in spite of the panics before it");
    assert_eq!(subscription.collect::<Vec<_>>(), oldest_first());

    let lines = fs::read_to_string(log).expect("it is there");
    assert!(lines.contains(&event.description), "{lines}");
    assert!(lines.contains(&back.description), "{lines}");
    assert!(lines.contains("\"severityText\":\"ERROR\""), "{lines}");

    let seen = sink.seen();
    let Some(Data::Sum(sum)) = &seen.metric("tool.drift.events").expect("it was sent").data else {
        panic!("no sum")
    };
    assert!(sum.is_monotonic);
    // The first is that of the beginning, 0.
    let number = sum.data_points.iter().rfind(|point| {
        text(&point.attributes, "tool.name") == tool
            && text(&point.attributes, "drift.type") == "pattern"
            && text(&point.attributes, "severity") == "critical"
    });
    let value = number.and_then(|point| point.value);
    assert!(matches!(value, Some(Number::AsInt(1..))), "{sum:?}");
    assert!(seen.metric("tool.drift.score").is_some());
    let told: Vec<_> = seen
        .spans
        .iter()
        .flat_map(|span| span.events.iter().map(move |event| (span, event)))
        .filter(|(_, event)| event.name == "tool.drift")
        .collect();
    let (span, shown) = told
        .iter()
        .find(|(_, shown)| text(&shown.attributes, "drift.description") == event.description)
        .expect("on a span");
    assert_eq!(span.name, format!("tool.{tool}"));
    assert_eq!(text(&shown.attributes, "severity"), "critical");
    assert!((span.start_time_unix_nano..=span.end_time_unix_nano).contains(&shown.time_unix_nano));
}

/// Nothing is sampled, and of the tool that has changed some calls are sent all the same, with what is
/// around them.
#[test]
fn calls_of_a_tool_that_has_drifted_are_kept() {
    let _alone = alone();
    let sink = Sink::start(Mode::Accept);
    let telemetry = Telemetry::builder()
        .no_file()
        .otlp(sink.url())
        .set("metrics_exporter", "none")
        .set("logs_exporter", "none")
        .set("traces_sample_rate", 0.0)
        .set("traces_keep", vec!["drifting"])
        .init()
        .expect("a right configuration");
    failing("steady_one", SELDOM, 4000);
    failing("kept_one", SELDOM, 4000);
    let drifted = |tool: &str| {
        let tool = Some(tool.to_owned());
        !detector()
            .report(Filter {
                tool,
                ..Filter::default()
            })
            .is_empty()
    };
    // On a busy machine durations may have drifted already.
    assert!(
        drifted("kept_one") || drifted("steady_one") || telemetry.health().drift.calls_kept == 0
    );
    // Few at a time: a hundred are kept.
    let some = || telemetry_tests::tool!("around_kept", || failing("kept_one", OFTEN, 10));
    let told = (0..1_000).any(|_| {
        some();
        of("kept_one", Status::Drifted).is_some()
    });
    assert!(told, "ten thousand calls show it");
    some();
    failing("steady_one", SELDOM, 400);
    let steady = !drifted("steady_one");
    let report = telemetry.shutdown(PATIENCE);
    assert!(report.is_complete(), "{report}");
    let seen = sink.seen();
    let of = |name: &str| seen.spans.iter().filter(|span| span.name == name).count();
    assert!(of("tool.kept_one") >= 10, "{}", of("tool.kept_one"));
    assert!(of("tool.around_kept") >= 1);
    assert!(!steady || of("tool.steady_one") == 0);
    let reasons = seen
        .spans
        .iter()
        .map(|span| text(&span.attributes, "tool.sampled.reason"));
    assert!(reasons.into_iter().all(|reason| reason == "drifting"));
}

#[test]
fn what_is_meant_to_be_so_is_accepted() {
    let _alone = alone();
    let telemetry = start(|builder| builder);
    let tool = "accepts";
    failing(tool, SELDOM, 4000);
    let _ = fail_until(&[tool], OFTEN, Status::Drifted);
    let subscription = detector().subscribe();
    assert!(detector().accept(tool));
    let accepted = subscription
        .recv_timeout(PATIENCE)
        .expect("it is told at once");
    assert_eq!(accepted.status, Status::Accepted, "{accepted:?}");
    assert!(!detector().accept(tool), "there is nothing left to accept");
    assert!(of(tool, Status::Drifted).is_some());
    assert!(detector().clear_events(Some(tool)) >= 2);
    assert!(of(tool, Status::Drifted).is_none());
    drop(telemetry);
}
