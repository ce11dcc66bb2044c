//! Drift: what is normal for each tool, and when that changes.
//!
//! A [`Detector`] is fed with the durations and outcomes of calls. For each tool it learns a
//! [`Baseline`], and gives an [`Event`] when the tool has become slower or faster, more spread,
//! longer in the tail, more or less often called, or failing more often; one when it is back;
//! one when the change has become the new normal. It has no thread, no clock and no global: time
//! is handed in, so it serves tests, replays and other programs as well as a running process.
//!
//! ```
//! use std::time::{Duration, SystemTime};
//! use telemetry_runtime::drift::{Detector, DetectorConfig, DriftType, Outcome};
//!
//! let mut detector = Detector::new(DetectorConfig::default())?;
//! let mut now = SystemTime::UNIX_EPOCH;
//! let mut noise = 0_u64;
//! for call in 0..6_000_u64 {
//!     now += Duration::from_millis(20);
//!     noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
//!     let usual = 30_000_000 + (noise >> 33) % 10_000_000; // 30 to 40 ms
//!     let nanos = if call < 4_000 { usual } else { usual * 13 / 10 };
//!     detector.observe("rag_query", nanos, Outcome::Success, now);
//! }
//! let events = detector.drain_events();
//! let slower = events.iter().find(|event| event.drift_type == DriftType::Performance);
//! assert_eq!(slower.map(|event| event.tool_name.as_str()), Some("rag_query"));
//! # Ok::<(), telemetry_runtime::drift::ConfigError>(())
//! ```

mod acceptance;
mod baseline;
mod budget;
mod bytes;
mod case;
mod change;
mod clock;
mod compare;
mod config;
mod counts;
mod cusum;
mod density;
mod dependence;
mod describe;
mod detector;
mod event;
mod exchange;
mod filter;
mod finding;
mod further;
mod growth;
mod histogram;
mod history;
mod inbox;
mod kinds;
mod lanes;
mod learning;
mod limit;
mod limits;
mod quarantine;
mod rate;
mod ratio;
mod recent;
mod report;
mod running;
mod sample;
mod season;
mod statistics;
mod table;
mod tail;
mod template;
#[cfg(test)]
mod tests;
mod tool;
mod turn;
mod watch;

pub use baseline::{Baseline, BaselineKey, Season, SeasonProfile};
pub use bytes::DecodeError;
pub use config::{ConfigError, DetectorConfig, ToolSettings};
pub use detector::{Counters, Detector, ToolKey};
pub use event::{Event, Interval, Metadata, Quantiles};
pub use filter::Filter;
pub use growth::Growth;
pub use histogram::Histogram;
pub use kinds::{DriftType, Measure, Severity, Status};
pub use report::DriftReport;
pub use sample::{Outcome, Sample};
pub use statistics::BaselineStats;

pub use crate::detection::{LiveDetector, Subscription, detector};
