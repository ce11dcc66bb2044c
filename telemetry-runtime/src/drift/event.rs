//! An event: one change of one tool, told once.

use std::time::SystemTime;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{DriftType, Measure, Severity, Status};

/// A tool has changed, has come back, or its change is the new normal.
///
/// One change is one event, its return is one event. As JSON the fields have these names, enums
/// their lower-case names, and moments are RFC 3339 in UTC.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Event {
    /// When it was noticed, by the clock that was handed in.
    #[serde(with = "moment")]
    pub timestamp: SystemTime,
    /// The tool.
    pub tool_name: String,
    /// What kind of change.
    pub drift_type: DriftType,
    /// How large it is.
    pub severity: Severity,
    /// Begun, over, or accepted.
    pub status: Status,
    /// The measure ([`Metadata::measure`]) in the baseline. Milliseconds where it is a duration,
    /// calls a second for a rate, a share from 0 to 1 for ratios.
    pub baseline_value: f64,
    /// The same measure now: of at most `window_size` calls since the change.
    pub current_value: f64,
    /// The change of the measure, in percent of the baseline: +15 is 15 % more. Of a ratio that
    /// was zero: 100 times the ratio now.
    pub deviation_percent: f64,
    /// A sentence for the person on call.
    pub description: String,
    /// What else is known.
    pub metadata: Metadata,
}

/// What is known about a change besides its size.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Metadata {
    /// What `baseline_value` and `current_value` are values of.
    pub measure: Measure,
    /// Durations before the change: the baseline's. `None` where it has none yet.
    pub before: Option<Quantiles>,
    /// Durations since the change. `None` for a single call.
    pub after: Option<Quantiles>,
    /// When the change is estimated to have begun. `None` where samples came without times.
    #[serde(with = "maybe_moment")]
    pub since: Option<SystemTime>,
    /// Where that most probably lies (90 %).
    pub since_interval: Option<Interval>,
    /// Calls from the estimated change to the event.
    pub calls: u64,
    /// The number of the call of this tool that raised the event, counted from 1.
    pub sample: u64,
    /// The number of the first call of the change, as estimated.
    pub sample_since: u64,
    /// Trace ids of calls before the change, 32 hexadecimal digits each.
    pub traces_before: Vec<String>,
    /// Trace ids of calls since the change.
    pub traces_after: Vec<String>,
    /// The caller meant by [`Measure::CallerShare`].
    pub caller: Option<String>,
    /// Version of the service that is running.
    pub service_version: Option<String>,
    /// Version of the service that the baseline is of.
    pub baseline_version: Option<String>,
    /// Deployment environment.
    pub environment: Option<String>,
    /// Evidence when it was raised, in nats: the CUSUM's value.
    pub score: f64,
    /// What the evidence had to pass.
    pub score_limit: f64,
}

/// Quantiles of durations, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quantiles {
    /// Median.
    pub p50: f64,
    /// 95th percentile.
    pub p95: f64,
    /// 99th percentile.
    pub p99: f64,
}

/// Two moments, the earlier first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interval {
    /// The earlier.
    #[serde(with = "moment")]
    pub from: SystemTime,
    /// The later.
    #[serde(with = "moment")]
    pub to: SystemTime,
}

impl Event {
    /// The event as one JSON object.
    ///
    /// ```
    /// # use telemetry_runtime::drift::Event;
    /// fn line(event: &Event) -> String {
    ///     event.to_json().to_string()
    /// }
    /// ```
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or(serde_json::Value::Null)
    }

    /// Reads what [`Event::to_json`] wrote.
    ///
    /// # Errors
    ///
    /// The text is no JSON, or a field is missing or of another type; the error names it.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }
}

macro_rules! by_name {
    ($($of:ty),+) => {
        $(
            impl Serialize for $of {
                fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                    to.serialize_str(self.as_str())
                }
            }

            impl<'de> Deserialize<'de> for $of {
                fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                    let name = String::deserialize(from)?;
                    Self::from_name(&name)
                        .ok_or_else(|| D::Error::custom(format_args!("no such name: {name:?}")))
                }
            }
        )+
    };
}

by_name!(DriftType, Severity, Status, Measure);

/// Moments in JSON.
mod moment {
    use std::time::SystemTime;

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::rfc3339;

    pub(super) fn serialize<S: Serializer>(moment: &SystemTime, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&rfc3339::exact(*moment))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<SystemTime, D::Error> {
        let text = String::deserialize(from)?;
        rfc3339::read(&text)
            .ok_or_else(|| D::Error::custom("no moment in RFC 3339, such as 2026-03-01T14:02:10Z"))
    }
}

mod maybe_moment {
    use std::time::SystemTime;

    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    use crate::rfc3339;

    pub(super) fn serialize<S: Serializer>(
        moment: &Option<SystemTime>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        moment.map(rfc3339::exact).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<SystemTime>, D::Error> {
        let Some(text) = Option::<String>::deserialize(from)? else {
            return Ok(None);
        };
        match rfc3339::read(&text) {
            Some(moment) => Ok(Some(moment)),
            None => Err(D::Error::custom("no moment in RFC 3339")),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use telemetry_fuzz::{Inputs, fuzz};

    use super::*;

    #[test]
    fn json_and_back() {
        let event = Event {
            timestamp: UNIX_EPOCH + Duration::from_nanos(1_767_225_600_500_000_001),
            tool_name: "rag_query".to_owned(),
            drift_type: DriftType::Pattern,
            severity: Severity::High,
            status: Status::Recovered,
            baseline_value: 33.0,
            current_value: 41.5,
            deviation_percent: 25.757,
            description: "…".to_owned(),
            metadata: Metadata {
                measure: Measure::CallerShare,
                before: Some(Quantiles {
                    p50: 1.0,
                    p95: 2.0,
                    p99: 3.0,
                }),
                after: None,
                since: Some(UNIX_EPOCH + Duration::from_secs(1)),
                since_interval: Some(Interval {
                    from: UNIX_EPOCH,
                    to: UNIX_EPOCH + Duration::from_secs(2),
                }),
                calls: 212,
                sample: 5213,
                sample_since: 5001,
                traces_before: vec!["0".repeat(32)],
                traces_after: Vec::new(),
                caller: Some("agent".to_owned()),
                service_version: None,
                baseline_version: Some("1.0".to_owned()),
                environment: None,
                score: 15.5,
                score_limit: 14.3,
            },
        };
        let json = event.to_json();
        assert_eq!(json["timestamp"], "2026-01-01T00:00:00.500000001Z");
        assert_eq!(json["metadata"]["measure"], "caller_share");
        assert_eq!(json["status"], Status::Recovered.as_str());
        assert_eq!(Event::from_json(&json.to_string()).unwrap(), event);
        let wrong = json.to_string().replace("pattern", "patern");
        assert!(
            Event::from_json(&wrong)
                .unwrap_err()
                .to_string()
                .contains("patern")
        );
    }

    #[test]
    fn names_are_those_of_json() {
        for measure in Measure::ALL {
            assert_eq!(serde_json::to_value(measure).unwrap(), measure.as_str());
            assert_eq!(Measure::from_name(measure.as_str()), Some(*measure));
        }
    }

    /// What is read is written so that it is read as the same.
    #[test]
    fn fuzz_events() {
        let whole = serde_json::json!({
            "timestamp": "2026-01-01T00:00:00.5Z", "tool_name": "t", "drift_type": "pattern",
            "severity": "high", "status": "drifted", "baseline_value": 33.0, "current_value": 41,
            "deviation_percent": 24.2, "description": "…",
            "metadata": {
                "measure": "median", "before": { "p50": 1.0, "p95": 2.0, "p99": 3.0 }, "after": null,
                "since": "2026-01-01T00:00:00+01:00", "since_interval": null, "calls": 212,
                "sample": 5212, "sample_since": 5000, "traces_before": [], "traces_after": ["0af7"],
                "caller": null, "service_version": "2", "baseline_version": "1",
                "environment": "test", "score": 15.0, "score_limit": 14.3
            }
        });
        let whole = whole.to_string();
        let inputs = Inputs {
            seeds: &[whole.as_bytes()],
            words: &[
                "null", "\"", "{", "}", "[", "]", ":", ",", "1e308", "Z", "+23:59", ".9",
            ],
        };
        let mut read = 0;
        fuzz("event", inputs, |bytes| {
            let text = str::from_utf8(bytes).map_err(|_| String::new())?;
            let event = Event::from_json(text).map_err(|error| {
                let error = error.to_string();
                error
                    .split(" at line")
                    .next()
                    .map(str::to_owned)
                    .unwrap_or_default()
            })?;
            read += 1;
            let again = event.to_json().to_string();
            assert_eq!(Event::from_json(&again).expect("its own JSON"), event);
            Ok::<_, String>(())
        });
        assert!(read > 20, "{read}");
    }
}
