use std::io::{self, Write};
use std::time::Instant;

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{ArrayValue, KeyValueList};
use opentelemetry_proto::tonic::trace::v1::span::Event;
use opentelemetry_proto::tonic::trace::v1::{Span, Status};
use serde_json::Value;

use super::{Console, line};
use crate::config::ConsoleFormat;
use crate::export::console::{Output, Style, fuzz_console};
use crate::export::samples::{any, attribute, batch, failed_tool, tool};
use crate::export::{Exporter, Refused};

#[test]
fn a_line_a_span() {
    let mut foreign = Span {
        name: "GET /".to_owned(),
        attributes: vec![],
        ..tool()
    };
    foreign.attributes = vec![
        attribute("http.route", Any::StringValue("/".to_owned())),
        attribute("ratio", Any::DoubleValue(f64::NAN)),
        attribute(
            "list",
            Any::ArrayValue(ArrayValue {
                values: vec![any(Any::IntValue(1)), any(Any::BoolValue(true))],
            }),
        ),
    ];
    foreign.events = vec![Event {
        name: "cache.miss".to_owned(),
        attributes: vec![attribute("key", Any::IntValue(3))],
        ..Event::default()
    }];
    assert_eq!(
        export(ConsoleFormat::Text, &[tool(), failed_tool(), foreign]),
        r#"2023-11-14T22:13:20.123Z 4bf92f35     root>00f067aa   12.3ms success   tool.load(path="a.rs", n=3) result.count=4
2023-11-14T22:13:20.124Z 4bf92f35 00f067aa>53995c3f    250µs error     tool.parse() tool.slow=true SyntaxError: expected `;` at src/main.rs:12
2023-11-14T22:13:20.123Z 4bf92f35     root>00f067aa   12.3ms unset     GET / http.route="/" ratio=NaN list=[1,true] !cache.miss(key=3)
"#
    );
}

#[test]
fn an_object_a_span() {
    let text = export(ConsoleFormat::Json, &[tool(), failed_tool()]);
    let (first, second) = text.trim_end().split_once('\n').unwrap();
    assert_eq!(
        first,
        r#"{"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7","parent_span_id":null,"#
            .to_owned()
            + r#""name":"tool.load","scope":"telemetry-runtime","service":"shop","kind":"internal","#
            + r#""start":"2023-11-14T22:13:20.123Z","duration_ms":12.345678,"status":"success","message":null,"#
            + r#""attributes":{"result.count":4,"tool.name":"load","tool.param.n":3,"tool.param.path":"a.rs","#
            + r#""tool.status":"success"},"events":[],"links":[]}"#
    );
    let second: Value = serde_json::from_str(second).unwrap();
    assert_eq!(second["parent_span_id"], "00f067aa0ba902b7");
    assert_eq!(second["status"], "error");
    assert_eq!(second["message"], "expected `;`");
    assert_eq!(second["attributes"]["code.line.number"], 12);
}

#[test]
fn hostile_values_keep_to_their_line() {
    let nested = KeyValueList {
        values: vec![attribute("k\n", Any::DoubleValue(f64::NEG_INFINITY))],
    };
    let mut span = tool();
    span.name = "tool.\u{1b}[2Jclear\nnext".to_owned();
    span.attributes = vec![
        attribute("a\r\nb", Any::StringValue("\u{9b}31m\u{202e}\0".to_owned())),
        attribute("huge", Any::StringValue("x".repeat(1 << 20))),
        attribute("nested", Any::KvlistValue(nested)),
        attribute("bytes", Any::BytesValue(vec![0, 255])),
    ];
    span.status = Some(Status {
        code: 2,
        message: "one\n\"two\"\u{7}".to_owned(),
    });

    let text = export(ConsoleFormat::Text, &[span.clone()]);
    assert_eq!(text.lines().count(), 1);
    assert!(!text.trim_end().contains(char::is_control), "{text:?}");
    assert!(text.len() < 1000, "{} bytes", text.len());
    assert!(
        text.contains(r#"tool.\u{1b}[2Jclear\nnext a\r\nb="\u{9b}31m\u{202e}\u{0}" huge="xxx"#),
        "{text}"
    );
    assert!(
        text.contains(r#"nested={"k\\n":"-Infinity"} bytes=00ff one\n"two"\u{7}"#),
        "{text}"
    );

    let text = export(ConsoleFormat::Json, &[span]);
    assert_eq!(text.lines().count(), 1);
    assert!(!text.trim_end().contains(char::is_control));
    let object: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(object["attributes"]["a\r\nb"], "\u{9b}31m\u{202e}\0");
    assert_eq!(object["attributes"]["nested"]["k\n"], "-Infinity");
    assert_eq!(
        object["attributes"]["huge"].as_str().unwrap().len(),
        1 << 20
    );
}

#[test]
fn an_empty_span_has_a_line_too() {
    let text = export(ConsoleFormat::Text, &[Span::default()]);
    assert_eq!(
        text,
        "1970-01-01T00:00:00.000Z      root>      0ns unset     \n"
    );
    let text = export(ConsoleFormat::Json, &[Span::default()]);
    assert!(
        text.starts_with(r#"{"trace_id":"","span_id":"","parent_span_id":null,"name":"","#),
        "{text}"
    );
}

#[test]
fn colours_change_nothing_but_colours() {
    for span in [tool(), failed_tool()] {
        let coloured = line::of(&span, Style::Colours);
        assert!(coloured.contains("\u{1b}[1mtool."));
        let mut plain = coloured;
        for code in ["0", "1", "2", "31", "33"] {
            plain = plain.replace(&format!("\u{1b}[{code}m"), "");
        }
        assert_eq!(plain, line::of(&span, Style::Plain));
    }
}

#[test]
fn a_closed_pipe_loses_the_batch_and_says_so() {
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut console = Console {
        format: ConsoleFormat::Text,
        output: Output::new(Closed),
    };
    let refused = console
        .export(&batch(&[tool()]), Instant::now())
        .unwrap_err();
    assert!(matches!(refused, Refused::Lost { why } if why == "standard output: broken pipe"));
}

#[test]
fn a_body_that_is_no_request_is_lost() {
    let mut broken = batch(&[tool()]);
    broken.body.truncate(40);
    let mut console = Console {
        format: ConsoleFormat::Text,
        output: Output::new(Vec::new()),
    };
    assert!(matches!(
        console.export(&broken, Instant::now()),
        Err(Refused::Lost { .. })
    ));
}

fn export(format: ConsoleFormat, spans: &[Span]) -> String {
    let mut text = Vec::new();
    let mut console = Console {
        format,
        output: Output::new(&mut text),
    };
    console.export(&batch(spans), Instant::now()).unwrap();
    String::from_utf8(text).unwrap()
}

#[test]
fn fuzz_batches_on_the_console() {
    let whole = batch(&[tool(), failed_tool()]);
    let formats = [ConsoleFormat::Text, ConsoleFormat::Json];
    let tried = fuzz_console(
        "spans on the console",
        &whole,
        &formats,
        |format, batch, text| {
            let output = Output::new(text);
            let mut console = Console { format, output };
            console.export(batch, Instant::now()).is_ok()
        },
    );
    assert!(tried.became.len() > 5, "{tried}");
}
