//! The two formats, and which of them a client wants.

/// How the page is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Format {
    /// Prometheus text 0.0.4: what a client gets that does not ask.
    #[default]
    Text,
    /// OpenMetrics 1.0, which has exemplars and units.
    OpenMetrics,
}

impl Format {
    /// The format with the highest weight in an `Accept` header, the first of several.
    /// A client that accepts neither gets text, as Prometheus' own libraries do it.
    pub(super) fn accepted(accept: &str) -> Self {
        let mut best = (0.0, Self::default());
        for range in accept.split(',') {
            if let Some((weight, format)) = weighed(range)
                && weight > best.0
            {
                best = (weight, format);
            }
        }
        best.1
    }

    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// A media range such as `application/openmetrics-text;version=1.0.0;q=0.5`, where it
/// is one of ours.
fn weighed(range: &str) -> Option<(f32, Format)> {
    let mut parts = range.split(';').map(str::trim);
    let media = parts.next()?.to_ascii_lowercase();
    let mut version = None;
    let mut weight = 1.0;
    for (key, value) in parts.filter_map(|part| part.split_once('=')) {
        match key.trim().to_ascii_lowercase().as_str() {
            "version" => version = Some(value.trim().trim_matches('"')),
            "q" => weight = value.trim().parse().unwrap_or(0.0),
            _ => {}
        }
    }
    let format = match (media.as_str(), version) {
        ("application/openmetrics-text", None | Some("1.0.0" | "0.0.1")) => Format::OpenMetrics,
        ("text/plain", None | Some("0.0.4")) | ("text/*" | "*/*", _) => Format::Text,
        _ => return None,
    };
    Some((weight, format))
}

/// A value, or a bound: `1.0`, `0.25`, `+Inf`. Bounds are written alike in both formats,
/// so that a series stays the same whichever is asked for.
pub(super) fn number(value: f64) -> String {
    if value == f64::INFINITY {
        "+Inf".to_owned()
    } else if value == f64::NEG_INFINITY {
        "-Inf".to_owned()
    } else {
        format!("{value:?}")
    }
}
