//! The endpoint that Prometheus scrapes. The example scrapes itself.
//!
//! ```text
//! cargo run --example prometheus
//! ```
//!
//! What to look for: `tool_calls_total` and `tool_errors_total` with the same labels, an error
//! counter at 0 for the tool without errors, and the counts of `tool_duration`. The first
//! scrape that shows a tool shows it with 0, else Prometheus would never see it begin: `rate`
//! needs two points. In a program of your own leave `prometheus_listen` out: it is
//! 127.0.0.1:9464 then.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::num::ParseFloatError;
use std::time::Duration;

use telemetry_runtime::{Telemetry, health, tool};

#[tool]
fn read_price(text: &str) -> Result<f64, ParseFloatError> {
    text.parse()
}

#[tool]
fn add_tax(price: f64) -> f64 {
    price * 1.19
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let telemetry = Telemetry::builder()
        .no_file()
        .service_name("shop")
        .environment("example")
        .set("traces_exporter", "none")
        .set("metrics_exporter", "prometheus")
        // Any port that is free.
        .set("prometheus_listen", "127.0.0.1:0")
        .init()?;

    for text in ["12.50", "free", "3.99", "100"] {
        if let Ok(price) = read_price(text) {
            add_tax(price);
        }
    }

    // A scrape tells what the collector has, which is some milliseconds old: not for a scraper,
    // but for who scrapes right after the calls.
    telemetry.flush(Duration::from_secs(5));
    let address = health().prometheus.ok_or("no endpoint was asked for")??;
    for attempt in ["first", "second"] {
        println!("\n# {attempt} GET http://{address}/metrics, its lines about tools");
        let page = scrape(address)?;
        let is_told = |line: &&str| line.starts_with("tool_") && !line.contains("_bucket");
        for line in page.lines().filter(is_told) {
            println!("{line}");
        }
    }
    Ok(())
}

fn scrape(address: SocketAddr) -> std::io::Result<String> {
    let mut connection = TcpStream::connect(address)?;
    let request = format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes())?;
    let mut response = String::new();
    connection.read_to_string(&mut response)?;
    Ok(response)
}
