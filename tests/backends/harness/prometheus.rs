//! Prometheus: its own OTLP receiver, what it scrapes, PromQL.

use std::collections::BTreeMap;

use serde_json::Value;

use super::http::get_json;
use super::patience::eventually;
use super::{Binaries, ports, server::Server};

pub(crate) struct Prometheus {
    pub(crate) server: Server,
    pub(crate) port: u16,
}

/// One series of an answer at one time.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) labels: BTreeMap<String, String>,
    /// Seconds since 1970.
    pub(crate) time: f64,
    pub(crate) value: f64,
}

impl Prometheus {
    /// `scraped` are the `host:port` of pull endpoints; may be empty.
    pub(crate) fn start(binaries: &Binaries, scraped: &[String]) -> Self {
        let port = ports::free();
        let server = Server::start(
            "prometheus",
            &binaries.prometheus,
            include_str!("../prometheus.yaml"),
            &[("SCRAPE_TARGETS", format!("{scraped:?}"))],
            |folder, config| {
                vec![
                    format!("--config.file={}", config.display()),
                    format!("--web.listen-address=127.0.0.1:{port}"),
                    format!("--storage.tsdb.path={}", folder.join("data").display()),
                    "--web.enable-otlp-receiver".to_owned(),
                    "--enable-feature=exemplar-storage".to_owned(),
                ]
            },
            &format!("http://127.0.0.1:{port}/-/ready"),
        );
        Self::at(server, port)
    }

    /// One that was started otherwise.
    pub(crate) fn at(server: Server, port: u16) -> Self {
        Self { server, port }
    }

    /// Where OTLP/HTTP metrics go.
    pub(crate) fn metrics_endpoint(&self) -> String {
        format!("http://127.0.0.1:{}/api/v1/otlp/v1/metrics", self.port)
    }

    /// Waits until a query that sums gives `expected`.
    #[track_caller]
    pub(crate) fn comes_to(&self, expression: &str, expected: f64) {
        eventually(expression, || match self.query(expression)?.as_slice() {
            [sample] if sample.value == expected => Ok(()),
            other => Err(format!("{other:?}, not {expected}")),
        });
    }

    /// An instant query, now.
    pub(crate) fn query(&self, expression: &str) -> Result<Vec<Sample>, String> {
        self.instant(&[("query", expression)])
    }

    /// An instant query at a time in seconds since 1970.
    pub(crate) fn query_at(&self, expression: &str, time: f64) -> Result<Vec<Sample>, String> {
        self.instant(&[("query", expression), ("time", &format!("{time:.3}"))])
    }

    fn instant(&self, query: &[(&str, &str)]) -> Result<Vec<Sample>, String> {
        let result = self.ask("query", query)?;
        result["result"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|series| sample(&series["metric"], &series["value"]))
            .collect()
    }

    /// Every stored sample of `selector` in the five minutes before `time`, a vector a series.
    pub(crate) fn stored(&self, selector: &str, time: f64) -> Result<Vec<Vec<Sample>>, String> {
        let expression = format!("{selector}[5m]");
        let result = self.ask(
            "query",
            &[("query", &expression), ("time", &format!("{time:.3}"))],
        )?;
        let series = result["result"].as_array().into_iter().flatten();
        series
            .map(|series| {
                let values = series["values"].as_array().into_iter().flatten();
                values
                    .map(|value| sample(&series["metric"], value))
                    .collect()
            })
            .collect()
    }

    /// The exemplars of `selector` in the ten minutes before `now`.
    pub(crate) fn exemplars(&self, selector: &str, now: f64) -> Result<Vec<Exemplar>, String> {
        let (start, end) = (format!("{:.3}", now - 600.0), format!("{:.3}", now + 60.0));
        let result = self.ask(
            "query_exemplars",
            &[("query", selector), ("start", &start), ("end", &end)],
        )?;
        let series = result.as_array().into_iter().flatten();
        series
            .flat_map(|series| {
                let exemplars = series["exemplars"].as_array().into_iter().flatten();
                exemplars.map(|exemplar| {
                    Ok(Exemplar {
                        series: labels(&series["seriesLabels"]),
                        labels: labels(&exemplar["labels"]),
                        value: number(&exemplar["value"])?,
                    })
                })
            })
            .collect()
    }

    fn ask(&self, endpoint: &str, query: &[(&str, &str)]) -> Result<Value, String> {
        let url = format!("http://127.0.0.1:{}/api/v1/{endpoint}", self.port);
        let mut answer = get_json(&url, query)?;
        match answer["status"].as_str() {
            Some("success") => Ok(answer["data"].take()),
            _ => Err(answer.to_string()),
        }
    }
}

/// An observation that Prometheus kept as an example of its bucket.
#[derive(Clone, Debug)]
pub(crate) struct Exemplar {
    pub(crate) series: BTreeMap<String, String>,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) value: f64,
}

fn sample(metric: &Value, value: &Value) -> Result<Sample, String> {
    let time = value[0]
        .as_f64()
        .ok_or_else(|| format!("no time in {value}"))?;
    Ok(Sample {
        labels: labels(metric),
        time,
        value: number(&value[1])?,
    })
}

/// Prometheus writes numbers as strings, so that there can be `NaN`.
fn number(value: &Value) -> Result<f64, String> {
    value
        .as_str()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| format!("no number: {value}"))
}

fn labels(metric: &Value) -> BTreeMap<String, String> {
    let pairs = metric.as_object().into_iter().flatten();
    pairs
        .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
        .collect()
}
