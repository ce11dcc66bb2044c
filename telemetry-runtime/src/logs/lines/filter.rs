//! Which lines are taken: levels by target, span and field, as `EnvFilter` understands them.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock};

use tracing_core::span::{Attributes, Id, Record};
use tracing_core::subscriber::Interest;
use tracing_core::{LevelFilter, Metadata, Subscriber, callsite};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::Directive;
use tracing_subscriber::layer::{self, Context};

use crate::config::LogLevel;

/// What holds now. Asked when a place in the code is first come by, and again after a change; what
/// it answered is kept by `tracing` at the place, unless it depends on the spans around.
static FILTER: RwLock<Option<Arc<Filter>>> = RwLock::new(None);

/// It looks at spans: only then is it told of them.
static BY_SPAN: AtomicBool = AtomicBool::new(false);

/// Directives, as `log_filter` and `RUST_LOG` write them.
#[derive(Debug)]
pub(crate) struct Filter {
    directives: String,
    filter: EnvFilter,
}

/// `info,hyper=warn,my_crate::db[query{rows}]=debug`. `Err` says which directive is not understood,
/// and why.
pub(crate) fn parse(text: &str) -> Result<Filter, String> {
    let directives: Vec<_> = text.split(',').map(str::trim).collect();
    for directive in directives.iter().filter(|one| !one.is_empty()) {
        directive
            .parse::<Directive>()
            .map_err(|why| format!("found {directive:?} ({why})"))?;
    }
    let directives = directives.join(",");
    // Each is understood, so all are.
    let filter = EnvFilter::try_new(&directives).map_err(|why| why.to_string())?;
    Ok(Filter { directives, filter })
}

impl Filter {
    /// One level for all targets.
    pub(crate) fn level(level: LogLevel) -> Self {
        let level = match level {
            LogLevel::Trace => LevelFilter::TRACE,
            LogLevel::Debug => LevelFilter::DEBUG,
            LogLevel::Info => LevelFilter::INFO,
            LogLevel::Warn => LevelFilter::WARN,
            LogLevel::Error => LevelFilter::ERROR,
            // Nothing that `tracing` knows is as grave.
            LogLevel::Critical => LevelFilter::OFF,
        };
        Self {
            directives: level.to_string(),
            filter: EnvFilter::default().add_directive(level.into()),
        }
    }

    /// From now on this one holds. Spans that are open meanwhile are not known to it.
    pub(crate) fn set(self) {
        let mut filter = FILTER.write().unwrap_or_else(PoisonError::into_inner);
        let is_known = |known: &Arc<Self>| known.directives == self.directives;
        if filter.as_ref().is_some_and(is_known) {
            return;
        }
        // A directive of spans or fields has brackets, no other has.
        BY_SPAN.store(self.directives.contains('['), Relaxed);
        *filter = Some(Arc::new(self));
        drop(filter);
        callsite::rebuild_interest_cache();
        super::install::tell_log();
    }
}

/// The filter of the layer.
pub(super) struct Chosen;

impl Chosen {
    /// Not under the lock: values of the user's are formatted to be matched.
    fn filter() -> Option<Arc<Filter>> {
        let filter = FILTER.read().unwrap_or_else(PoisonError::into_inner);
        filter.clone()
    }

    fn by_span() -> Option<Arc<Filter>> {
        BY_SPAN.load(Relaxed).then(Self::filter).flatten()
    }
}

impl<S: Subscriber> layer::Filter<S> for Chosen {
    fn enabled(&self, metadata: &Metadata<'_>, context: &Context<'_, S>) -> bool {
        Self::filter().is_some_and(|chosen| chosen.filter.enabled(metadata, context.clone()))
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        Self::filter().map_or_else(Interest::never, |chosen| {
            layer::Filter::<S>::callsite_enabled(&chosen.filter, metadata)
        })
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Self::filter().map_or(Some(LevelFilter::OFF), |chosen| {
            chosen.filter.max_level_hint()
        })
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(chosen) = Self::by_span() {
            chosen.filter.on_new_span(attributes, id, context);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(chosen) = Self::by_span() {
            chosen.filter.on_record(id, values, context);
        }
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        if let Some(chosen) = Self::by_span() {
            chosen.filter.on_enter(id, context);
        }
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        if let Some(chosen) = Self::by_span() {
            chosen.filter.on_exit(id, context);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        if let Some(chosen) = Self::by_span() {
            chosen.filter.on_close(id, context);
        }
    }
}
