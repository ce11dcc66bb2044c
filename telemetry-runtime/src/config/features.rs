//! Which cargo features this build has, for keys and values that need one.

/// Whether the feature named in the table of keys is on.
pub(crate) fn has(feature: &str) -> bool {
    FEATURES.iter().any(|(name, on)| *name == feature && *on)
}

const FEATURES: &[(&str, bool)] = &[
    ("trace", cfg!(feature = "trace")),
    ("metrics", cfg!(feature = "metrics")),
    ("logs", cfg!(feature = "logs")),
    ("drift", cfg!(feature = "drift")),
    ("yaml", cfg!(feature = "yaml")),
    ("tls", cfg!(feature = "tls")),
    ("sdk", cfg!(feature = "sdk")),
    ("otlp-http", cfg!(feature = "otlp-http")),
    ("otlp-grpc", cfg!(feature = "otlp-grpc")),
    ("opentelemetry-otlp", cfg!(feature = "opentelemetry-otlp")),
    ("console", cfg!(feature = "console")),
    ("file", cfg!(feature = "file")),
    ("prometheus", cfg!(feature = "prometheus")),
    ("zipkin", cfg!(feature = "zipkin")),
    ("loki", cfg!(feature = "loki")),
    ("tracing-loki", cfg!(feature = "tracing-loki")),
    ("sqlite", cfg!(feature = "sqlite")),
    ("postgres", cfg!(feature = "postgres")),
];

/// What a message says of one that is off.
pub(crate) fn missing(what: &str, feature: &str) -> String {
    format!("{what} {NEEDS} {feature} of telemetry-runtime, which this build is without")
}

const NEEDS: &str = "needs the cargo feature";

/// Whether a fault says that: another build may be without it.
pub(crate) fn is_missing(text: &str) -> bool {
    text.contains(NEEDS)
}

/// What is wrong with a `log_filter`.
#[cfg(feature = "logs")]
pub(crate) fn filter_fault(text: &str) -> Option<String> {
    crate::logs::parse(text).err()
}

/// Nobody filters.
#[cfg(not(feature = "logs"))]
pub(crate) fn filter_fault(_text: &str) -> Option<String> {
    None
}
