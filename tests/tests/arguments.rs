//! What the arguments of `#[tool]` do to spans, metrics and outcomes.

use std::cell::Cell;
use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::trace::{
    SpanContext, SpanId, SpanKind, TraceContextExt, TraceFlags, TraceId, TraceState,
};
use pollster::block_on;
use telemetry_runtime::{Current, tool};
use telemetry_tests::spans::{Sent, Spans, attribute};
use telemetry_tests::{alone, statistics};

/// What an attribute of the only span of `tool` is.
fn value(sent: &Sent, tool: &str, key: &str) -> Option<String> {
    attribute(sent.one(tool), key)
}

fn param(sent: &Sent, tool: &str, name: &str) -> Option<String> {
    value(sent, tool, &format!("tool.param.{name}"))
}

#[tool(only(b, token))]
fn chosen(a: u8, b: u8, token: &str) -> usize {
    usize::from(a + b) + token.len()
}

#[tool(redact(pin), skip(c))]
fn hidden(pin: &str, (b, c): (u8, u8)) -> usize {
    pin.len() + usize::from(b + c)
}

#[test]
fn parameters_are_chosen() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry();
    chosen(1, 2, "t0ken");
    hidden("1234", (5, 6));
    let sent = spans.after(telemetry);
    assert_eq!(param(&sent, "chosen", "a"), None);
    assert_eq!(param(&sent, "chosen", "b").as_deref(), Some("2"));
    assert_eq!(param(&sent, "chosen", "token").as_deref(), Some("t0ken"));
    assert_eq!(param(&sent, "hidden", "pin").as_deref(), Some("[redacted]"));
    assert_eq!(param(&sent, "hidden", "b").as_deref(), Some("5"));
    assert_eq!(param(&sent, "hidden", "c"), None);
}

/// Its text makes calls, with parameters of their own.
struct Talks;

impl fmt::Debug for Talks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "said {}", of_the_text("inside"))
    }
}

#[tool]
fn of_the_text(word: &str) -> usize {
    word.len()
}

#[tool(ret)]
fn listens(first: u8, talks: &Talks, last: &str) -> usize {
    let _ = talks;
    of_the_text("below");
    usize::from(first) + last.len()
}

#[tool]
async fn listens_later(first: u8, talks: &Talks, last: &str) -> Result<usize, fmt::Error> {
    let _ = talks;
    telemetry_runtime::current().set_attribute("tool.param.first", "another");
    if last.is_empty() {
        return Err(fmt::Error);
    }
    Ok(usize::from(first) + last.len())
}

#[test]
fn the_text_of_a_parameter_may_make_calls_itself() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry();
    listens(1, &Talks, "last");
    block_on(listens_later(2, &Talks, "")).expect_err("it fails");
    let sent = spans.after(telemetry);
    let text = |name: &str| Some(name.to_owned());
    assert_eq!(param(&sent, "listens", "first"), text("1"));
    assert_eq!(param(&sent, "listens", "talks"), text("said 6"));
    assert_eq!(param(&sent, "listens", "last"), text("last"));
    assert_eq!(value(&sent, "listens", "tool.return"), text("5"));
    // Set meanwhile, it is there once.
    let later = sent.one("listens_later");
    let first = |pair: &&opentelemetry::KeyValue| pair.key.as_str() == "tool.param.first";
    assert_eq!(later.attributes.iter().filter(first).count(), 1);
    assert_eq!(param(&sent, "listens_later", "first"), text("another"));
    assert_eq!(param(&sent, "listens_later", "talks"), text("said 6"));
    assert_eq!(param(&sent, "listens_later", "last"), text(""));
    let error = "an error occurred when formatting an argument";
    assert_eq!(value(&sent, "listens_later", "error.message"), text(error));
    // A call's parameters are looked at before it begins, those of an `async fn` by its body.
    let words = sent.all("of_the_text");
    let below = |tool: &str| {
        let parent = sent.one(tool).span_context.span_id();
        words
            .iter()
            .filter(|word| word.parent_span_id == parent)
            .count()
    };
    assert_eq!(
        (words.len(), below("listens"), below("listens_later")),
        (3, 1, 1)
    );
    for word in words {
        assert!(attribute(word, "tool.param.word").is_some());
    }
}

#[test]
fn those_named_are_captured_where_parameters_are_not() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry_with(|builder| builder.set("params_capture", "none"));
    chosen(1, 2, "t0ken");
    hidden("1234", (5, 6));
    let sent = spans.after(telemetry);
    assert_eq!(param(&sent, "chosen", "b").as_deref(), Some("2"));
    for name in ["pin", "b", "c"] {
        assert_eq!(param(&sent, "hidden", name), None, "{name}");
    }
}

const LIMIT: usize = 3;

struct Account {
    id: u64,
}

impl Account {
    #[tool(
        skip_all,
        fields(
            user.id = self.id,
            "text.length" = text.len(),
            doubled = (|b: u8| b * 2)(b),
            sum = b + c,
            told = format!("{b} of {}", LIMIT),
            limit = LIMIT,
            n = N,
            auth.token = text,
            nothing = None::<u8>,
        )
    )]
    fn rename<const N: usize>(&self, text: String, b: u8, (c, _): (u8, u8)) -> String {
        format!("{text}{b}{c}")
    }

    #[tool(fields(id = self.id, length = text.len()))]
    async fn later(&self, text: String) -> usize {
        drop(text);
        0
    }
}

#[test]
fn fields_see_what_the_body_sees() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry();
    let account = Account { id: 7 };
    assert_eq!(account.rename::<9>("abc".to_owned(), 2, (3, 4)), "abc23");
    assert_eq!(block_on(account.later("abc".to_owned())), 0);
    let sent = spans.after(telemetry);
    for (key, expected) in [
        ("user.id", Some("7")),
        ("text.length", Some("3")),
        ("doubled", Some("4")),
        ("sum", Some("5")),
        ("told", Some("2 of 3")),
        ("limit", Some("3")),
        ("n", Some("9")),
        ("auth.token", Some("[redacted]")),
        ("nothing", None),
        ("tool.param.b", None),
    ] {
        assert_eq!(value(&sent, "rename", key).as_deref(), expected, "{key}");
    }
    assert_eq!(value(&sent, "later", "length").as_deref(), Some("3"));
}

thread_local! {
    static EVALUATED: Cell<u32> = const { Cell::new(0) };
}

fn evaluated() -> u32 {
    EVALUATED.set(EVALUATED.get() + 1);
    EVALUATED.get()
}

#[tool(fields(times = evaluated()))]
fn counts() {}

#[test]
fn a_field_is_not_evaluated_where_no_span_is_sent() {
    let _alone = alone();
    counts();
    let spans = Spans::default();
    let telemetry = spans.telemetry_with(|builder| builder.set("traces_sample_rate", 0.0));
    counts();
    assert!(spans.after(telemetry).names().is_empty());
    assert_eq!(EVALUATED.get(), 0);

    let telemetry = spans.telemetry();
    counts();
    let sent = spans.after(telemetry);
    assert_eq!(value(&sent, "counts", "times").as_deref(), Some("1"));
}

#[tool(kind = "server")]
fn serves() {}

#[tool(kind = "client")]
async fn asks() {}

#[tool]
fn within() {}

#[test]
fn a_span_has_its_kind() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry();
    serves();
    block_on(asks());
    within();
    let sent = spans.after(telemetry);
    assert_eq!(sent.one("serves").span_kind, SpanKind::Server);
    assert_eq!(sent.one("asks").span_kind, SpanKind::Client);
    assert_eq!(sent.one("within").span_kind, SpanKind::Internal);
}

/// Over its objective and under its limit.
#[tool(
    objective(success = 99.9, latency_ms = 0.000001),
    threshold_ms = 3_600_000
)]
fn promised() {}

/// The other way round.
#[tool(
    objective(latency_ms = 3_600_000, quantile = 50),
    threshold_ms = 0.000001
)]
fn kept_promise() {}

#[test]
fn an_objective_says_what_counts_as_slow() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("metrics.jsonl");
    let spans = Spans::default();
    let telemetry = spans.telemetry_with(|builder| {
        builder
            .set("metrics_exporter", "file")
            .set("metrics_file", file.display().to_string())
    });
    promised();
    kept_promise();
    assert_eq!(statistics("promised").slow, 1);
    assert_eq!(statistics("kept_promise").slow, 0);
    let sent = spans.after(telemetry);
    // The span is slow by its limit alone.
    assert_eq!(value(&sent, "promised", "tool.slow"), None);
    let slow = value(&sent, "kept_promise", "tool.slow");
    assert_eq!(slow.as_deref(), Some("true"));

    let metrics = gauges(&std::fs::read_to_string(file).unwrap());
    let of = |name: &str, tool: &str| metrics.get(&(name.to_owned(), tool.to_owned())).copied();
    assert_eq!(of("tool.objective.success", "promised"), Some(99.9));
    assert_eq!(of("tool.objective.latency_ms", "promised"), Some(0.000_001));
    assert_eq!(of("tool.objective.quantile", "promised"), Some(99.0));
    assert_eq!(of("tool.objective.success", "kept_promise"), None);
    assert_eq!(of("tool.objective.quantile", "kept_promise"), Some(50.0));
    assert_eq!(of("tool.threshold_ms", "promised"), Some(3_600_000.0));
}

/// Gauges of OTLP/JSON lines, by name and tool.
fn gauges(lines: &str) -> HashMap<(String, String), f64> {
    let lines = lines
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("OTLP/JSON"));
    let mut found = HashMap::new();
    for line in lines {
        let metrics = line.pointer("/resourceMetrics/0/scopeMetrics/0/metrics");
        for metric in metrics.and_then(|it| it.as_array()).into_iter().flatten() {
            let points = metric.pointer("/gauge/dataPoints");
            for point in points.and_then(|it| it.as_array()).into_iter().flatten() {
                let name = metric["name"].as_str().expect("OTLP/JSON").to_owned();
                // The others are of telemetry's own health.
                if let Some(value) = point["asDouble"].as_f64() {
                    let tool = point
                        .pointer("/attributes/0/value/stringValue")
                        .expect("OTLP/JSON");
                    found.insert((name, tool.as_str().expect("OTLP/JSON").to_owned()), value);
                }
            }
        }
    }
    found
}

#[tool(threshold_ms = 0.000001)]
fn never_fast() {}

#[tool(threshold_ms = 0.000001)]
fn by_configuration() {}

#[tool]
fn by_default() {}

#[test]
fn an_own_threshold_stands_between_two_of_the_configuration() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry_with(|builder| {
        builder.set(
            "thresholds",
            [("by_configuration", 3_600_000), ("default", 3_600_000)],
        )
    });
    for tool in [never_fast, by_configuration, by_default] {
        tool();
    }
    assert_eq!(statistics("never_fast").slow, 1);
    assert_eq!(statistics("by_configuration").slow, 0);
    assert_eq!(statistics("by_default").slow, 0);
    let sent = spans.after(telemetry);
    let slow = value(&sent, "never_fast", "tool.slow");
    assert_eq!(slow.as_deref(), Some("true"));
}

#[tool(sample = 0)]
fn seldom() {
    below();
}

#[tool(sample = 1.0)]
fn always() {
    below();
}

#[tool]
fn below() {}

#[test]
fn an_own_ratio_holds_for_roots() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry_with(|builder| builder.set("traces_sample_rate", 0.0));
    seldom();
    always();
    assert_eq!(statistics("seldom").calls, 1);
    let sent = spans.after(telemetry);
    assert_eq!(sent.names(), ["tool.always", "tool.below"]);

    let telemetry = spans.telemetry_with(|builder| builder.set("traces_sample_rate", 1.0));
    seldom();
    std::thread::sleep(Duration::from_millis(1));
    assert_eq!(spans.after(telemetry).names().len(), 2);
}

#[derive(Debug)]
enum Refused {
    Empty,
    Other(u8),
}

impl Refused {
    fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Other(10..) => "large",
            Self::Other(_) => "other",
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused: {}", self.code())
    }
}

type Checked = Result<u8, Refused>;

fn check(n: u8) -> Checked {
    match n {
        0 => Err(Refused::Empty),
        1..10 => Err(Refused::Other(n)),
        n => Ok(n),
    }
}

#[tool(error_type = Refused::code)]
fn coded(n: u8) -> Checked {
    check(n)
}

#[tool(error_type = |error| format!("refused_{}", error.code()), err(Debug))]
async fn coded_later(n: u8) -> Checked {
    check(n)
}

#[tool(error_type = "refused", err = false)]
fn silent(n: u8) -> Checked {
    check(n)
}

#[tool(err(|error| error.code().len()))]
fn mapped(n: u8) -> Checked {
    check(n)
}

#[tool(error_if = Option::is_none, error_type = "not_found")]
fn found(n: u8) -> Option<u8> {
    n.checked_sub(1)
}

#[tool(error_if = |n| *n > 3)]
fn small(n: u8) -> u8 {
    n
}

#[tool(ok_if = |checked| matches!(checked, Err(Refused::Empty)))]
fn lenient(n: u8) -> Checked {
    check(n)
}

#[test]
fn failures_are_what_the_attribute_says() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry();
    for n in [0, 1, 10] {
        let _ = (coded(n), block_on(coded_later(n)), silent(n), mapped(n));
        let _ = (found(n), small(n), lenient(n));
    }
    for (tool, errors) in [
        ("coded", 2),
        ("coded_later", 2),
        ("silent", 2),
        ("mapped", 2),
        ("found", 1),
        ("small", 1),
        ("lenient", 1),
    ] {
        assert_eq!(statistics(tool).errors, errors, "{tool}");
    }
    let sent = spans.after(telemetry);
    let told = |tool: &str, at: usize| {
        let span = sent.all(tool)[at];
        ["tool.status", "error.type", "error.message"]
            .map(|key| attribute(span, key).unwrap_or_default())
    };
    assert_eq!(told("coded", 0), ["error", "empty", "refused: empty"]);
    assert_eq!(told("coded", 1), ["error", "other", "refused: other"]);
    assert_eq!(told("coded", 2), ["success", "", ""]);
    assert_eq!(
        told("coded_later", 1),
        ["error", "refused_other", "Other(1)"]
    );
    assert_eq!(told("silent", 0), ["error", "refused", ""]);
    assert_eq!(told("mapped", 0), ["error", "Refused", "5"]);
    assert_eq!(told("found", 0), ["error", "not_found", ""]);
    assert_eq!(told("small", 2), ["error", "u8", ""]);
    assert_eq!(told("lenient", 0), ["success", "", ""]);
    assert_eq!(told("lenient", 1), ["error", "Refused", "refused: other"]);
}

#[tool(ret)]
fn gives(n: u8) -> Checked {
    below();
    check(n)
}

#[tool(ret(|text| text.len()))]
async fn gives_later(text: &str) -> &str {
    below();
    text
}

#[tool(ret(Debug))]
fn by_debug(text: &str) -> String {
    text.to_owned()
}

#[tool(ret(Display), err(Display))]
fn by_display(n: u8) -> Result<Refused, Refused> {
    Ok(Refused::Other(n))
}

struct Opaque;

#[tool(ret)]
fn cannot_be_told() -> Opaque {
    Opaque
}

#[test]
fn a_value_is_an_attribute() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry();
    let _ = (gives(0), gives(20), block_on(gives_later("abc")));
    let _ = (by_debug("a"), by_display(1), cannot_be_told());
    let sent = spans.after(telemetry);
    let value_of = |tool: &str, at: usize| attribute(sent.all(tool)[at], "tool.return");
    assert_eq!(value_of("gives", 0), None);
    assert_eq!(value_of("gives", 1).as_deref(), Some("20"));
    assert_eq!(value_of("gives_later", 0).as_deref(), Some("3"));
    assert_eq!(value_of("by_debug", 0).as_deref(), Some("\"a\""));
    assert_eq!(value_of("by_display", 0).as_deref(), Some("refused: other"));
    assert_eq!(value_of("cannot_be_told", 0), None);
    assert_eq!(value_of("below", 0), None);
}

#[tool(error_if = |n: &u8| { assert!(*n < 3, "on purpose"); false })]
fn judged_by_a_panic(n: u8) -> u8 {
    n
}

#[test]
fn a_panic_of_what_judges_goes_on() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry();
    assert_eq!(judged_by_a_panic(1), 1);
    std::panic::catch_unwind(|| judged_by_a_panic(3)).unwrap_err();
    let told = statistics("judged_by_a_panic");
    assert_eq!((told.calls, told.errors, told.active), (2, 1, 0));
    drop(telemetry);
}

#[tool(parent = &_under, skip_all)]
fn below_another(_under: Current) {
    below();
}

#[tool(parent = &_context, skip_all)]
async fn below_a_context(_context: Option<Context>) {
    below();
}

#[tool(parent = &under, follows_from = [&under, &under], skip_all)]
fn later_below(under: Current) -> impl Future<Output = ()> {
    async move {
        drop(under);
        below();
    }
}

#[tool(follows_from = &_causes, skip_all)]
fn follows(_causes: Vec<SpanContext>, _more: u8) {
    below();
}

#[tool]
fn hands_out() -> Current {
    telemetry_runtime::current()
}

fn span_context(byte: u8) -> SpanContext {
    let (trace, span) = (
        TraceId::from_bytes([byte; 16]),
        SpanId::from_bytes([byte; 8]),
    );
    SpanContext::new(trace, span, TraceFlags::SAMPLED, true, TraceState::NONE)
}

#[test]
fn a_parent_is_the_one_that_is_named() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry();
    let handed = hands_out();
    tool_around(|| {
        below_another(handed.clone());
        let context = Context::new().with_remote_span_context(span_context(7));
        block_on(below_a_context(Some(context)));
        let later = later_below(handed.clone());
        std::thread::scope(|scope| scope.spawn(|| block_on(later)).join().unwrap());
        below_another(Current::default());
    });
    let sent = spans.after(telemetry);
    let around = sent.one("tool_around").span_context.span_id();
    let handed = sent.one("hands_out").span_context.clone();
    let [first, unnamed] = sent.all("below_another")[..] else {
        panic!("{:?}", sent.names())
    };
    assert_eq!(first.parent_span_id, handed.span_id());
    assert_eq!(first.span_context.trace_id(), handed.trace_id());
    assert_eq!(unnamed.parent_span_id, around);
    let context = sent.one("below_a_context");
    assert_eq!(context.parent_span_id, SpanId::from_bytes([7; 8]));
    assert!(context.parent_span_is_remote);
    let later = sent.one("later_below");
    assert_eq!(later.parent_span_id, handed.span_id());
    assert_eq!(later.links.len(), 2);
    let parents: Vec<_> = sent
        .all("below")
        .iter()
        .map(|below| below.parent_span_id)
        .collect();
    let expected = [first, context, later, unnamed].map(|span| span.span_context.span_id());
    assert_eq!(parents, expected);
}

#[tool(skip_all)]
fn tool_around(body: impl FnOnce()) {
    body();
}

#[test]
fn links_are_those_that_are_named() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry();
    follows(vec![span_context(1), span_context(2)], 0);
    follows(Vec::new(), 0);
    let sent = spans.after(telemetry);
    let links: Vec<_> = sent.all("follows")[0]
        .links
        .iter()
        .map(|link| link.span_context.span_id())
        .collect();
    assert_eq!(links, [1, 2].map(|byte| SpanId::from_bytes([byte; 8])));
    assert!(sent.all("follows")[1].links.is_empty());
    assert!(sent.all("below").iter().all(|below| below.links.is_empty()));
}
