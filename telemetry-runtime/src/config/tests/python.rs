//! Files made for the Python tracker, and the variants that people have in them.

use super::*;

macro_rules! testdata {
    ($name:literal) => {
        Try::with_file(include_str!(concat!("../testdata/", $name, ".yaml")))
    };
}

fn headers(backend: &Backend) -> Vec<(&str, &str)> {
    let headers = backend.headers.iter();
    headers
        .map(|(name, value)| (name.as_str(), value.0.as_str()))
        .collect()
}

#[test]
fn every_key_loads_without_a_word() {
    let loaded = testdata!("python-full").loaded();
    assert!(loaded.notices.is_empty(), "{:?}", loaded.notices);
    let config = loaded.config;
    assert_eq!(config.service_name, "code-evolver");
    assert_eq!(config.environment, "production");
    assert_eq!(config.resource["application"], "evolver");
    assert_eq!(config.resource["environment"], "production");
    assert!(!config.resource.contains_key("service"));
    assert_eq!(config.traces.exporters, [TracesExporter::Otlp]);
    assert_eq!(
        config.traces.backend.endpoint,
        "http://localhost:4318/v1/traces"
    );
    assert_eq!(config.traces.backend.protocol, Protocol::HttpProtobuf);
    assert_eq!(config.metrics.exporters, [MetricsExporter::Otlp]);
    assert_eq!(
        config.metrics.backend.endpoint,
        "http://localhost:4318/v1/metrics"
    );
    assert_eq!(config.calls.sample_rate, 0.5);
    assert_eq!(config.calls.thresholds["llm_generate"], 5000.0);
    assert_eq!(config.calls.thresholds["rag_query"], 800.5);
    assert_eq!(config.calls.default_threshold, Some(3000.0));
    assert!(!config.calls.thresholds.contains_key("default"));
    assert!(config.traces.backend.tls.ca_file.is_none());
}

#[test]
fn what_a_file_leaves_out_goes_to_localhost_by_otlp() {
    let config = Try::with_keys("service_name: x").loaded().config;
    assert_eq!(config.traces.exporters, [TracesExporter::Otlp]);
    assert_eq!(config.metrics.exporters, [MetricsExporter::Otlp]);
    assert_eq!(
        config.traces.backend.endpoint,
        "http://localhost:4318/v1/traces"
    );
}

#[test]
fn jaegers_thrift_endpoint_becomes_otlp_on_the_same_host() {
    let loaded = testdata!("jaeger").loaded();
    assert_eq!(loaded.config.traces.exporters, [TracesExporter::Otlp]);
    assert_eq!(
        loaded.config.traces.backend.endpoint,
        "http://jaeger.local:4318/v1/traces"
    );
    assert_eq!(
        loaded.notices,
        [
            "telemetry.yaml:4:20: traces_endpoint: Jaeger's Thrift endpoint is gone with Jaeger v2; \
             spans go by OTLP to http://jaeger.local:4318"
        ]
    );
    assert!(!loaded.config.metrics.enabled);
}

#[test]
fn jaeger_with_an_otlp_endpoint_or_none_is_plain_otlp() {
    let config = Try::with_keys("traces_exporter: jaeger").loaded().config;
    assert_eq!(
        config.traces.backend.endpoint,
        "http://localhost:4318/v1/traces"
    );
    let loaded = Try::with_keys("traces_exporter: jaeger\ntraces_endpoint: http://j:4318").loaded();
    assert_eq!(
        loaded.config.traces.backend.endpoint,
        "http://j:4318/v1/traces"
    );
    assert!(loaded.notices.is_empty(), "{:?}", loaded.notices);
}

#[test]
fn zipkin() {
    let loaded = testdata!("zipkin").loaded();
    assert_eq!(loaded.config.traces.exporters, [TracesExporter::Zipkin]);
    assert_eq!(
        loaded.config.traces.zipkin.endpoint,
        "http://localhost:9411/api/v2/spans"
    );
    assert_eq!(loaded.config.metrics.exporters, [MetricsExporter::Console]);
    assert!(loaded.notices.is_empty(), "{:?}", loaded.notices);
}

#[test]
fn prometheus_is_scraped_and_not_pushed_to() {
    let loaded = testdata!("prometheus").loaded();
    assert_eq!(
        loaded.config.metrics.exporters,
        [MetricsExporter::Prometheus]
    );
    assert_eq!(loaded.config.metrics.prometheus_listen, "127.0.0.1:9464");
    assert!(loaded.config.traces.exporters.is_empty());
    assert_eq!(
        loaded.notices,
        [
            "telemetry.yaml:5:21: metrics_endpoint is ignored: the exporter prometheus sends nothing, \
             Prometheus scrapes http://127.0.0.1:9464/metrics"
        ]
    );
}

#[test]
fn grafana_cloud() {
    let loaded = testdata!("grafana-cloud")
        .environment([("GRAFANA_OTLP_TOKEN", "dXNlcjpzM2NyZXQ=")])
        .loaded();
    let config = &loaded.config;
    assert_eq!(
        config.traces.backend.endpoint,
        "https://otlp-gateway-prod-eu-west-2.grafana.net/otlp/v1/traces"
    );
    assert_eq!(
        config.metrics.backend.endpoint,
        "https://otlp-gateway-prod-eu-west-2.grafana.net/otlp/v1/metrics"
    );
    let authorization = [("Authorization", "Basic dXNlcjpzM2NyZXQ=")];
    assert_eq!(headers(&config.traces.backend), authorization);
    assert_eq!(headers(&config.metrics.backend), authorization);
    let shown = format!("{loaded:?}{}", loaded.effective);
    assert!(!shown.contains("dXNlcjpzM2NyZXQ"), "{shown}");
    assert!(
        shown.contains("traces_headers.Authorization: [redacted]  (file telemetry.yaml:6)"),
        "{}",
        loaded.effective
    );
}

#[test]
fn honeycomb() {
    let config = testdata!("honeycomb")
        .environment([("HONEYCOMB_API_KEY", "hcaik_1")])
        .loaded()
        .config;
    assert_eq!(
        config.traces.backend.endpoint,
        "https://api.honeycomb.io/v1/traces"
    );
    assert_eq!(
        headers(&config.traces.backend),
        [("x-honeycomb-team", "hcaik_1")]
    );
    assert!(config.traces.backend.gzip);
    assert!(!config.metrics.enabled);
}

#[test]
fn new_relic() {
    let config = testdata!("new-relic")
        .environment([("NEW_RELIC_LICENSE_KEY", "0123456789NRAL")])
        .loaded()
        .config;
    assert_eq!(
        config.metrics.backend.endpoint,
        "https://otlp.nr-data.net/v1/metrics"
    );
    assert_eq!(
        headers(&config.metrics.backend),
        [("api-key", "0123456789NRAL")]
    );
}

#[test]
fn datadog() {
    let config = testdata!("datadog").loaded().config;
    assert!(config.metrics.delta);
    assert_eq!(config.environment, "staging");
}

#[test]
fn local_console() {
    let loaded = testdata!("local-console").loaded();
    assert_eq!(loaded.config.traces.exporters, [TracesExporter::Console]);
    assert_eq!(loaded.config.metrics.exporters, [MetricsExporter::Console]);
    assert_eq!(loaded.config.logs.exporters, [LogsExporter::Console]);
    assert!(loaded.notices.is_empty());
}

#[test]
fn merge_keys_lists_numbers_as_texts_and_other_programs_sections() {
    let loaded = testdata!("merged").loaded();
    let config = loaded.config;
    assert_eq!(config.environment, "production");
    assert_eq!(config.traces.backend.timeout.as_millis(), 3000);
    assert_eq!(config.calls.default_threshold, Some(1000.0));
    assert_eq!(
        config.traces.exporters,
        [
            TracesExporter::Otlp,
            TracesExporter::File,
            TracesExporter::Console
        ]
    );
    assert_eq!(
        config.metrics.exporters,
        [MetricsExporter::Prometheus, MetricsExporter::File]
    );
    assert_eq!(
        config.calls.keep,
        Keep {
            error: true,
            slow: false,
            drifting: false
        }
    );
    assert_eq!(config.service_version.as_deref(), Some("1.10"));
    assert_eq!(config.resource["port"], "8080");
    assert_eq!(config.resource["team"], "core");
    assert!(!config.resource.contains_key("service.version"));
    let tool = config.calls.tool("rag_slow1", Own::NOTHING);
    assert!(!tool.enabled);
    assert_eq!((tool.sample_rate, tool.threshold_ms), (0.1, Some(2000.0)));
}
