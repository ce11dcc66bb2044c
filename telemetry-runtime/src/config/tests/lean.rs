//! Builds without some of the features: what needs one says so, the rest works.

use super::*;

/// `Ok` where the features are there, else a fault that names the missing one.
#[track_caller]
fn needs(test: Try, feature: &str) {
    match test.load() {
        Ok(_) => assert!(features::has(feature), "{feature} is not needed"),
        Err(error) => {
            let expected = format!(
                "needs the cargo feature {feature} of telemetry-runtime, which this build is without"
            );
            assert!(!features::has(feature), "{error}");
            assert!(error.to_string().contains(&expected), "{error}");
        }
    }
}

fn traces(exporter: &str) -> Try {
    Try::new().set("traces_exporter", exporter)
}

#[test]
fn nothing_asked_for_needs_nothing() {
    let config = Try::new().loaded().config;
    assert_eq!(config.traces.enabled, features::has("trace"));
    assert_eq!(config.metrics.enabled, features::has("metrics"));
    assert_eq!(config.sdk_providers, features::has("sdk"));
    let off = [
        "loki_enabled",
        "drift_detection_enabled",
        "traces_enabled",
        "metrics_enabled",
        "sdk_providers",
        "otel_context",
        "watch",
    ];
    let all_off = off
        .into_iter()
        .fold(Try::new(), |test, key| test.set(key, false));
    let with_details = all_off
        .set("loki_url", "https://host/loki")
        .set("drift_threshold", 0.5)
        .set("traces_exporter", "jaeger")
        .set("metrics_exporter", "file");
    with_details.loaded();
}

#[test]
fn signals() {
    needs(Try::new().set("traces_enabled", true), "trace");
    needs(Try::new().set("traces_sample_rate", 0.5), "trace");
    needs(Try::new().set("metrics_enabled", true), "metrics");
    needs(Try::new().set("log_level", "INFO"), "logs");
    needs(Try::new().set("drift_detection_enabled", true), "drift");
    needs(Try::new().set("traces_keep", "[error, drifting]"), "drift");
    needs(Try::new().set("loki_enabled", true), "loki");
    needs(Try::new().set("loki_url", "http://host"), "loki");
    needs(Try::new().set("sdk_providers", true), "sdk");
    needs(Try::new().set("otel_context", true), "trace");
}

#[cfg(feature = "trace")]
#[test]
fn exporters() {
    for name in ["console", "file", "zipkin"] {
        needs(traces(name), name);
    }
    needs(traces("otlp"), "otlp-http");
    needs(traces("jaeger"), "otlp-http");
    needs(traces("otlp").set("traces_protocol", "grpc"), "otlp-grpc");
    let official = traces("otlp").set("otlp_client", "opentelemetry-otlp");
    needs(official, "opentelemetry-otlp");
}

#[cfg(feature = "metrics")]
#[test]
fn exporters_of_metrics() {
    for name in ["console", "file", "prometheus"] {
        needs(Try::new().set("metrics_exporter", name), name);
    }
    let variable = [(
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
        "http://localhost:4318",
    )];
    needs(Try::new().environment(variable), "otlp-http");
}

#[cfg(all(feature = "trace", feature = "zipkin"))]
#[test]
fn https() {
    needs(
        traces("zipkin").set("traces_endpoint", "https://host"),
        "tls",
    );
    let file = [("ca_file", "ca.pem")];
    needs(Try::new().and_file("ca.pem", "").set("tls", file), "tls");
}

#[test]
fn files_and_maps_as_text() {
    let mut named = Try::new().and_file(
        "own.yaml",
        "telemetry: { max_tools: 5, traces_exporter: none, metrics_exporter: none }",
    );
    named.sources.file = FileChoice::Path("own.yaml".into());
    needs(named, "yaml");
    needs(
        Try::new().environment([("TELEMETRY_THRESHOLDS", "{ a: 1 }")]),
        "yaml",
    );
    needs(Try::new().set("thresholds", "{ a: 1 }"), "yaml");
    let typed = Try::new()
        .set("thresholds", [("a", 1)])
        .set("params_redact", vec!["pin"])
        .environment([
            ("TELEMETRY_MAX_TOOLS", "5"),
            ("OTEL_RESOURCE_ATTRIBUTES", "a=b"),
        ])
        .loaded();
    assert_eq!(typed.config.calls.thresholds["a"], 1.0);
    assert_eq!(typed.config.calls.max_tools, 5);
    assert_eq!(typed.config.resource["a"], "b");
}

#[cfg(not(feature = "yaml"))]
#[test]
fn a_file_that_cannot_be_read_is_not_passed_over_in_silence() {
    let loaded = Try::new()
        .and_file("telemetry.yaml", "telemetry: { max_tools: 5 }")
        .loaded();
    assert!(loaded.notices[0].starts_with("telemetry.yaml is not read: YAML needs"));
}
