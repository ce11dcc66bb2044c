//! The files of `telemetry-runtime` that hold atomics, compiled a second time with nothing
//! around them: `--cfg loom` reaches every dependency, and hyper and tokio, among the
//! runtime's own for its tests, do not compile with it.
//!
//! ```text
//! RUSTFLAGS="--cfg loom" cargo test -p telemetry-models --release --target-dir target/ci-loom
//! valgrind --error-exitcode=1 target/debug/deps/telemetry_models-…
//! ```
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    reason = "what the rest of the runtime calls"
)]

#[path = "../../telemetry-runtime/src/call/active.rs"]
mod active;
#[path = "../../telemetry-runtime/src/call/ring/beside.rs"]
mod beside;
#[path = "../../telemetry-runtime/src/call/ring/queue.rs"]
mod queue;
#[path = "../../telemetry-runtime/src/call/ring/rings.rs"]
mod rings;
#[path = "../../telemetry-runtime/src/sync.rs"]
mod sync;
#[path = "../../telemetry-runtime/src/collector/wake.rs"]
mod wake;
