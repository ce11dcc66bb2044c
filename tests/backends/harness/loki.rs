//! Loki, which can be stopped and started again with what it had.

use std::collections::BTreeMap;

use serde_json::Value;
use tempfile::TempDir;

use super::http::get_json;
use super::{Binaries, now, ports, server::Server};

pub(crate) struct Loki {
    server: Option<Server>,
    options: LokiOptions,
    ports: [u16; 2],
    data: TempDir,
}

/// What differs from one Loki to another.
#[derive(Clone, Copy)]
pub(crate) struct LokiOptions {
    /// `allow_structured_metadata`
    pub(crate) metadata: bool,
    /// `ingestion_rate_mb` and its burst.
    pub(crate) rate_mb: u32,
    /// `max_line_size`, bytes.
    pub(crate) max_line: u32,
}

impl Default for LokiOptions {
    /// As `deploy/` has it.
    fn default() -> Self {
        Self {
            metadata: true,
            rate_mb: 64,
            max_line: 262_144,
        }
    }
}

/// A line as a query gives it.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// Nanoseconds since 1970.
    pub(crate) time: u64,
    /// The stream's, and those that the query made.
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) text: String,
}

/// Lines of one answer: Loki's parts send one another 4 MiB at most.
const PAGE: usize = 5_000;

impl Line {
    /// The line as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error} in {}", self.text))
    }
}

impl Loki {
    pub(crate) fn start(binaries: &Binaries) -> Self {
        Self::start_with(binaries, LokiOptions::default())
    }

    pub(crate) fn start_with(binaries: &Binaries, options: LokiOptions) -> Self {
        let mut loki = Self::chosen(options);
        loki.begin(binaries);
        loki
    }

    /// Not started yet; a program can be told of it.
    pub(crate) fn chosen(options: LokiOptions) -> Self {
        Self {
            server: None,
            options,
            ports: [ports::free(), ports::free()],
            data: TempDir::with_prefix("telemetry-loki-data-").expect("a temporary folder"),
        }
    }

    /// Starts it, or starts it again.
    pub(crate) fn begin(&mut self, binaries: &Binaries) {
        let [http, grpc] = self.ports;
        self.server = Some(Server::start(
            "loki",
            &binaries.loki,
            include_str!("../loki.yaml"),
            &[
                ("HTTP_PORT", http.to_string()),
                ("GRPC_PORT", grpc.to_string()),
                ("DATA", self.data.path().display().to_string()),
                ("METADATA", self.options.metadata.to_string()),
                ("RATE_MB", self.options.rate_mb.to_string()),
                ("MAX_LINE", self.options.max_line.to_string()),
            ],
            |_, config| vec![format!("-config.file={}", config.display())],
            &format!("http://127.0.0.1:{http}/ready"),
        ));
    }

    /// One that was started otherwise.
    pub(crate) fn at(server: Server, port: u16) -> Self {
        let mut loki = Self::chosen(LokiOptions::default());
        loki.ports[0] = port;
        loki.server = Some(server);
        loki
    }

    /// The server of [`Loki::at`], to kill and start again.
    pub(crate) fn server(&mut self) -> &mut Server {
        self.server.as_mut().expect("it was started")
    }

    /// Ends it at once. What it had is in its write-ahead log.
    pub(crate) fn stop(&mut self) {
        self.server = None;
    }

    pub(crate) fn push_url(&self) -> String {
        format!("http://127.0.0.1:{}/loki/api/v1/push", self.ports[0])
    }

    /// Where the Collector sends OTLP.
    pub(crate) fn otlp_url(&self) -> String {
        format!("http://127.0.0.1:{}/otlp", self.ports[0])
    }

    /// What a query for lines gives, of the last hour, the oldest first.
    pub(crate) fn lines(&self, query: &str) -> Result<Vec<Line>, String> {
        let until = (now() as u64 + 60) * 1_000_000_000;
        let mut from = until - 3_600 * 1_000_000_000;
        let mut lines = Vec::new();
        // A page ends in the middle of no moment: no two of our lines have the same time.
        loop {
            let page = self.page(query, from, until)?;
            let Some(last) = page.last().filter(|_| page.len() == PAGE) else {
                lines.extend(page);
                return Ok(lines);
            };
            from = last.time + 1;
            lines.extend(page);
        }
    }

    fn page(&self, query: &str, from: u64, until: u64) -> Result<Vec<Line>, String> {
        let answer = self.ask(
            "query_range",
            &[
                ("query", query),
                ("start", &from.to_string()),
                ("end", &until.to_string()),
                ("limit", &PAGE.to_string()),
                ("direction", "forward"),
            ],
        )?;
        let mut lines = Vec::new();
        for stream in answer["data"]["result"].as_array().ok_or("no result")? {
            let labels: BTreeMap<String, String> =
                serde_json::from_value(stream["stream"].clone()).map_err(|e| e.to_string())?;
            for value in stream["values"].as_array().ok_or("no values")? {
                let text = |at: usize| value[at].as_str().unwrap_or_default().to_owned();
                lines.push(Line {
                    time: text(0).parse().map_err(|_| "no time")?,
                    labels: labels.clone(),
                    text: text(1),
                });
            }
        }
        lines.sort_by_key(|line| line.time);
        Ok(lines)
    }

    /// How many lines of the last hour a selector finds.
    pub(crate) fn count(&self, selector: &str) -> Result<u64, String> {
        Ok(self.sum(&format!("sum(count_over_time({selector}[1h]))"))? as u64)
    }

    /// What a query that counts comes to in a moment, over all its series.
    pub(crate) fn sum(&self, query: &str) -> Result<f64, String> {
        let at = format!("{}", now() + 30.0);
        let answer = self.ask("query", &[("query", query), ("time", &at)])?;
        let series = answer["data"]["result"].as_array().ok_or("no result")?;
        let values = series.iter().map(|series| &series["value"][1]);
        values
            .map(|value| {
                let text = value.as_str().unwrap_or_default();
                text.parse::<f64>().map_err(|_| value.to_string())
            })
            .sum()
    }

    fn ask(&self, what: &str, query: &[(&str, &str)]) -> Result<Value, String> {
        let url = format!("http://127.0.0.1:{}/loki/api/v1/{what}", self.ports[0]);
        get_json(&url, query)
    }
}
