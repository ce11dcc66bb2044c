use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{
    ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram, HistogramDataPoint,
    Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum,
};
use prost::Message;

use super::super::format::Format;
use super::super::page::{self, Page};
use super::super::parser::parse;
use super::super::tests::snapshot;
use super::super::zeroes::Shown;
use super::super::{PrometheusServer, families::Kind};
use super::units;
use crate::export::{Batch, Signal};

#[test]
fn instruments_of_others_stand_behind_ours() {
    let size = HistogramDataPoint {
        attributes: vec![string("http.route", "/a\"b\n"), string("le", "x")],
        count: 3,
        sum: Some(7.5),
        explicit_bounds: vec![1.0, 5.0],
        bucket_counts: vec![1, 1, 1],
        ..HistogramDataPoint::default()
    };
    let page = shown(
        Format::OpenMetrics,
        vec![
            sum(
                "requests",
                "{request}",
                true,
                vec![point(vec![string("k", "v")], 3)],
            ),
            sum("in.flight", "1", false, vec![point(vec![], -2)]),
            gauge("load", "1", 0.5),
            gauge("9 odd/näme", "", f64::NAN),
            described(
                "\"size\"\nin\\bytes",
                Metric {
                    data: Some(Data::Histogram(Histogram {
                        data_points: vec![size],
                        aggregation_temporality: CUMULATIVE,
                    })),
                    ..named("size", "By")
                },
            ),
        ],
    );
    let others = page.split_once("tool_calls_total{").unwrap().1;
    let others = others.split_once("# HELP in_flight").unwrap().1;
    assert_eq!(
        format!("# HELP in_flight{others}"),
        r##"# HELP in_flight_ratio No description.
# TYPE in_flight_ratio gauge
# UNIT in_flight_ratio ratio
in_flight_ratio{otel_scope_name="lib",otel_scope_version="2"} -2
# HELP key_9_odd_n_me No description.
# TYPE key_9_odd_n_me gauge
key_9_odd_n_me{otel_scope_name="lib",otel_scope_version="2"} NaN
# HELP load_ratio No description.
# TYPE load_ratio gauge
# UNIT load_ratio ratio
load_ratio{otel_scope_name="lib",otel_scope_version="2"} 0.5
# HELP requests No description.
# TYPE requests counter
requests_total{k="v",otel_scope_name="lib",otel_scope_version="2"} 3
# HELP size_bytes \"size\"\nin\\bytes
# TYPE size_bytes histogram
# UNIT size_bytes bytes
size_bytes_bucket{exported_le="x",http_route="/a\"b\n",otel_scope_name="lib",otel_scope_version="2",le="1.0"} 1
size_bytes_bucket{exported_le="x",http_route="/a\"b\n",otel_scope_name="lib",otel_scope_version="2",le="5.0"} 2
size_bytes_bucket{exported_le="x",http_route="/a\"b\n",otel_scope_name="lib",otel_scope_version="2",le="+Inf"} 3
size_bytes_sum{exported_le="x",http_route="/a\"b\n",otel_scope_name="lib",otel_scope_version="2"} 7.5
size_bytes_count{exported_le="x",http_route="/a\"b\n",otel_scope_name="lib",otel_scope_version="2"} 3
# EOF
"##
    );
}

#[test]
fn no_family_and_no_series_is_there_twice() {
    for format in [Format::Text, Format::OpenMetrics] {
        let page = shown(
            format,
            vec![
                sum("tool.calls", "", true, vec![point(vec![], 1)]),
                gauge("tool.calls.total", "", 1.0),
                gauge("target.info", "", 1.0),
                sum(
                    "a.b",
                    "",
                    true,
                    vec![
                        point(vec![string("x.y", "1")], 1),
                        point(vec![string("x_y", "1")], 2),
                    ],
                ),
                sum("a_b_total", "", true, vec![point(vec![], 3)]),
                gauge("c/d", "", 4.0),
                sum("c.d", "", true, vec![point(vec![], 5)]),
                gauge("a.b.total", "", 6.0),
            ],
        );
        let samples = parse(&page, format);
        let of = |name: &str| {
            samples
                .keys()
                .filter(|series| series.starts_with(name))
                .count()
        };
        assert_eq!(of("tool_calls_total"), 1, "{page}");
        assert_eq!(of("target_info"), 1);
        assert_eq!(of("a_b_total{"), 2);
        assert_eq!(
            (of("c_d{"), of("c_d_total{")),
            (1, 0),
            "a family is one kind of thing"
        );
    }
}

#[test]
fn what_cannot_be_shown_is_left_out() {
    let exponential = ExponentialHistogram {
        data_points: vec![ExponentialHistogramDataPoint::default()],
        aggregation_temporality: CUMULATIVE,
    };
    let mut delta = sum("delta", "", true, vec![point(vec![], 1)]);
    let Some(Data::Sum(data)) = &mut delta.data else {
        unreachable!()
    };
    data.aggregation_temporality = 1;
    let unrecorded = NumberDataPoint {
        flags: 1,
        ..point(vec![], 1)
    };
    let page = shown(
        Format::Text,
        vec![
            Metric {
                data: Some(Data::ExponentialHistogram(exponential)),
                ..named("exponential", "")
            },
            delta,
            sum("unrecorded", "", true, vec![unrecorded]),
            sum("empty", "", true, vec![]),
            Metric {
                data: None,
                ..named("none", "")
            },
            gauge("", "", 1.0),
        ],
    );
    assert_eq!(page, shown(Format::Text, vec![]));
}

#[test]
fn units_are_words() {
    for (unit, word) in [
        ("", None),
        ("1", None),
        ("{request}", None),
        ("s", Some("seconds")),
        ("By", Some("bytes")),
        ("By/s", Some("bytes_per_second")),
        ("{request}/s", Some("per_second")),
        ("m/{lap}", Some("meters")),
        ("%", Some("percent")),
        ("widget", Some("widget")),
        ("\n\"", None),
    ] {
        assert_eq!(units::word(unit, Kind::Counter).as_deref(), word, "{unit}");
    }
    assert_eq!(units::word("1", Kind::Gauge).as_deref(), Some("ratio"));
}

#[test]
fn a_new_batch_replaces_the_one_before() {
    let server = server();
    server.keep(&batch(vec![gauge("old", "", 1.0)])).unwrap();
    server.keep(&batch(vec![gauge("new", "", 2.0)])).unwrap();
    let broken = Batch {
        signal: Signal::Metrics,
        lane: crate::export::Lane::Calls,
        items: 1,
        body: vec![0xff; 9],
    };
    assert!(server.keep(&broken).is_err());
    let page = page_of(&server, Format::Text);
    assert!(
        page.contains("\nnew{") && !page.contains("\nold{"),
        "{page}"
    );
}

const CUMULATIVE: i32 = 2;

fn shown(format: Format, metrics: Vec<Metric>) -> String {
    let server = server();
    server.keep(&batch(metrics)).unwrap();
    page_of(&server, format)
}

fn server() -> PrometheusServer {
    let source = || (snapshot(&[]), Vec::new());
    PrometheusServer::start("127.0.0.1:0", source, Vec::new(), String::new()).unwrap()
}

fn page_of(server: &PrometheusServer, format: Format) -> String {
    let page = Page {
        snapshot: &snapshot(&["load"]),
        health: &[],
        target: "a=\"b\"",
        environment: "test",
        others: &server.shared.others,
    };
    let mut out = Vec::new();
    page::write(page, format, &mut Shown::default().scrape(), &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    parse(&text, format);
    text
}

fn batch(metrics: Vec<Metric>) -> Batch {
    let scope = InstrumentationScope {
        name: "lib".to_owned(),
        version: "2".to_owned(),
        ..InstrumentationScope::default()
    };
    let scope_metrics = vec![ScopeMetrics {
        scope: Some(scope),
        metrics,
        ..ScopeMetrics::default()
    }];
    let resource_metrics = vec![ResourceMetrics {
        scope_metrics,
        ..ResourceMetrics::default()
    }];
    let body = ExportMetricsServiceRequest { resource_metrics }.encode_to_vec();
    Batch {
        signal: Signal::Metrics,
        lane: crate::export::Lane::Calls,
        items: 1,
        body,
    }
}

fn named(name: &str, unit: &str) -> Metric {
    Metric {
        name: name.to_owned(),
        unit: unit.to_owned(),
        ..Metric::default()
    }
}

fn described(description: &str, metric: Metric) -> Metric {
    Metric {
        description: description.to_owned(),
        ..metric
    }
}

fn sum(name: &str, unit: &str, is_monotonic: bool, data_points: Vec<NumberDataPoint>) -> Metric {
    let data = Data::Sum(Sum {
        data_points,
        aggregation_temporality: CUMULATIVE,
        is_monotonic,
    });
    Metric {
        data: Some(data),
        ..named(name, unit)
    }
}

fn gauge(name: &str, unit: &str, value: f64) -> Metric {
    let point = NumberDataPoint {
        value: Some(Number::AsDouble(value)),
        ..NumberDataPoint::default()
    };
    Metric {
        data: Some(Data::Gauge(Gauge {
            data_points: vec![point],
        })),
        ..named(name, unit)
    }
}

fn point(attributes: Vec<KeyValue>, value: i64) -> NumberDataPoint {
    NumberDataPoint {
        attributes,
        value: Some(Number::AsInt(value)),
        ..NumberDataPoint::default()
    }
}

fn string(key: &str, value: &str) -> KeyValue {
    let value = Some(AnyValue {
        value: Some(Any::StringValue(value.to_owned())),
    });
    KeyValue {
        key: key.to_owned(),
        value,
        ..KeyValue::default()
    }
}
