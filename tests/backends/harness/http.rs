//! Small blocking requests to servers on loopback.

use std::sync::LazyLock;
use std::time::Duration;

use serde_json::Value;
use ureq::Agent;

static AGENT: LazyLock<Agent> = LazyLock::new(|| {
    Agent::config_builder()
        .http_status_as_error(false)
        .proxy(None)
        .timeout_global(Some(Duration::from_secs(20)))
        .build()
        .into()
});

/// The body of a 200; everything else is an error that says what came.
pub(crate) fn get(url: &str, query: &[(&str, &str)]) -> Result<String, String> {
    let request = AGENT.get(url).query_pairs(query.iter().copied());
    let mut response = request.call().map_err(|error| format!("{url}: {error}"))?;
    let status = response.status();
    let body = response
        .body_mut()
        .with_config()
        .limit(LARGEST)
        .read_to_string()
        .map_err(|error| format!("{url}: {error}"))?;
    if status == 200 {
        Ok(body)
    } else {
        Err(format!("{url}: {status}: {body}"))
    }
}

/// Bytes of an answer.
const LARGEST: u64 = 256 * 1024 * 1024;

pub(crate) fn get_json(url: &str, query: &[(&str, &str)]) -> Result<Value, String> {
    let body = get(url, query)?;
    serde_json::from_str(&body).map_err(|error| format!("{url}: {error} in {body}"))
}

/// Posts a JSON document; the answer must be a 200.
pub(crate) fn post_json(url: &str, document: &str) -> Result<String, String> {
    let request = AGENT.post(url).content_type("application/json");
    let mut response = request
        .send(document)
        .map_err(|error| format!("{url}: {error}"))?;
    let status = response.status();
    let body = response
        .body_mut()
        .read_to_string()
        .map_err(|error| format!("{url}: {error}"))?;
    if status == 200 {
        Ok(body)
    } else {
        Err(format!("{url}: {status}: {body}"))
    }
}
