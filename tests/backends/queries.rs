//! The queries that dashboards and alert rules are made of give the right values, on each
//! way into Prometheus, while two processes of one service run.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::harness::{
    Binaries, Collector, Destinations, Program, Prometheus, Sample, eventually, free_port, now,
    spans,
};

/// Calls of each of two tools, in each of two processes.
const WORK: [f64; 2] = [200.0, 300.0];
const TOOLS: [&str; 2] = ["ledger_read", "ledger_write"];
const CALLS: f64 = 2.0 * (WORK[0] + WORK[1]);
/// The range of `rate(…[5m])`, in seconds.
const RANGE: f64 = 300.0;

#[test]
fn by_the_collector() {
    let Some(binaries) = Binaries::find("queries::by_the_collector") else {
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
    let metrics = collector.ports().metrics_endpoint();

    let pushed = [
        "metrics_exporter: otlp".to_owned(),
        format!("metrics_endpoint: {metrics}"),
    ];
    right_values(&prometheus, &collector, [&pushed, &pushed]);
}

#[test]
fn by_prometheus_own_receiver() {
    let Some(binaries) = Binaries::find("queries::by_prometheus_own_receiver") else {
        return;
    };
    let prometheus = Prometheus::start(binaries, &[]);
    let collector = Collector::start(binaries, Destinations::default());
    let metrics = prometheus.metrics_endpoint();

    let pushed = [
        "metrics_exporter: otlp".to_owned(),
        format!("metrics_endpoint: {metrics}"),
    ];
    right_values(&prometheus, &collector, [&pushed, &pushed]);
}

#[test]
fn by_the_pull_endpoint() {
    let Some(binaries) = Binaries::find("queries::by_the_pull_endpoint") else {
        return;
    };
    let endpoints = [(); 2].map(|()| format!("127.0.0.1:{}", free_port()));
    let prometheus = Prometheus::start(binaries, &endpoints);
    let collector = Collector::start(binaries, Destinations::default());

    let pulled = endpoints.map(|endpoint| {
        [
            "metrics_exporter: prometheus".to_owned(),
            format!("prometheus_listen: {endpoint}"),
        ]
    });
    right_values(&prometheus, &collector, [&pulled[0], &pulled[1]]);
}

/// Two processes work; `metrics` are the settings by which each one's metrics go to Prometheus.
fn right_values(prometheus: &Prometheus, collector: &Collector, metrics: [&[String; 2]; 2]) {
    let traces = collector.ports().traces_endpoint();
    let mut fleet = metrics.map(|metrics| {
        let mut settings = vec![
            ("service_name", "fleet"),
            ("traces_endpoint", traces.as_str()),
            ("metrics_export_interval_ms", "500"),
        ];
        settings.extend(metrics.iter().filter_map(|line| line.split_once(": ")));
        Program::start("fleet", &settings)
    });
    let measured: Vec<_> = fleet
        .iter_mut()
        .zip(WORK)
        .map(|(program, calls)| program.ask(&format!("work {calls}")))
        .collect();

    sums(prometheus);
    rates(prometheus);
    error_ratios(prometheus);
    quantiles(prometheus, &measured);
    exemplars(prometheus, collector);

    fleet.iter_mut().for_each(Program::finish);
    // The last export adds nothing.
    prometheus.comes_to("sum(tool_calls_total)", CALLS);
}

fn sums(prometheus: &Prometheus) {
    let errors = CALLS / 8.0;
    let expected = [
        ("sum(tool_calls_total)", CALLS),
        ("sum(tool_errors_total)", errors),
        ("sum(tool_errors_by_type_total{error_type!=\"\"})", errors),
        ("sum(tool_duration_count)", CALLS),
        (
            "sum(tool_duration_bucket{le=\"+Inf\", status=\"error\"})",
            errors,
        ),
        ("sum(tool_active)", 0.0),
        ("count(count by (instance) (tool_calls_total))", 2.0),
        ("count(tool_calls_total{environment=\"test\"})", 4.0),
    ];
    for (expression, expected) in expected {
        prometheus.comes_to(expression, expected);
    }
}

/// Exact where Prometheus has nothing to extrapolate: at the time of a series' last
/// sample, its first being 0. At any other time, right within what it extrapolates: up to
/// 1.1 of the distance of two samples.
fn rates(prometheus: &Prometheus) {
    const RATE: &str = "rate(tool_calls_total[5m])";
    let series = eventually("each series has samples enough", || {
        let series = prometheus.stored("tool_calls_total", now())?;
        if series.len() == 4 && series.iter().all(|samples| samples.len() >= 6) {
            Ok(series)
        } else {
            Err(format!("{series:?}"))
        }
    });
    for samples in &series {
        let (first, last) = (&samples[0], &samples[samples.len() - 1]);
        assert_eq!(
            first.value, 0.0,
            "the first sample that is seen: {samples:?}"
        );
        let exact = of_series(&prometheus.query_at(RATE, last.time).unwrap(), last);
        assert!(
            (exact * RANGE / last.value - 1.0).abs() < 1e-9,
            "{exact} for {last:?}"
        );

        let later = last.time + 0.5;
        let until = prometheus.stored("tool_calls_total", later).unwrap();
        let samples = until
            .iter()
            .find(|samples| of_same_series(&samples[0], last))
            .expect("the series is still there");
        let stretch = 1.0 + 1.1 / (samples.len() - 1) as f64;
        let rate = of_series(&prometheus.query_at(RATE, later).unwrap(), last);
        let calls = rate * RANGE;
        assert!(
            calls >= last.value * (1.0 - 1e-9) && calls <= last.value * stretch,
            "{calls} for {samples:?}"
        );
    }
}

fn error_ratios(prometheus: &Prometheus) {
    let ratios = prometheus
        .query("rate(tool_errors_total[5m]) / rate(tool_calls_total[5m])")
        .unwrap();
    assert_eq!(
        ratios.len(),
        4,
        "a series for each tool in each process: {ratios:?}"
    );
    for ratio in &ratios {
        let expected = if ratio.labels["tool_name"] == "ledger_write" {
            0.25
        } else {
            0.0
        };
        assert!(
            (ratio.value - expected).abs() < 1e-9,
            "{ratio:?}, not {expected}"
        );
    }
}

/// Within the buckets that hold the program's own measurements around the calls: four a
/// decade, so a factor of 1.78 at most.
fn quantiles(prometheus: &Prometheus, measured: &[Value]) {
    const BUCKET: f64 = 1.79;
    let quantiles = prometheus
        .query("histogram_quantile(0.95, tool_duration_bucket)")
        .unwrap();
    assert_eq!(
        quantiles.len(),
        6,
        "two processes, one tool that succeeds, one that does both: {quantiles:?}"
    );
    let counts = prometheus.query("tool_duration_count").unwrap();
    for expected in measured
        .iter()
        .flat_map(|measured| measured.as_array().expect("a list"))
    {
        let labels = BTreeMap::from([
            ("tool_name", &expected["tool"]),
            ("status", &expected["status"]),
        ]);
        let of_tool = |sample: &&Sample| {
            labels
                .iter()
                .all(|(name, value)| sample.labels[*name] == **value)
        };
        let count = counts
            .iter()
            .filter(of_tool)
            .find(|count| count.value == expected["calls"].as_f64().unwrap());
        let quantile = of_series(
            &quantiles,
            count.unwrap_or_else(|| panic!("{expected} in {counts:?}")),
        );
        let (low, high) = (
            expected["p93_ms"].as_f64().unwrap(),
            expected["p97_ms"].as_f64().unwrap(),
        );
        assert!(
            quantile >= low / BUCKET && quantile <= high * BUCKET,
            "{quantile} ms for {expected}"
        );
    }
}

/// Exemplars lead to traces that are there.
fn exemplars(prometheus: &Prometheus, collector: &Collector) {
    let exemplars = eventually("exemplars of both tools", || {
        let exemplars = prometheus.exemplars("tool_duration_bucket", now())?;
        let tools: BTreeSet<_> = exemplars
            .iter()
            .map(|exemplar| exemplar.series["tool_name"].as_str())
            .collect();
        if tools == BTreeSet::from(TOOLS) {
            Ok(exemplars)
        } else {
            Err(format!("{exemplars:?}"))
        }
    });
    eventually("the spans of all exemplars", || {
        let spans = spans(&collector.received());
        let known: BTreeSet<_> = spans
            .iter()
            .map(|span| (span.trace_id.as_str(), span.span_id.as_str()))
            .collect();
        let unknown = exemplars.iter().find(|exemplar| {
            let label = |name| exemplar.labels.get(name).map_or("", String::as_str);
            !known.contains(&(label("trace_id"), label("span_id")))
        });
        unknown.map_or(Ok(()), |exemplar| {
            Err(format!("{exemplar:?} is of none of {} spans", spans.len()))
        })
    });
}

fn of_series(samples: &[Sample], like: &Sample) -> f64 {
    let found: Vec<_> = samples
        .iter()
        .filter(|sample| of_same_series(sample, like))
        .collect();
    match found.as_slice() {
        [sample] => sample.value,
        other => panic!("{other:?} for {like:?} in {samples:?}"),
    }
}

/// Functions take the name off, and nothing else.
fn of_same_series(one: &Sample, other: &Sample) -> bool {
    fn labels(sample: &Sample) -> impl Iterator<Item = (&String, &String)> {
        sample.labels.iter().filter(|(name, _)| *name != "__name__")
    }
    labels(one).eq(labels(other))
}
