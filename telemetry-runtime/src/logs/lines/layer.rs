//! `tracing`'s events as lines.

use std::cell::RefCell;

use tracing_core::span::{Attributes, Id, Record};
use tracing_core::{Event, Level, Subscriber};
use tracing_log::NormalizeEvent;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::filter::Chosen;
use super::front::FRONT;
use super::thread::help;
use super::visit::{Fields, Keep, Scratch, Visitor, without_secrets};
use crate::call::{self, Surroundings, with_rules};
use crate::collector::add_left_out;
use crate::export::is_own_thread;
use crate::logs::{settings, span_of};
use crate::names::attribute::TOOL_NAME;
use crate::names::log::TARGET;
use crate::otlp::logs::{Severity, record};

/// Takes what the program writes by `tracing`, and by `log` where that is bridged to `tracing`,
/// to wherever `logs_exporter` says: with `tool_name`, `trace_id`, `span_id` of the active tool and the
/// fields of the `tracing` spans around.
///
/// [`init`](crate::init) installs it where the program has no subscriber of its own. One that has
/// adds it there, before or after `init`:
///
/// ```
/// use tracing_subscriber::prelude::*;
///
/// # fn main() -> Result<(), telemetry_runtime::Error> {
/// tracing_subscriber::registry()
///     .with(telemetry_runtime::logs::layer())
///     .init();
/// let _telemetry = telemetry_runtime::init()?;
/// tracing::info!(answer = 42, "found");
/// # Ok(())
/// # }
/// ```
///
/// It filters for itself, by `log_filter`, `RUST_LOG` or `log_level`, and leaves what other
/// layers see as it is. Before `init` and after shutdown it does nothing.
pub fn layer<S>() -> impl Layer<S> + Send + Sync + 'static
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    Taking.with_filter(Chosen)
}

struct Taking;

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

impl<S> Layer<S> for Taking
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if attributes.is_empty() {
            return;
        }
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        with_rules(|rules| {
            attributes.record(&mut Keep {
                fields: &mut fields,
                rules,
            });
        });
        span.extensions_mut().insert(fields);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        // Not under the span's lock: formatting runs code of the user's.
        let mut fields = span.extensions_mut().remove::<Fields>().unwrap_or_default();
        with_rules(|rules| {
            values.record(&mut Keep {
                fields: &mut fields,
                rules,
            });
        });
        span.extensions_mut().replace(fields);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let (writes, attaches) = (FRONT.is_on(), settings::attaches_events());
        if !(writes || attaches) || is_own_thread() {
            return;
        }
        let Some(around) = call::surroundings() else {
            return;
        };
        if writes {
            write(event, &context, around);
        }
        if attaches && around.tool.is_some() && around.ids.sampled {
            attach(event);
        }
    }
}

fn write<S>(event: &Event<'_>, context: &Context<'_, S>, around: Surroundings)
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let help_needed = SCRATCH.try_with(|scratch| {
        // In use where formatting a value writes a line itself.
        scratch
            .try_borrow_mut()
            .ok()
            .map(|mut scratch| encode(event, context, around, &mut scratch))
    });
    let help_needed = match help_needed {
        Ok(Some(help_needed)) => help_needed,
        _ => encode(event, context, around, &mut Scratch::default()),
    };
    if help_needed {
        help();
    }
}

/// Memory of a scratch beyond which it is not kept.
const LARGE: usize = 64 * 1024;

fn encode<S>(
    event: &Event<'_>,
    context: &Context<'_, S>,
    around: Surroundings,
    scratch: &mut Scratch,
) -> bool
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let bridged = event.normalized_metadata();
    let metadata = bridged.as_ref().unwrap_or_else(|| event.metadata());
    scratch.clear();
    let Scratch {
        line,
        names,
        message,
        text,
        known,
    } = scratch;
    with_rules(|rules| {
        record(line, |log| {
            log.begin(0, 0, severity(metadata.level()), span_of(around.ids));
            if let Some(tool) = around.tool {
                log.text(TOOL_NAME, tool.name);
            }
            log.text(TARGET, metadata.target());
            let mut visitor = Visitor {
                log,
                names,
                message,
                text,
                known,
                rules,
                left_out: 0,
            };
            event.record(&mut visitor);
            // From the innermost on: what is said there holds.
            if let Some(scope) = context.event_scope(event) {
                for span in scope {
                    if let Some(fields) = span.extensions().get::<Fields>() {
                        let fields = fields.0.iter();
                        fields.for_each(|(name, value)| visitor.field(name, value));
                    }
                }
            }
            let left_out = visitor.left_out;
            if left_out > 0 {
                add_left_out(left_out);
                log.dropped_attributes(left_out);
            }
            log.body(&without_secrets(message, rules));
            if bridged.is_none() && !metadata.name().starts_with("event ") {
                log.event_name(metadata.name());
            }
        });
    });
    let help_needed = FRONT.put(line, true);
    if line.capacity() > LARGE {
        *scratch = Scratch::default();
    }
    help_needed
}

#[cold]
fn attach(event: &Event<'_>) {
    let mut fields = Fields::default();
    with_rules(|rules| {
        event.record(&mut Keep {
            fields: &mut fields,
            rules,
        });
    });
    let message = fields.0.iter().position(|(name, _)| *name == "message");
    let name = match message.map(|message| fields.0.remove(message).1) {
        Some(message) => message.to_string(),
        None => event.metadata().name().to_owned(),
    };
    let level = ("level", severity(event.metadata().level()).as_str().into());
    call::current().add_event(name, std::iter::once(level).chain(fields.0));
}

fn severity(level: &Level) -> Severity {
    match *level {
        Level::TRACE => Severity::Trace,
        Level::DEBUG => Severity::Debug,
        Level::INFO => Severity::Info,
        Level::WARN => Severity::Warn,
        Level::ERROR => Severity::Error,
    }
}
