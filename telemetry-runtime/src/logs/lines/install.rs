//! The layer as the program's subscriber, where it has none.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use tracing_core::{Dispatch, LevelFilter, dispatcher};
use tracing_log::{AsLog, LogTracer, log};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt;

use super::layer::layer;

/// Installs the layer and the bridge from `log`; what is there stays.
pub(crate) fn install() {
    if dispatcher::has_been_set() {
        return;
    }
    let subscriber = Registry::default().with(layer());
    // Somebody may be as quick on another thread.
    if dispatcher::set_global_default(Dispatch::new(subscriber)).is_ok() {
        BRIDGED.store(LogTracer::init().is_ok(), Relaxed);
        tell_log();
    }
}

/// The bridge from `log` is ours.
static BRIDGED: AtomicBool = AtomicBool::new(false);

/// `log` asks for a level before it asks anybody else.
pub(super) fn tell_log() {
    if BRIDGED.load(Relaxed) {
        log::set_max_level(LevelFilter::current().as_log());
    }
}
