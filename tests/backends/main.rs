//! What instrumented programs send, as the real servers take it: Prometheus, an
//! OpenTelemetry Collector and Jaeger, started on loopback for each test.
//!
//! `tests/backends/build` builds the servers; then
//! `cargo test -p telemetry-tests --features backends --test backends`.
//! Without them each test says that it is skipped, but where `CI` is set it builds them.

mod harness;

mod by_hand;
