//! What holds for one tool: patterns, limits, redaction.

use std::str::Chars;

use super::settings::{Calls, DriftRule, LogCalls, LogLevel, ParamsCapture, ToolRule};

/// What a call of one tool does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ToolSettings {
    pub(crate) enabled: bool,
    /// Where the tool is a root.
    pub(crate) sample_rate: f64,
    pub(crate) params_capture: ParamsCapture,
    /// From here on, in milliseconds, a call is slow.
    pub(crate) threshold_ms: Option<f64>,
    pub(crate) log_calls: LogCalls,
    /// Whether it is watched for drift, where the configuration says so or the opposite.
    pub(crate) drift: Option<bool>,
}

/// What the attribute of a tool says of it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Own {
    pub(crate) threshold_ms: Option<f64>,
    pub(crate) sample_rate: Option<f64>,
}

impl Own {
    pub(crate) const NOTHING: Self = Self {
        threshold_ms: None,
        sample_rate: None,
    };
}

impl Calls {
    /// The settings of a tool. Its limit is that of `thresholds.<name>`, else of the last pattern
    /// that has one, else the attribute's, else `thresholds.default`; sampling in the same order.
    pub(crate) fn tool(&self, name: &str, own: Own) -> ToolSettings {
        let rules = || self.rules(name);
        let threshold_ms = self
            .thresholds
            .get(name)
            .copied()
            .or_else(|| rules().find_map(|rule| rule.threshold_ms));
        ToolSettings {
            enabled: rules().find_map(|rule| rule.enabled).unwrap_or(true),
            sample_rate: rules()
                .find_map(|rule| rule.sample_rate)
                .or(own.sample_rate)
                .unwrap_or(self.sample_rate),
            params_capture: rules()
                .find_map(|rule| rule.params_capture)
                .unwrap_or(self.params_capture),
            threshold_ms: threshold_ms.or(own.threshold_ms).or(self.default_threshold),
            log_calls: rules()
                .find_map(|rule| rule.log_calls)
                .unwrap_or(self.log_calls),
            drift: rules().find_map(|rule| rule.drift),
        }
    }

    /// How a tool is watched for drift.
    pub(crate) fn drift(&self, name: &str, general: DriftRule) -> DriftRule {
        let rules = || self.rules(name);
        DriftRule {
            threshold: rules()
                .find_map(|rule| rule.drift_threshold)
                .unwrap_or(general.threshold),
            false_alarms_per_day: rules()
                .find_map(|rule| rule.drift_false_alarms_per_day)
                .unwrap_or(general.false_alarms_per_day),
            mute: rules()
                .find_map(|rule| rule.drift_mute)
                .unwrap_or(general.mute),
        }
    }

    /// The entries of `tools` for a name, the strongest first.
    fn rules(&self, name: &str) -> impl Iterator<Item = &ToolRule> {
        self.tools
            .iter()
            .rev()
            .filter(move |rule| matches(&rule.pattern, name))
    }
}

/// `params_redact`, ready to be asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Redaction(Vec<String>);

impl Redaction {
    pub(crate) fn new(secrets: &[String]) -> Self {
        let secrets = secrets.iter().map(|secret| words(secret));
        Self(secrets.filter(|secret| secret != "_").collect())
    }

    /// Whether a parameter's name has one of them as a word, or as words in a row:
    /// `auth_token`, `userApiKey`, but not `max_tokens`.
    pub(crate) fn covers(&self, parameter: &str) -> bool {
        let words = words(parameter);
        self.0.iter().any(|secret| words.contains(secret))
    }
}

/// `_user_api_key_` of `userApiKey`, `user-api-key`, `user_api_key`.
fn words(name: &str) -> String {
    let mut words = String::from("_");
    let mut lower_before = false;
    for c in name.chars() {
        let separates = !c.is_alphanumeric() || (c.is_uppercase() && lower_before);
        if separates && !words.ends_with('_') {
            words.push('_');
        }
        if c.is_alphanumeric() {
            words.extend(c.to_lowercase());
        }
        lower_before = c.is_lowercase() || c.is_numeric();
    }
    if !words.ends_with('_') {
        words.push('_');
    }
    words
}

/// Whether a name is what a pattern with `*` (any run of characters) and `?` (one) describes.
///
/// In time proportional to the product of both lengths at worst.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    let (mut pattern, mut name) = (pattern.chars(), name.chars());
    // After the last `*`: the rest of the pattern, and the name from the next place to try it at.
    let mut retry: Option<(Chars<'_>, Chars<'_>)> = None;
    loop {
        let here = name.clone();
        match (pattern.next(), name.next()) {
            (None, None) => return true,
            (Some('*'), _) => {
                name = here;
                retry = Some((pattern.clone(), name.clone()));
            }
            (Some('?'), Some(_)) => {}
            (Some(wanted), Some(found)) if wanted == found => {}
            _ => {
                let Some((after_star, from)) = &mut retry else {
                    return false;
                };
                if from.next().is_none() {
                    return false;
                }
                (pattern, name) = (after_star.clone(), from.clone());
            }
        }
    }
}

impl ToolRule {
    /// As it would be written in the file.
    pub(crate) fn text(&self) -> String {
        let parts = [
            self.enabled.map(|enabled| format!("enabled: {enabled}")),
            self.sample_rate.map(|rate| format!("sample_rate: {rate}")),
            self.params_capture
                .map(|capture| format!("params_capture: {}", capture.name())),
            self.threshold_ms
                .map(|limit| format!("threshold_ms: {limit}")),
            self.log_calls
                .map(|calls| format!("log_calls: {}", calls.name())),
            self.drift.map(|drift| format!("drift: {drift}")),
            self.drift_threshold
                .map(|change| format!("drift_threshold: {change}")),
            self.drift_false_alarms_per_day
                .map(|alarms| format!("drift_false_alarms_per_day: {alarms}")),
            self.drift_mute.map(|mute| format!("drift_mute: {mute}")),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        if parts.is_empty() {
            "{}".to_owned()
        } else {
            format!("{{ {} }}", parts.join(", "))
        }
    }
}

impl ParamsCapture {
    /// By its name in the table; `all` for a name that is not there.
    pub(crate) fn of(name: &str) -> Self {
        match name {
            "primitives" => Self::Primitives,
            "none" => Self::None,
            _ => Self::All,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Primitives => "primitives",
            Self::None => "none",
        }
    }
}

impl LogCalls {
    /// By its discriminant.
    pub(crate) fn at(discriminant: u8) -> Self {
        match discriminant {
            1 => Self::Errors,
            2 => Self::Slow,
            3 => Self::All,
            _ => Self::None,
        }
    }

    /// By its name in the table; `all` for a name that is not there.
    pub(crate) fn of(name: &str) -> Self {
        match name {
            "slow" => Self::Slow,
            "errors" => Self::Errors,
            "none" => Self::None,
            _ => Self::All,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Slow => "slow",
            Self::Errors => "errors",
            Self::None => "none",
        }
    }
}

impl LogLevel {
    /// In the order of their discriminants.
    pub(crate) const ALL: [Self; 6] = [
        Self::Trace,
        Self::Debug,
        Self::Info,
        Self::Warn,
        Self::Error,
        Self::Critical,
    ];

    /// By its name in the table; `INFO` for a name that is not there.
    pub(crate) fn of(name: &str) -> Self {
        match name {
            "TRACE" => Self::Trace,
            "DEBUG" => Self::Debug,
            "WARNING" | "WARN" => Self::Warn,
            "ERROR" => Self::Error,
            "CRITICAL" => Self::Critical,
            _ => Self::Info,
        }
    }
}

#[cfg(test)]
mod tests;
