//! What the arguments of `#[tool]` do to spans, metrics and outcomes.

use std::cell::Cell;
use std::time::Duration;

use opentelemetry::trace::SpanKind;
use pollster::block_on;
use telemetry_runtime::tool;
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
