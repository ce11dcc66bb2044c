//! One attribute on a function, and every call of it becomes a span of a distributed
//! trace and a point in call, error and duration metrics, sent where a YAML file says.
//!
//! ```no_run
//! use telemetry_runtime::tool;
//!
//! #[tool]
//! fn greet(name: &str) -> String {
//!     format!("hello {name}")
//! }
//!
//! fn main() -> Result<(), telemetry_runtime::Error> {
//!     let _telemetry = telemetry_runtime::init()?; // telemetry.yaml, environment, defaults
//!     println!("{}", greet("world"));
//!     Ok(())
//! } // what is left is sent here
//! ```
//!
//! Without a configuration nothing is sent, and one line on standard error says so.
//! `TELEMETRY_TRACES_EXPORTER=console` in front of the command prints a line a span; a
//! `telemetry.yaml` with nothing but `telemetry: { service_name: greeter }` sends traces and
//! metrics to a Collector, and logs to a Loki, on this machine.
//!
//! # What a call becomes
//!
//! * A **span** `tool.greet` of the trace that the call is part of: its parent is the tool,
//!   or the OpenTelemetry span, that was active around it. Parameters are attributes of it
//!   (`tool.param.name`), as are outcome, duration and place in the code.
//! * A **point** in `tool.calls`, `tool.errors`, `tool.errors.by_type`, `tool.slow`,
//!   `tool.active` and the histogram `tool.duration`. They count every call, sampled or not.
//! * A **log record**, by its outcome's level and with the ids of the span: one a call, up to a
//!   budget a tool. What the program writes by `tracing` and `log` goes the same way: the module `logs`.
//!
//! When a call ends, it is one small record in a ring of its own thread. A thread of this
//! crate empties the rings every few milliseconds, and exporters have threads of their own
//! behind bounded queues: a call never waits for any of them. Where spans come faster than they
//! can be taken in or sent, they are dropped and counted; metrics stay exact.
//!
//! # Outcomes
//!
//! A call ends as `success`, `error`, `panic` or `cancelled`. It is an error when it gives an
//! `Err`, or says so itself by [`Current::record_error`]; errors and panics make up
//! `tool.errors`. A future that is dropped before it is ready is cancelled: neither success nor error.
//!
//! ```
//! use telemetry_runtime::{current, tool};
//!
//! #[tool]
//! fn parse(text: &str) -> Result<u16, std::num::ParseIntError> {
//!     text.parse() // error.type is ParseIntError, error.message its text
//! }
//!
//! #[tool]
//! fn parse_or_zero(text: &str) -> u16 {
//!     parse(text).unwrap_or_else(|error| {
//!         current().record_error(&error);
//!         0
//!     })
//! }
//! assert_eq!(parse_or_zero("eighty"), 0);
//! ```
//!
//! # In and around a call
//!
//! [`current`] is the innermost call: attributes, events, errors, ids. [`track_tool_call`] makes
//! a call without the attribute, for names that only the running program knows.
//!
//! A thread or a spawned task knows nothing of the call that made it. [`Current::run`] and
//! [`Current::wrap`] take it along:
//!
//! ```
//! use telemetry_runtime::{current, tool};
//!
//! #[tool]
//! async fn fetch_all(urls: Vec<String>) -> usize {
//!     let here = current();
//!     let length = urls.len();
//!     # let spawn = |task| std::thread::spawn(|| pollster::block_on(task));
//!     let tasks = urls.into_iter().map(|url| spawn(here.wrap(fetch(url))));
//!     # tasks.for_each(|task| task.join().unwrap());
//!     length
//! }
//!
//! #[tool]
//! async fn fetch(url: String) {
//!     # let _ = url;
//! }
//! # pollster::block_on(fetch_all(vec!["a".to_owned()]));
//! ```
//!
//! In tests, [`testing`] captures calls in memory.
//!
//! Between processes a trace travels in headers: the module `propagation`.
//!
//! With the feature `sdk`, [`init`] installs OpenTelemetry's global providers too, so that spans
//! and instruments of the SDK go the same way. A tool's span is the active one in
//! OpenTelemetry's context, and so the parent of theirs; what code sets on
//! `opentelemetry::Context::current().span()` does not reach it. Tracers and meters that were taken before `init`
//! stay with the providers that were there then.
//!
//! # Configuration
//!
//! [`init`] reads the file named by `TELEMETRY_CONFIG`, else `telemetry.yaml`, else
//! `config/telemetry.yaml`. Highest first, these say what holds: [`Builder::set`],
//! `TELEMETRY_<KEY>`, OpenTelemetry's variables, the file, the defaults.
//! [`Telemetry::documented_config`] is a file with every key, [`Telemetry::effective_config`] what
//! holds now and who said it. A faulty configuration is an [`Error`] that tells all
//! faults at once; a server that cannot be reached is none, since it may come.
//!
//! ```
//! use telemetry_runtime::Telemetry;
//!
//! # fn main() -> Result<(), telemetry_runtime::Error> {
//! let telemetry = Telemetry::builder()
//!     .no_file()
//!     .service_name("checkout")
//!     .set("traces_exporter", "none")
//!     .set("tools", [("rag_*", [("sample_rate", 0.1)])])
//!     .init()?;
//! println!("{}", telemetry.effective_config());
//! # Ok(())
//! # }
//! ```
//!
//! # What costs what
//!
//! | | |
//! |---|---|
//! | before [`init`], after shutdown | a load and a branch; no allocation |
//! | a call that is not sampled | clock, ids and a record; parameters are not looked at |
//! | parameters | of sampled calls: numbers are copied, texts too, other types formatted by `Debug`; `skip` those that are large |
//! | `otel_context` | the span is made current for OpenTelemetry; off, it still takes its parents from there |
//! | a name never seen before | a lock and some memory that stays: at most `max_tools` |
//!
//! [`health`] tells what waits, what was dropped and why; [`statistics`] what each tool has done.
//!
//! # Drift
//!
//! A thread of its own compares each tool's calls with what is normal for it, and says once when that
//! changes: [`detector`] has the events, [`Builder::on_drift`] and
//! [`LiveDetector::subscribe`](drift::LiveDetector::subscribe) tell of them as they happen,
//! `tool.drift.score` and `tool.drift.events` are its metrics. The module [`drift`] has the same
//! detector for durations from elsewhere.
//!
//! # Features
//!
//! One a signal, an exporter, a part; README.md has the table. A library takes this crate with
//! `default-features = false` and annotates: where no program in the build turns `trace`,
//! `metrics`, `logs` or `drift` on, `#[tool]` leaves a function as it was, and everything else here is a
//! function that does nothing.
//!
//! # Limits
//!
//! * **The end of the process.** Dropping [`Telemetry`] sends what is left. `std::process::exit`,
//!   `abort`, a signal without a handler and a guard in a `static` drop nothing: what has not been
//!   sent by then, spans of the last `traces_batch_delay_ms` and metrics since the last
//!   `metrics_export_interval_ms`, is lost. Call [`Telemetry::shutdown`] before.
//! * **Calls that still run** when telemetry ends are not recorded.
//! * **`fork`.** Threads do not survive it: call [`init`] in the child, not before the fork.
//! * **Leaked guards.** A [`ToolCall`] that is forgotten never ends: it counts as active, and
//!   later calls of its thread are its children.
//! * **Several scrapers.** A counter is 0 in the first scrape that shows it, so that `rate`
//!   sees it begin. With several scrapers, the first one gets that 0.
//! * **Names are for ever.** A tool keeps its place until the process ends; beyond `max_tools`
//!   calls count under `_other`. Put what varies into a parameter, not into the name.

#![cfg_attr(
    not(all(
        feature = "trace",
        feature = "metrics",
        feature = "yaml",
        feature = "otlp-http",
        feature = "console",
        feature = "file",
        feature = "prometheus",
        feature = "zipkin",
        feature = "tls",
        feature = "sdk",
        feature = "otlp-grpc",
        feature = "opentelemetry-otlp",
        feature = "sqlite",
        feature = "postgres",
    )),
    allow(
        dead_code,
        unused_imports,
        reason = "what only the missing parts call; all features together are checked"
    )
)]

mod error;
mod health;
mod ids;
mod params;
mod report;
#[cfg(feature = "_calls")]
mod rfc3339;
mod setting;
mod statistics;
mod value;

#[cfg(feature = "_calls")]
mod call;
#[cfg(feature = "_calls")]
mod collector;
#[cfg(feature = "_calls")]
mod config;
#[cfg(feature = "_calls")]
#[cfg_attr(not(feature = "drift"), path = "no_detection.rs")]
mod detection;
#[cfg(not(feature = "_calls"))]
mod disabled;
#[cfg(feature = "drift")]
pub mod drift;
#[cfg(not(feature = "drift"))]
#[path = "no_drift.rs"]
pub mod drift;
#[cfg(feature = "_export")]
mod export;
#[cfg(feature = "logs")]
pub mod logs;
#[cfg(all(feature = "_calls", not(feature = "logs")))]
#[path = "logs/disabled.rs"]
mod logs;
#[cfg(feature = "_calls")]
mod metrics;
mod names;
#[cfg(feature = "_calls")]
mod notice;
#[cfg(feature = "_export")]
mod otlp;
#[cfg(feature = "_calls")]
mod pipeline;
#[cfg(feature = "trace")]
pub mod propagation;
#[cfg(feature = "sdk")]
mod sdk;
#[cfg(feature = "_store")]
pub mod store;
#[cfg(all(feature = "drift", not(feature = "_store")))]
#[path = "without_store.rs"]
mod store;
#[cfg(feature = "_calls")]
mod sync;
pub mod testing;
#[cfg(feature = "_export")]
mod trace;

#[cfg(feature = "_calls")]
pub use call::{Current, InCurrent, ToolCall, current, track_tool_call};
#[cfg(not(feature = "_calls"))]
pub use disabled::{
    Builder, Current, InCurrent, Reload, Telemetry, ToolCall, current, health, init, statistics,
    track_tool_call,
};
pub use drift::detector;
pub use error::Error;
pub use health::{
    DestinationHealth, DriftHealth, Health, LastError, LongCall, Pulled, StoreHealth,
};
pub use ids::{SpanId, TraceId};
pub use params::CallParams;
#[cfg(feature = "_calls")]
pub use pipeline::{Builder, Checked, Reload, Telemetry, health, init, statistics};
pub use report::{Report, SignalReport};
pub use setting::Setting;
pub use statistics::ToolStatistics;
pub use telemetry_macros::tool;
pub use value::Value;

/// What `#[tool]` writes calls to. Not public: any release may change it.
#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
