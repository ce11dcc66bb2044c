//! From names in the configuration to exporters.

use super::queues::Queues;
use crate::config::{Backend, Config, MetricsExporter, TracesExporter};
use crate::error::Error;
use crate::export::{Exporter, Signal};

type Made = Result<Box<dyn Exporter>, Error>;

/// Starts what `traces_exporter` names.
pub(crate) fn start_traces(config: &Config, queues: &Queues) -> Result<(), Error> {
    let traces = &config.traces;
    for exporter in traces.exporters.iter().filter(|_| traces.enabled) {
        let config = config.clone();
        match exporter {
            TracesExporter::Otlp => {
                queues.start("otlp", traces.queue, move || otlp(&config, &config.traces.backend, Signal::Traces))
            }
            #[cfg(feature = "console")]
            TracesExporter::Console => queues.start("console", traces.queue, move || {
                Ok(Box::new(crate::trace::console::Console::new(config.console_format)))
            }),
            #[cfg(feature = "file")]
            TracesExporter::File => queues.start("file", traces.queue, move || {
                Ok(Box::new(crate::export::file::File::new(&config.traces.file)))
            }),
            #[cfg(feature = "zipkin")]
            TracesExporter::Zipkin => queues.start("zipkin", traces.queue, move || {
                Ok(Box::new(crate::trace::zipkin::Zipkin::new(&config.traces.zipkin)?))
            }),
            #[expect(clippy::allow_attributes, reason = "reachable only where a feature is off")]
            #[allow(unreachable_patterns, reason = "the configuration names the feature before")]
            _ => Err(off("traces_exporter")),
        }?;
    }
    Ok(())
}
