//! Spans of tools in OTLP/JSON lines, as the exporter `file` and a Collector write them.

use std::borrow::Cow;
use std::time::{Duration, UNIX_EPOCH};

use serde::Deserialize;
use telemetry_runtime::drift::Outcome;

use super::lines::Lines;
use super::{Sample, Summary};
use crate::failure::Failure;

pub(super) fn read(
    lines: &mut Lines,
    summary: &mut Summary,
    take: &mut impl FnMut(&mut Sample<'_>, u64, &mut Summary) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut number = 0;
    loop {
        let Some(line) = lines.take()? else {
            return Ok(());
        };
        let request = match serde_json::from_str::<Request<'_>>(line.text) {
            Ok(request) => request,
            Err(error) if error.is_eof() && !line.is_whole => {
                summary.cut_off.add(line.number);
                return Ok(());
            }
            Err(error) => return Err(line.wrong(&format!("found no OTLP/JSON: {error}"))),
        };
        let scopes = request.resource_spans.iter().flat_map(|of| &of.scope_spans);
        let mut spans = scopes.flat_map(|of| &of.spans).peekable();
        if spans.peek().is_none() {
            summary.no_tool.add(line.number);
        }
        for span in spans {
            number += 1;
            let Some(tool) = span.tool() else {
                summary.no_tool.add(line.number);
                continue;
            };
            let (start, end) = match (span.start.nanos(), span.end.nanos()) {
                (Some(start), Some(end)) => (start, end),
                _ => {
                    summary.gaps.add(line.number);
                    continue;
                }
            };
            let Some(nanos) = end.checked_sub(start) else {
                summary.no_duration.add(line.number);
                continue;
            };
            let mut sample = Sample {
                number,
                tool: Some(tool),
                ms: nanos as f64 / 1e6,
                outcome: span.outcome(),
                at: Some(UNIX_EPOCH + Duration::from_nanos(end)),
            };
            take(&mut sample, line.number, summary)?;
        }
    }
}

/// `ExportTraceServiceRequest`, as far as it is looked at.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    #[serde(borrow, default)]
    resource_spans: Vec<ResourceSpans<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResourceSpans<'a> {
    #[serde(borrow, default)]
    scope_spans: Vec<ScopeSpans<'a>>,
}

#[derive(Deserialize)]
struct ScopeSpans<'a> {
    #[serde(borrow, default)]
    spans: Vec<Span<'a>>,
}

#[derive(Deserialize)]
struct Span<'a> {
    #[serde(borrow, default)]
    name: Cow<'a, str>,
    #[serde(borrow, default, rename = "startTimeUnixNano")]
    start: Nanos<'a>,
    #[serde(borrow, default, rename = "endTimeUnixNano")]
    end: Nanos<'a>,
    #[serde(borrow, default)]
    attributes: Vec<Attribute<'a>>,
    #[serde(default)]
    status: Status,
}

/// The specification says a text; some writers write a number.
#[derive(Deserialize)]
#[serde(untagged)]
enum Nanos<'a> {
    Text(#[serde(borrow)] Cow<'a, str>),
    Number(u64),
    Nothing(()),
}

impl Default for Nanos<'_> {
    fn default() -> Self {
        Self::Nothing(())
    }
}

impl Nanos<'_> {
    fn nanos(&self) -> Option<u64> {
        match self {
            Self::Text(text) => text.parse().ok(),
            Self::Number(nanos) => Some(*nanos),
            Self::Nothing(()) => None,
        }
        .filter(|nanos| *nanos > 0)
    }
}

#[derive(Deserialize)]
struct Attribute<'a> {
    #[serde(borrow)]
    key: Cow<'a, str>,
    #[serde(borrow, default)]
    value: Text<'a>,
}

#[derive(Default, Deserialize)]
struct Text<'a> {
    #[serde(borrow, default, rename = "stringValue")]
    text: Option<Cow<'a, str>>,
}

#[derive(Default, Deserialize)]
struct Status {
    #[serde(default)]
    code: Code,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Code {
    Number(u8),
    Name(String),
}

impl Default for Code {
    fn default() -> Self {
        Self::Number(0)
    }
}

impl Span<'_> {
    fn attribute(&self, key: &str) -> Option<&str> {
        let found = self
            .attributes
            .iter()
            .find(|attribute| attribute.key == key);
        found?.value.text.as_deref()
    }

    fn tool(&self) -> Option<&str> {
        self.attribute("tool.name")
            .or_else(|| self.attribute("gen_ai.tool.name"))
            .or_else(|| self.name.strip_prefix("tool."))
    }

    fn outcome(&self) -> Outcome {
        let failed = match &self.status.code {
            Code::Number(code) => *code == 2,
            Code::Name(name) => name == "STATUS_CODE_ERROR",
        };
        match self.attribute("tool.status") {
            Some("cancelled") => Outcome::Cancelled,
            _ if failed => Outcome::Error,
            _ => Outcome::Success,
        }
    }
}
