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
            slow: true
        }
    );
    assert_eq!(config.calls.params_capture, ParamsCapture::All);
    assert_eq!(config.calls.params_max_length, 200);
    assert_eq!(config.calls.max_tools, 10_000);
    assert_eq!(config.calls.queue_max_bytes, 16 << 20);
    assert!(config.calls.params_redact.contains(&"api_key".to_owned()));
    assert_eq!(config.calls.default_threshold, None);
    assert_eq!(config.resource["environment"], "development");
    assert_eq!(config.resource["application"], config.service_name);
}
