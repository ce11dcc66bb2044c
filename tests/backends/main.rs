//! What instrumented programs send, as the real servers take it: Prometheus, an
//! OpenTelemetry Collector, Jaeger and Loki, started on loopback for each test; and what a store
//! keeps in PostgreSQL.
//!
//! `tests/backends/build` builds the servers, PostgreSQL is Debian's package; then `cargo backends`. Without them each
//! test says that it is skipped, but where `CI` is set it builds them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod harness;

mod by_hand;
mod conformance;
mod files;
mod lives;
mod lokis;
mod million;
mod outages;
mod postgres;
mod pull;
mod queries;
mod stack;
mod tree;
