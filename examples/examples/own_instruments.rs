//! The program's own OpenTelemetry counter and span, beside its tools.
//!
//! ```text
//! cargo run --example own_instruments
//! ```
//!
//! What to look for: the span `render` of OpenTelemetry's SDK stands between the tools
//! `make_page` and `load_template`, all three in one trace. The counter `pages.made` is in
//! the same table as the tools' metrics. Both went the way that `traces_exporter` and
//! `metrics_exporter` say; there is no other set-up.

use opentelemetry::trace::{TraceContextExt as _, Tracer as _};
use opentelemetry::{KeyValue, global};
use telemetry_runtime::{Error, Telemetry, tool};

#[tool]
fn make_page(title: &str) -> String {
    let page = global::tracer("own_instruments").in_span("render", |context| {
        context
            .span()
            .set_attribute(KeyValue::new("page.title", title.to_owned()));
        load_template("page").replace("{title}", title)
    });
    global::meter("own_instruments")
        .u64_counter("pages.made")
        .build()
        .add(1, &[KeyValue::new("page.kind", "report")]);
    page
}

#[tool]
fn load_template(name: &str) -> String {
    format!("<{name}><h1>{{title}}</h1></{name}>")
}

fn main() -> Result<(), Error> {
    let _telemetry = Telemetry::builder()
        .no_file()
        .service_name("pages")
        .set("traces_exporter", "console")
        .set("metrics_exporter", "console")
        .init()?;

    for title in ["Monday", "Tuesday"] {
        make_page(title);
    }
    // Dropped here, the guard sends the spans and, once more, the metrics.
    Ok(())
}
