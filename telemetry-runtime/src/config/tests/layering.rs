use std::time::Duration;

use super::*;

#[test]
fn without_anything_nothing_is_sent_and_one_line_says_so() {
    let loaded = Try::new().loaded();
    assert!(
        loaded.config.traces.exporters.is_empty() && loaded.config.metrics.exporters.is_empty()
    );
    assert!(loaded.config.enabled);
    assert_eq!(loaded.notices.len(), 1, "{:?}", loaded.notices);
    assert!(loaded.notices[0].starts_with("nothing is sent anywhere"));
    assert!(
        loaded.config.service_name.starts_with("unknown_service:"),
        "{}",
        loaded.config.service_name
    );
}

#[test]
fn defaults_are_those_of_the_table() {
    let config = Try::new().loaded().config;
    assert_eq!(config.environment, "development");
    assert_eq!(config.shutdown_timeout, Duration::from_secs(5));
    assert_eq!(config.traces.batch_max_spans, 4096);
    assert_eq!(config.traces.batch_delay, Duration::from_secs(1));
    assert_eq!(config.traces.queue.max_bytes, 16 << 20);
    assert_eq!(config.traces.queue.overflow, Overflow::DropNewest);
    assert_eq!(config.metrics.queue.overflow, Overflow::DropOldest);
    assert_eq!(config.metrics.interval, Duration::from_secs(30));
    assert_eq!(config.metrics.prometheus_listen, "127.0.0.1:9464");
    assert!(!config.metrics.delta && !config.traces.gen_ai && !config.watch);
    assert_eq!(
        config.traces.backend.endpoint,
        "http://localhost:4318/v1/traces"
    );
    assert_eq!(
        config.traces.zipkin.endpoint,
        "http://localhost:9411/api/v2/spans"
    );
    assert_eq!(
        config.metrics.backend.endpoint,
        "http://localhost:4318/v1/metrics"
    );
    assert_eq!(config.traces.backend.timeout, Duration::from_secs(10));
    assert!(!config.traces.backend.gzip);
    assert_eq!(config.calls.sample_rate, 1.0);
    assert_eq!(
        config.calls.keep,
        Keep {
            error: true,
            slow: true,
            drifting: false
        }
    );
    assert_eq!(config.calls.params_capture, ParamsCapture::All);
    assert_eq!(config.calls.params_max_length, 200);
    assert_eq!(config.calls.max_tools, 10_000);
    assert_eq!(config.calls.queue_max_bytes, 8 << 20);
    assert!(config.calls.params_redact.contains(&"api_key".to_owned()));
    assert_eq!(config.calls.default_threshold, None);
    assert_eq!(config.resource["environment"], "development");
    assert_eq!(config.resource["application"], config.service_name);
}

/// The key's line in the effective configuration.
fn line(loaded: &Loaded, key: &str) -> String {
    let text = loaded.effective.to_string();
    let start = format!("{key}: ");
    let line = text.lines().find(|line| line.starts_with(&start));
    line.unwrap_or_else(|| panic!("no {key} in\n{text}"))
        .to_owned()
}

#[test]
fn each_source_wins_over_the_weaker_ones_and_is_named() {
    let file = || Try::with_keys("traces_sample_rate: 0.1");
    assert_eq!(
        line(&Try::new().loaded(), "traces_sample_rate"),
        "traces_sample_rate: 1  (default)"
    );
    assert_eq!(
        line(&file().loaded(), "traces_sample_rate"),
        "traces_sample_rate: 0.1  (file telemetry.yaml:2)"
    );
    let sampler = [
        ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"),
        ("OTEL_TRACES_SAMPLER_ARG", "0.2"),
    ];
    assert_eq!(
        line(&file().environment(sampler).loaded(), "traces_sample_rate"),
        "traces_sample_rate: 0.2  (OTEL_TRACES_SAMPLER)"
    );
    let own = [
        sampler[0],
        sampler[1],
        ("TELEMETRY_TRACES_SAMPLE_RATE", "0.3"),
    ];
    let with_own = file().environment(own);
    assert_eq!(
        line(&with_own.loaded(), "traces_sample_rate"),
        "traces_sample_rate: 0.3  (TELEMETRY_TRACES_SAMPLE_RATE)"
    );
    let code = with_own.set("traces_sample_rate", 0.4).loaded();
    assert_eq!(
        line(&code, "traces_sample_rate"),
        "traces_sample_rate: 0.4  (builder)"
    );
    assert_eq!(code.config.calls.sample_rate, 0.4);
}

#[test]
fn the_file_that_is_searched() {
    let both = Try::with_keys("environment: first").and_file(
        "config/telemetry.yaml",
        "telemetry: { environment: second }",
    );
    assert_eq!(both.loaded().config.environment, "first");
    assert_eq!(both.loaded().file.unwrap().to_str(), Some("telemetry.yaml"));
    let second = Try::new().and_file(
        "config/telemetry.yaml",
        "telemetry: { environment: second }",
    );
    assert_eq!(second.loaded().config.environment, "second");
    let named = both
        .and_file("third.yml", "telemetry: { environment: third }")
        .environment([("TELEMETRY_CONFIG", "third.yml")]);
    assert_eq!(
        line(&named.loaded(), "environment"),
        "environment: third  (file third.yml:1)"
    );
    let mut chosen = named;
    chosen.sources.file = FileChoice::Path("config/telemetry.yaml".into());
    assert_eq!(chosen.loaded().config.environment, "second");
    chosen.sources.file = FileChoice::None;
    assert!(chosen.loaded().file.is_none());
    assert_eq!(chosen.loaded().config.environment, "development");
}

#[test]
fn an_endpoint_variable_sends_both_signals_there() {
    let loaded = Try::new()
        .environment([("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318/otlp/")])
        .loaded();
    assert_eq!(loaded.config.traces.exporters, [TracesExporter::Otlp]);
    assert_eq!(loaded.config.metrics.exporters, [MetricsExporter::Otlp]);
    assert_eq!(
        loaded.config.traces.backend.endpoint,
        "http://collector:4318/otlp/v1/traces"
    );
    assert_eq!(
        loaded.config.metrics.backend.endpoint,
        "http://collector:4318/otlp/v1/metrics"
    );
    assert_eq!(
        line(&loaded, "traces_endpoint"),
        "traces_endpoint: http://collector:4318/otlp/v1/traces  (OTEL_EXPORTER_OTLP_ENDPOINT)"
    );
    assert!(loaded.notices.is_empty(), "{:?}", loaded.notices);
    let one = Try::new()
        .environment([(
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            "http://collector:4318",
        )])
        .loaded()
        .config;
    assert_eq!(one.traces.backend.endpoint, "http://collector:4318");
    assert!(one.metrics.exporters.is_empty());
    let own = Try::new()
        .set("metrics_endpoint", "http://collector:4318")
        .loaded()
        .config;
    assert_eq!(
        own.metrics.backend.endpoint,
        "http://collector:4318/v1/metrics"
    );
    assert_eq!(own.metrics.exporters, [MetricsExporter::Otlp]);
    assert!(own.traces.exporters.is_empty());
}

#[test]
fn an_exporter_that_is_said_runs_without_a_file() {
    let loaded = Try::new()
        .environment([("TELEMETRY_TRACES_EXPORTER", "console,file")])
        .loaded();
    assert_eq!(
        loaded.config.traces.exporters,
        [TracesExporter::Console, TracesExporter::File]
    );
    assert!(loaded.notices.is_empty(), "{:?}", loaded.notices);
    let silent = Try::new()
        .set("traces_exporter", "none")
        .set("metrics_exporter", "none")
        .loaded();
    assert!(silent.notices.is_empty(), "{:?}", silent.notices);
    let mut own = Try::new();
    own.sources.own_exporters = true;
    assert!(own.loaded().notices.is_empty());
}

#[test]
fn paths_and_protocols_of_endpoints() {
    for (lines, endpoint) in [
        ("traces_endpoint: http://h:4318", "http://h:4318/v1/traces"),
        ("traces_endpoint: http://h:4318/", "http://h:4318/v1/traces"),
        (
            "traces_endpoint: http://h:4318/?k=v",
            "http://h:4318/v1/traces?k=v",
        ),
        (
            "traces_endpoint: https://h/otlp/v1/traces",
            "https://h/otlp/v1/traces",
        ),
        ("traces_protocol: grpc", "http://localhost:4317"),
        (
            "traces_protocol: grpc\ntraces_endpoint: localhost:4317",
            "http://localhost:4317",
        ),
        (
            "traces_protocol: http-json\ntraces_endpoint: http://h",
            "http://h/v1/traces",
        ),
        (
            "traces_exporter: zipkin\ntraces_endpoint: http://z:9411",
            "http://localhost:4318/v1/traces",
        ),
    ] {
        let config = Try::with_keys(&format!("metrics_exporter: none\n{lines}")).load();
        match config {
            Ok(loaded) if !lines.contains("zipkin") => {
                assert_eq!(loaded.config.traces.backend.endpoint, endpoint, "{lines}")
            }
            Ok(loaded) => assert_eq!(
                loaded.config.traces.zipkin.endpoint,
                "http://z:9411/api/v2/spans"
            ),
            Err(error) => {
                assert!(
                    lines.contains("grpc") && !features::has("otlp-grpc"),
                    "{error}"
                );
                assert!(
                    error.to_string().contains(
                        "traces_protocol: OTLP over grpc needs the cargo feature otlp-grpc"
                    ),
                    "{error}"
                );
            }
        }
    }
}

#[test]
fn zipkin_and_otlp_beside_each_other() {
    let lines =
        "traces_exporter: [otlp, zipkin]\ntraces_headers: { key: secret }\ntraces_endpoint: ";
    let otlps = Try::with_keys(&format!("{lines}http://c:4318"))
        .loaded()
        .config
        .traces;
    assert_eq!(otlps.backend.endpoint, "http://c:4318/v1/traces");
    assert_eq!(otlps.zipkin.endpoint, "http://localhost:9411/api/v2/spans");
    assert_eq!(
        (otlps.backend.headers.len(), otlps.zipkin.headers.len()),
        (1, 0)
    );
    let zipkins = Try::with_keys(&format!("{lines}http://z:9411"))
        .environment([("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318")])
        .loaded()
        .config
        .traces;
    assert_eq!(zipkins.backend.endpoint, "http://c:4318/v1/traces");
    assert_eq!(zipkins.zipkin.endpoint, "http://z:9411/api/v2/spans");
    let variable = Try::with_keys("traces_exporter: zipkin\ntraces_endpoint: http://z:9411/x")
        .environment([
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318"),
            (
                "OTEL_EXPORTER_ZIPKIN_ENDPOINT",
                "http://other:9411/api/v2/spans",
            ),
        ]);
    assert_eq!(
        variable.loaded().config.traces.zipkin.endpoint,
        "http://other:9411/api/v2/spans"
    );
}

#[test]
fn opentelemetrys_variables() {
    let loaded = Try::new()
        .and_file("ca.pem", "")
        .environment([
            ("OTEL_SERVICE_NAME", "named"),
            ("OTEL_RESOURCE_ATTRIBUTES", "service.name=weaker,service.version=2,deployment.environment.name=staging,team=a%20b"),
            ("OTEL_TRACES_EXPORTER", "otlp_proto_http,console"),
            ("OTEL_METRICS_EXPORTER", "prometheus"),
            ("OTEL_TRACES_SAMPLER", "always_off"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Basic%20eA%3D%3D"),
            ("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "x=y"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "2500"),
            ("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "1500"),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
            ("OTEL_EXPORTER_OTLP_METRICS_COMPRESSION", "none"),
            ("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "ca.pem"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "500"),
            ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "LowMemory"),
            ("OTEL_BSP_SCHEDULE_DELAY", "100"),
            ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "64"),
            ("OTEL_EXPORTER_PROMETHEUS_HOST", "0.0.0.0"),
            ("OTEL_EXPORTER_PROMETHEUS_PORT", "9999"),
        ])
        .loaded();
    assert!(loaded.notices.is_empty(), "{:?}", loaded.notices);
    let Config {
        service_name,
        service_version,
        environment,
        resource,
        traces,
        metrics,
        calls,
        ..
    } = loaded.config;
    assert_eq!(
        (
            service_name.as_str(),
            service_version.as_deref(),
            environment.as_str()
        ),
        ("named", Some("2"), "staging")
    );
    assert_eq!(resource["team"], "a b");
    assert_eq!(
        traces.exporters,
        [TracesExporter::Otlp, TracesExporter::Console]
    );
    assert_eq!(metrics.exporters, [MetricsExporter::Prometheus]);
    assert_eq!(calls.sample_rate, 0.0);
    assert_eq!(traces.backend.protocol, Protocol::HttpJson);
    assert_eq!(traces.backend.headers[0].1.0, "Basic eA==");
    assert_eq!(
        (
            metrics.backend.headers.len(),
            metrics.backend.headers[0].0.as_str()
        ),
        (1, "x")
    );
    assert_eq!(
        (traces.backend.timeout, metrics.backend.timeout),
        (Duration::from_millis(2500), Duration::from_millis(1500))
    );
    assert_eq!((traces.backend.gzip, metrics.backend.gzip), (true, false));
    assert!(traces.backend.tls.ca_file.is_some() && metrics.backend.tls.ca_file.is_none());
    assert_eq!(metrics.interval, Duration::from_millis(500));
    assert!(metrics.delta);
    assert_eq!(
        (traces.batch_delay, traces.batch_max_spans),
        (Duration::from_millis(100), 64)
    );
    assert_eq!(metrics.prometheus_listen, "0.0.0.0:9999");
    let disabled = |value| {
        Try::with_keys("enabled: true")
            .environment([("OTEL_SDK_DISABLED", value)])
            .loaded()
            .config
            .enabled
    };
    assert_eq!(
        (disabled("TRUE"), disabled("false"), disabled("1")),
        (false, true, true)
    );
}

#[test]
fn what_opentelemetrys_variables_say_wrongly_is_ignored_with_a_notice() {
    let loaded =
        Try::with_keys("traces_exporter: console\nmetrics_exporter: none\ntraces_sample_rate: 0.5")
            .environment([
                ("OTEL_TRACES_EXPORTER", "kafka"),
                ("OTEL_TRACES_SAMPLER", "jaeger_remote"),
                ("OTEL_EXPORTER_OTLP_PROTOCOL", "pigeon"),
                ("OTEL_METRIC_EXPORT_INTERVAL", "soon"),
                ("OTEL_RESOURCE_ATTRIBUTES", "oops"),
                ("OTEL_BSP_MAX_QUEUE_SIZE", "9"),
            ])
            .loaded();
    assert_eq!(loaded.config.traces.exporters, [TracesExporter::Console]);
    assert_eq!(loaded.config.calls.sample_rate, 0.5);
    assert_eq!(loaded.notices.len(), 6, "{:#?}", loaded.notices);
    for name in [
        "OTEL_TRACES_EXPORTER: ",
        "OTEL_TRACES_SAMPLER: ",
        "OTEL_EXPORTER_OTLP_PROTOCOL: ",
        "OTEL_METRIC_EXPORT_INTERVAL: ",
        "OTEL_RESOURCE_ATTRIBUTES: ",
        "OTEL_BSP_MAX_QUEUE_SIZE has no effect",
    ] {
        assert!(
            loaded.notices.iter().any(|notice| notice.starts_with(name)),
            "{name} {:#?}",
            loaded.notices
        );
    }
}

#[test]
fn maps_are_merged_and_headers_replaced() {
    let config = Try::with_keys(
        "resource: { a: file, b: file }\nthresholds: { x: 1, default: 2 }\ntraces_headers: { a: file }\ntools: { \"r*\": { sample_rate: 0.5 } }",
    )
    .environment([
        ("TELEMETRY_RESOURCE", "{ b: variable, c: variable }"),
        ("TELEMETRY_THRESHOLDS", "x: 10\ny: 20"),
        ("TELEMETRY_TRACES_HEADERS", "{ b: variable }"),
        ("TELEMETRY_TOOLS", "{ rag: { threshold_ms: 7 } }"),
    ])
    .set("thresholds", [("y", 200)])
    .loaded()
    .config;
    assert_eq!(
        (
            config.resource["a"].as_str(),
            config.resource["b"].as_str(),
            config.resource["c"].as_str()
        ),
        ("file", "variable", "variable")
    );
    assert_eq!(
        config.calls.thresholds,
        [("x".to_owned(), 10.0), ("y".to_owned(), 200.0)].into()
    );
    assert_eq!(config.calls.default_threshold, Some(2.0));
    assert_eq!(config.traces.backend.headers.len(), 1);
    let tool = config.calls.tool("rag", Own::NOTHING);
    assert_eq!((tool.sample_rate, tool.threshold_ms), (0.5, Some(7.0)));
}

#[test]
fn the_builder_takes_every_kind_of_value() {
    let config = Try::new()
        .set("enabled", true)
        .set("service_name", "null and: void")
        .set("max_tools", 7_usize)
        .set("traces_sample_rate", "0.25")
        .set("traces_keep", vec!["error"])
        .set("params_redact", "[PIN, token]")
        .set("traces_headers", [("a", "b")])
        .set("tools", "{ x: { enabled: off } }")
        .set("metrics_duration_buckets", vec![1, 2, 3])
        .set("environment", "first")
        .set("environment", "second")
        .loaded()
        .config;
    assert_eq!(config.service_name, "null and: void");
    assert_eq!(
        (config.calls.max_tools, config.calls.sample_rate),
        (7, 0.25)
    );
    assert_eq!(
        config.calls.keep,
        Keep {
            error: true,
            slow: false,
            drifting: false
        }
    );
    assert_eq!(config.calls.params_redact, ["pin", "token"]);
    assert_eq!(config.traces.backend.headers[0].1.0, "b");
    assert!(!config.calls.tool("x", Own::NOTHING).enabled);
    assert_eq!(config.metrics.buckets, [1.0, 2.0, 3.0]);
    assert_eq!(config.environment, "second");
    for (value, found) in [(f64::NAN, "a text"), (1e300, "a text"), (-1.0, "-1")] {
        let faults = Try::new().set("max_tools", value).faults();
        assert!(
            faults.starts_with("builder: max_tools: found"),
            "{faults} {found}"
        );
    }
}

#[test]
fn misspelt_variables_are_noticed_and_those_of_others_are_not() {
    let loaded = Try::with_keys("metrics_exporter: none")
        .environment([
            ("TELEMETRY_TRACE_EXPORTER", "console"),
            ("TELEMETRY_PORT_4318_TCP", "x"),
            ("TELEMETRY_SERVICE_HOST", "x"),
            ("TELEMETRY_WATCH", ""),
        ])
        .loaded();
    assert_eq!(
        loaded.notices,
        ["TELEMETRY_TRACE_EXPORTER: no key has this name; nearest: TELEMETRY_TRACES_EXPORTER"]
    );
    assert_eq!(Try::new().environment([]).loaded().notices.len(), 1);
}

#[test]
fn the_environment_has_no_types_but_its_own() {
    let config = Try::new()
        .environment([
            ("TELEMETRY_ENABLED", "0"),
            ("TELEMETRY_OTEL_CONTEXT", "Off"),
            ("TELEMETRY_SERVICE_NAME", " 'x' "),
        ])
        .loaded()
        .config;
    assert_eq!(
        (
            config.enabled,
            config.calls.otel_context,
            config.service_name.as_str()
        ),
        (false, false, "'x'")
    );
    let mut bytes = Try::new();
    bytes.sources.environment = Environment::default().with_bytes("TELEMETRY_ENABLED");
    assert_eq!(
        bytes.faults(),
        "TELEMETRY_ENABLED: found bytes that are not UTF-8"
    );
}

#[test]
fn the_effective_configuration_has_every_key_and_no_secret() {
    let loaded = Try::with_keys(
        "traces_endpoint: https://user:hunter2@h/v1/traces?token=hunter2\ntraces_headers: { key: hunter2 }\ntls: {}\nthresholds: { default: 5 }",
    )
    .loaded();
    let text = format!("{}{:?}", loaded.effective, loaded);
    assert!(!text.contains("hunter2"), "{text}");
    assert_eq!(
        line(&loaded, "traces_endpoint"),
        "traces_endpoint: https://[redacted]@h/v1/traces?[redacted]  (file telemetry.yaml:2)"
    );
    assert_eq!(
        line(&loaded, "thresholds.default"),
        "thresholds.default: 5  (file telemetry.yaml:5)"
    );
    for key in keys::all() {
        let start = format!("\n{}", key.name);
        assert!(format!("\n{text}").contains(&start), "{}", key.name);
    }
    assert_eq!(line(&loaded, "tools"), "tools: {}  (default)");
    assert_eq!(
        line(&loaded, "service_version"),
        "service_version: ~  (default)"
    );
}

#[test]
fn differences_tell_what_waits_for_a_restart() {
    // Each has a folder of its own, and with it a store.
    let keys = |lines: &str| {
        let keys = Try::with_keys(lines).set("store", "none");
        keys.loaded().effective
    };
    let old = keys("traces_headers: { key: one }\nthresholds: { a: 1 }\nparams_capture: all");
    let new = keys(
        "traces_headers: { key: two }\nthresholds: { a: 1, b: 2 }\nparams_capture: none\nmax_tools: 5\nlog_level: DEBUG\nloki_enabled: false\ntraces_endpoint: http://h:4318",
    );
    assert_eq!(
        old.differences(&new),
        Differences {
            applied: vec!["log_level", "thresholds", "params_capture"],
            restart: vec![
                "traces_endpoint",
                "traces_headers",
                "logs_exporter",
                "loki_enabled",
                "max_tools"
            ]
        }
    );
    assert_eq!(old.differences(&old.clone()), Differences::default());
}

/// What is said of Loki and of traces decides where nothing is said of log lines.
#[test]
fn where_log_lines_go() {
    let of_file = |lines: &str| Try::with_keys(lines).loaded().config.logs.exporters;
    let endpoint = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318")];
    assert_eq!(of_file("service_name: x"), [LogsExporter::Loki]);
    assert_eq!(of_file("loki_enabled: true"), [LogsExporter::Loki]);
    assert_eq!(of_file("loki_enabled: false"), []);
    assert_eq!(
        of_file("loki_enabled: false\ntraces_exporter: console"),
        [LogsExporter::Console]
    );
    assert_eq!(
        of_file("loki_enabled: true\nlogs_exporter: [otlp, file]"),
        [LogsExporter::Otlp, LogsExporter::File]
    );
    assert_eq!(of_file("logs_exporter: none"), []);
    let with_both = Try::with_keys("service_name: x").environment(endpoint);
    assert_eq!(
        with_both.loaded().config.logs.exporters,
        [LogsExporter::Loki]
    );
    assert_eq!(Try::new().loaded().config.logs.exporters, []);
    let config = Try::new().environment(endpoint).loaded().config;
    assert_eq!(config.logs.exporters, [LogsExporter::Otlp]);
    assert_eq!(
        config.logs.backend.endpoint,
        "http://collector:4318/v1/logs"
    );
    let asked = Try::new().set("loki_url", "http://host/loki/api/v1/push");
    assert_eq!(asked.loaded().config.logs.exporters, [LogsExporter::Loki]);
    let off = Try::new()
        .environment(endpoint)
        .set("logs_exporter", "none");
    assert_eq!(off.loaded().config.logs.exporters, []);
}

#[test]
fn the_documented_file_is_the_defaults() {
    let text = documented_file();
    for key in keys::all() {
        assert!(text.contains(&format!("\n  {}:", key.name)), "{}", key.name);
    }
    assert!(
        text.lines().all(|line| line.len() <= 110
            || line.contains("metrics_duration_buckets")
            || line.contains("params_redact")),
        "{text}"
    );
    // Each has a folder of its own, and with it a store.
    let loaded = |text: &str| Try::with_file(text).set("store", "none").loaded();
    let (from_file, from_nothing) = (loaded(&text), loaded("telemetry:\n"));
    assert_eq!(
        from_nothing.effective.differences(&from_file.effective),
        Differences::default()
    );
    for variable in otel::VARIABLES {
        assert!(documented_variables().contains(variable.name));
        for name in variable.keys {
            assert!(
                keys::find(name.split('.').next().unwrap()).is_some(),
                "{name}"
            );
        }
    }
}

#[test]
fn the_default_buckets_are_four_a_decade_and_the_round_limits() {
    let buckets = Try::new().loaded().config.metrics.buckets;
    let mut expected: Vec<f64> = vec![250.0, 500.0, 5000.0, 600_000.0];
    for decade in -3..6 {
        expected.extend([10.0, 18.0, 32.0, 56.0].map(|start| start * 10_f64.powi(decade - 1)));
    }
    expected.sort_by(f64::total_cmp);
    assert_eq!(buckets.len(), expected.len());
    assert!(
        buckets
            .iter()
            .zip(&expected)
            .all(|(bound, expected)| (bound / expected - 1.0).abs() < 1e-9),
        "{buckets:?}"
    );
}
