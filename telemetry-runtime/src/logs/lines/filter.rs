//! Which lines are taken: levels by target.

use std::sync::{PoisonError, RwLock};

use tracing_core::subscriber::Interest;
use tracing_core::{LevelFilter, Metadata, Subscriber, callsite};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{self, Context};

use crate::config::LogLevel;

/// What holds now. Asked when a place in the code is first come by, and again after a change; what
/// it answered is kept by `tracing` at the place.
static FILTER: RwLock<Option<Targets>> = RwLock::new(None);

/// Levels by target, as `log_filter` and `RUST_LOG` write them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Filter(Targets);

/// `info,hyper=warn,my_crate::db=debug`. `Err` says what of it is not understood.
pub(crate) fn parse(text: &str) -> Result<Filter, String> {
    text.parse()
        .map(Filter)
        .map_err(|_| "found something else than levels by target".to_owned())
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
        Self(Targets::new().with_default(level))
    }

    /// From now on this one holds.
    pub(crate) fn set(self) {
        let mut filter = FILTER.write().unwrap_or_else(PoisonError::into_inner);
        if filter.as_ref() == Some(&self.0) {
            return;
        }
        *filter = Some(self.0);
        drop(filter);
        callsite::rebuild_interest_cache();
        super::install::tell_log();
    }
}

/// The filter of the layer.
pub(super) struct ByTarget;

impl ByTarget {
    fn with<T>(answer: impl FnOnce(&Targets) -> T) -> Option<T> {
        let filter = FILTER.read().unwrap_or_else(PoisonError::into_inner);
        filter.as_ref().map(answer)
    }
}

impl<S: Subscriber> layer::Filter<S> for ByTarget {
    fn enabled(&self, metadata: &Metadata<'_>, _context: &Context<'_, S>) -> bool {
        Self::with(|targets| targets.would_enable(metadata.target(), metadata.level()))
            .unwrap_or(false)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        let enabled =
            Self::with(|targets| targets.would_enable(metadata.target(), metadata.level()));
        match enabled {
            Some(true) => Interest::always(),
            _ => Interest::never(),
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(
            Self::with(|targets| layer::Filter::<S>::max_level_hint(targets))
                .flatten()
                .unwrap_or(LevelFilter::OFF),
        )
    }
}
