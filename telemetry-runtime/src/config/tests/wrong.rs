//! Everything that is wrong is an error a person can act on.

use super::*;

/// One wrong line under `telemetry:`, and what is said of it.
#[track_caller]
fn says(lines: &str, expected: &str) {
    let faults = Try::with_keys(lines).faults();
    assert_eq!(faults, format!("telemetry.yaml:{expected}"), "\n{lines}");
}

#[test]
fn files_that_cannot_be_read() {
    let mut missing = Try::new();
    missing.sources.file = FileChoice::Path("nowhere.yaml".into());
    assert_eq!(missing.faults(), "nowhere.yaml: there is no such file");
    let missing = Try::new().environment([("TELEMETRY_CONFIG", "other.yaml")]);
    assert_eq!(missing.faults(), "other.yaml: there is no such file");
    let directory = Try::new().and_file("telemetry.yaml/x", "");
    assert_eq!(
        directory.faults(),
        "telemetry.yaml: found a directory, allowed: a file"
    );
    let large = Try::with_file("#".repeat(10 << 20));
    assert_eq!(
        large.faults(),
        "telemetry.yaml: found a file of more than 1048576 bytes, which is no configuration"
    );
    let latin = Try::with_file(b"telemetry:\n  environment: \xe4\n");
    assert_eq!(
        latin.faults(),
        "telemetry.yaml: is not UTF-8: byte 27 is not"
    );
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let test = Try::with_keys("enabled: true");
    let path = test.directory.path().join("telemetry.yaml");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
    // Root may read everything; there the other half of the claim is tested.
    match std::fs::read(&path) {
        Ok(_) => assert!(test.load().is_ok()),
        Err(_) => assert_eq!(
            test.faults(),
            "telemetry.yaml: this process may not read it"
        ),
    }
}

#[test]
fn files_that_are_no_configuration() {
    const WANTED: &str = "allowed: settings under a first line `telemetry:`";
    for text in ["", "\n", "# nothing\n", "~\n"] {
        assert_eq!(
            Try::with_file(text).faults(),
            format!("telemetry.yaml: the file is empty, {WANTED}"),
            "{text:?}"
        );
    }
    assert_eq!(
        Try::with_file("- a\n").faults(),
        format!("telemetry.yaml: found no map, {WANTED}")
    );
    assert_eq!(
        Try::with_file("other: 1\n").faults(),
        format!("telemetry.yaml: found no telemetry: in it, {WANTED}")
    );
    assert_eq!(
        Try::with_file("telemetry: [1]\n").faults(),
        "telemetry.yaml:1:12: found a list, allowed: a map of keys under telemetry:"
    );
    assert_eq!(
        Try::with_file("telemetry:\nenabled: false\n").faults(),
        "telemetry.yaml:2:1: the key enabled stands at the top, allowed: indented under telemetry:"
    );
    assert!(
        Try::with_file("telemetry:\n\tenabled: true\n")
            .faults()
            .contains("tab")
    );
}

#[test]
fn duplicate_keys() {
    says(
        "enabled: true\nwatch: false\nenabled: false",
        "4:3: the key enabled stands twice in this map",
    );
}

#[test]
fn wrong_types_and_ranges() {
    says(
        "traces_sample_rate: 2",
        "2:23: telemetry.traces_sample_rate: found 2, allowed: a number from 0 to 1",
    );
    says(
        "traces_sample_rate: \"0.5\"",
        "2:23: telemetry.traces_sample_rate: found a text in quotes, allowed: a number from 0 to 1",
    );
    says(
        "metrics_export_interval_ms: -5",
        "2:31: telemetry.metrics_export_interval_ms: found -5, allowed: a whole number from 1 to 86400000 (ms)",
    );
    says(
        "max_tools: 1.5",
        "2:14: telemetry.max_tools: found 1.5, allowed: a whole number from 1 to 1000000 (tools)",
    );
    says(
        "enabled: maybe",
        "2:12: telemetry.enabled: found maybe, allowed: true, false",
    );
    says(
        "enabled: 1",
        "2:12: telemetry.enabled: found 1, allowed: true, false",
    );
    says(
        "service_name: [a]",
        "2:17: telemetry.service_name: found a list, allowed: a text",
    );
    says(
        "thresholds: 5",
        "2:15: telemetry.thresholds: found 5, allowed: a map of tool names to milliseconds, 0 to 86400000",
    );
    says(
        "thresholds: { llm: soon }",
        "2:22: telemetry.thresholds.llm: found soon, allowed: milliseconds, 0 to 86400000",
    );
    says(
        "metrics_duration_buckets: [1, 5, 2]",
        "2:36: telemetry.metrics_duration_buckets: found a number that is not larger than the one before it, \
         allowed: a list of 1 to 160 rising numbers above 0",
    );
    says(
        "metrics_duration_buckets: []",
        "2:29: telemetry.metrics_duration_buckets: found a list of 0, allowed: a list of 1 to 160 rising numbers above 0",
    );
    says(
        "environment: !env X",
        "2:16: telemetry.environment: found the tag !env, allowed: a text",
    );
    says(
        "prometheus_listen: localhost",
        "2:22: telemetry.prometheus_listen: found no port, allowed: host:port",
    );
}

#[cfg(feature = "logs")]
#[test]
fn directives_that_nobody_understands() {
    const ALLOWED: &str =
        "allowed: directives such as info,hyper=warn,my_app::db=debug,my_app[query{user=17}]=trace";
    for (filter, wrong) in [
        ("info, hyper=loud", "hyper=loud"),
        ("debug,app[query{]=info", "app[query{]=info"),
        ("!", "!"),
        // What `EnvFilter` does not take either: it ends a directive at every comma.
        ("app[query{a=1,b=2}]=info", "app[query{a=1"),
    ] {
        let faults = Try::with_keys(&format!("log_filter: {filter:?}")).faults();
        let start = format!("telemetry.yaml:2:15: telemetry.log_filter: found {wrong:?} (");
        assert!(
            faults.starts_with(&start) && faults.ends_with(ALLOWED),
            "{faults}"
        );
    }
    for filter in [
        " info , hyper=warn ,",
        "off",
        "app",
        "[query]=debug",
        "app[query{user=[0-9]+}]",
    ] {
        Try::with_keys(&format!("log_filter: '{filter}'")).loaded();
    }
    let loaded = Try::with_keys("log_level: WARN")
        .environment([("RUST_LOG", "loud=very")])
        .loaded();
    assert_eq!(loaded.notices.len(), 1, "{:?}", loaded.notices);
    assert!(loaded.notices[0].starts_with("RUST_LOG: found \"loud=very\" ("));
    assert!(loaded.notices[0].ends_with("; log_level holds"));
}

#[test]
fn unknown_names() {
    says(
        "trace_exporter: otlp",
        "2:3: telemetry.trace_exporter: unknown key; nearest: traces_exporter",
    );
    says(
        "completely_else: otlp",
        "2:3: telemetry.completely_else: unknown key",
    );
    says(
        "traces_exporter: otpl",
        "2:20: telemetry.traces_exporter: found otpl, \
         allowed: otlp, console, file, zipkin, jaeger, none; or a list of them; nearest: otlp",
    );
    says(
        "metrics_exporter: [otlp, zipkin]",
        "2:28: telemetry.metrics_exporter: found zipkin, \
         allowed: otlp, console, file, prometheus, none; or a list of them",
    );
    says(
        "traces_exporter: [none, otlp]",
        "2:20: telemetry.traces_exporter: found none beside others, allowed: none alone",
    );
    says(
        "traces_exporter: []",
        "2:20: telemetry.traces_exporter: found an empty list, \
         allowed: otlp, console, file, zipkin, jaeger, none; or a list of them",
    );
    says(
        "tls: { cafile: x }",
        "2:10: telemetry.tls.cafile: unknown key; nearest: ca_file",
    );
    says(
        "tools: { \"rag *\": { sample: 1 } }",
        "2:23: telemetry.tools.\"rag *\".sample: unknown key; nearest: sample_rate",
    );
    says(
        "tools: { rag: { sample_rate: 7 } }",
        "2:32: telemetry.tools.rag.sample_rate: found 7, allowed: a number from 0 to 1",
    );
    says(
        "tools: { rag: 0.1 }",
        "2:17: telemetry.tools.rag: found 0.1, allowed: a map with enabled, sample_rate, params_capture, threshold_ms, log_calls, drift, drift_threshold, drift_false_alarms_per_day, drift_mute",
    );
}

#[test]
fn endpoints() {
    const ALLOWED: &str = "allowed: http://host:port/path or https://host:port/path";
    for (url, why) in [
        (
            "ftp://host/x",
            "found a URL whose scheme is neither http nor https",
        ),
        ("http://", "found no host"),
        ("http://host:99999", "found a port outside 0 to 65535"),
        ("http://host:port", "found a port that is no number"),
        (
            "\"http://ho st\"",
            "found a URL with a space or control character in it",
        ),
        ("localhost:4318", "found a URL without http:// or https://"),
        (
            "https://user:hunter2@ho!st",
            "found a host with characters that no host has",
        ),
    ] {
        says(
            &format!("traces_endpoint: {url}"),
            &format!("2:20: telemetry.traces_endpoint: {why}, {ALLOWED}"),
        );
    }
}

#[test]
fn a_url_of_loki_has_a_scheme() {
    says(
        "loki_url: localhost:3100",
        "2:13: telemetry.loki_url: found a URL without http:// or https://, \
         allowed: http://host:port/path or https://host:port/path",
    );
}

#[test]
fn a_file_full_of_faults_is_told_in_short() {
    let keys: String = (0..40_000)
        .map(|key| format!("key_number_{key}: x\n"))
        .collect();
    let faults = Try::with_keys(&keys).faults();
    assert_eq!(faults.lines().count(), 101);
    assert!(faults.ends_with("and more: only the first 100 faults are shown"));
    let limits: String = (0..40_000).map(|key| format!(" t{key}: 1\n")).collect();
    let config = Try::with_keys(&format!("thresholds:\n{limits}"))
        .loaded()
        .config;
    assert_eq!(config.calls.thresholds.len(), 40_000);
}

#[test]
fn certificates() {
    says(
        "tls: { ca_file: nowhere.pem }",
        "2:19: telemetry.tls.ca_file: there is no such file (paths are from the working directory)",
    );
    let lonely = Try::with_keys("tls: { cert_file: here.pem }").and_file("here.pem", "");
    assert_eq!(
        lonely.faults(),
        "telemetry.yaml:2:21: telemetry.tls.cert_file: found without tls.key_file, allowed: both or none"
    );
    let both =
        Try::with_keys("tls: { cert_file: here.pem, key_file: here.pem }").and_file("here.pem", "");
    let tls = both.loaded().config.metrics.backend.tls;
    assert_eq!(tls.cert_file, Some(both.directory.path().join("here.pem")));
    let variable =
        Try::new().environment([("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "nowhere.pem")]);
    assert_eq!(
        variable.faults(),
        "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE: tls.ca_file: there is no such file (paths are from the working directory)"
    );
    Try::with_keys("enabled: false\ntls: { ca_file: nowhere.pem }").loaded();
}

#[test]
fn variables() {
    says(
        "traces_headers:\n  authorization: Bearer ${UNSET_KEY}\n  x-a: one",
        "3:20: telemetry.traces_headers.authorization: the variable UNSET_KEY is not set and has no default; \
         set it, or write ${UNSET_KEY:-default}",
    );
}

#[test]
fn alias_bombs() {
    let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for level in 1..9 {
        let alias = format!("*a{}", level - 1);
        bomb.push_str(&format!(
            "a{level}: &a{level} [{}]\n",
            [alias.as_str(); 10].join(",")
        ));
    }
    let faults = Try::with_file(format!("{bomb}telemetry:\n  resource: *a8\n")).faults();
    assert!(
        faults.contains("too many values, allowed: 100000"),
        "{faults}"
    );
}

#[test]
fn all_faults_at_once_in_the_order_of_the_sources() {
    let test = Try::with_keys(
        "trace_exporter: otlp\ntraces_sample_rate: 2\nwatch: 3\nthresholds: { a: x, b: y }",
    )
    .environment([
        ("TELEMETRY_MAX_TOOLS", "many"),
        ("TELEMETRY_TOOLS", "{ rag: { sample_rate: 7 } }"),
        ("TELEMETRY_THRESHOLDS", "{"),
    ])
    .set("service_nam", "x")
    .set("console_format", "xml")
    .set("tools", "{ a: 1 }");
    let faults = test.faults();
    let lines: Vec<&str> = faults.lines().collect();
    let expected = [
        "telemetry.yaml:2:3: telemetry.trace_exporter: ",
        "telemetry.yaml:3:23: telemetry.traces_sample_rate: found 2, ",
        "telemetry.yaml:4:10: telemetry.watch: found 3, ",
        "telemetry.yaml:5:20: telemetry.thresholds.a: found x, ",
        "telemetry.yaml:5:26: telemetry.thresholds.b: found y, ",
        "TELEMETRY_MAX_TOOLS: max_tools: found a text, ",
        "TELEMETRY_THRESHOLDS:2:1: no YAML: ",
        "TELEMETRY_TOOLS:1:23: tools.rag.sample_rate: found a number out of range, ",
        "builder: console_format: found xml, ",
        "builder: service_nam: unknown key; nearest: service_name",
        "builder:1:6: tools.a: found 1, ",
    ];
    assert_eq!(lines.len(), expected.len(), "{faults}");
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.starts_with(expected), "{line}\n{expected}");
    }
}

/// Every place where somebody may have put a secret, wrongly or not.
#[test]
fn no_message_holds_a_secret() {
    const SECRET: &str = "hunter2";
    let lines = [
        "traces_headers: { authorization: [\"hunter2\"] }",
        "traces_headers: { authorization: \"hunter2\\u0007\" }",
        "traces_headers: hunter2",
        "traces_headers: [hunter2]",
        "traces_headers: { \"a b\": hunter2 }",
        "traces_endpoint: \"http://user:hunter2@host:x/\"",
        "traces_endpoint: \"http://host:x/?key=hunter2\"",
        "traces_endpoint: hunter2",
        "traces_exporter: hunter2",
        "traces_sample_rate: hunter2",
        "enabled: ${KEY}",
        "traces_exporter: ${KEY}",
        "thresholds: { a: \"${KEY}\" }",
        "max_tools: ${NUMBER}",
        "environment: !hidden hunter2",
        "tools: { a: { params_capture: hunter2 } }",
        "watch: *hunter2",
        "watch: \"hunter2",
        "watch: hunter2: x",
    ];
    for line in lines {
        let test = Try::with_keys(line).environment([("KEY", SECRET), ("NUMBER", "77777777")]);
        let faults = test.faults();
        assert!(!faults.contains(SECRET), "{line}\n{faults}");
        assert!(!faults.contains("77777777"), "{line}\n{faults}");
    }
    for (name, value) in [
        ("TELEMETRY_TRACES_HEADERS", "{ a: [hunter2] }"),
        ("TELEMETRY_TRACES_ENDPOINT", "http://hunter2:x@/"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization:hunter2"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://u:hunter2@host:x"),
    ] {
        let faults = Try::new().environment([(name, value)]).faults();
        assert!(!faults.contains(SECRET), "{name}\n{faults}");
        assert!(faults.contains(name), "{faults}");
    }
}

#[test]
fn two_exporters_do_not_share_a_file() {
    says(
        "traces_exporter: file\ntraces_file: out.jsonl\nmetrics_exporter: file\nmetrics_file: out.jsonl",
        "5:17: telemetry.metrics_file: found the same file as traces_file, allowed: one of its own",
    );
}
