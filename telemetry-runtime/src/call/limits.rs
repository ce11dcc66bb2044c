//! How much of a call's values is kept; changed by `init` and `reload`.

use std::borrow::Cow;
use std::sync::{Arc, PoisonError, RwLock};

use super::capture::Params;
use crate::config::{Calls, ParamsCapture};
use crate::value::Value;

static LIMITS: RwLock<Option<Arc<Calls>>> = RwLock::new(None);

pub(crate) fn configure(calls: Arc<Calls>) {
    *LIMITS.write().unwrap_or_else(PoisonError::into_inner) = Some(calls);
}

fn limits() -> Arc<Calls> {
    let limits = LIMITS.read().unwrap_or_else(PoisonError::into_inner);
    limits.clone().unwrap_or_default()
}

/// Characters of a value that are kept.
pub(crate) fn max_length() -> usize {
    limits().params_max_length
}

/// What `capture` gives, as attributes.
pub(crate) fn with_params(
    mode: ParamsCapture,
    capture: impl FnOnce(&mut Params<'_>),
) -> Vec<(Cow<'static, str>, Value)> {
    let mut attributes = Vec::new();
    if mode != ParamsCapture::None {
        capture(&mut Params::new(&mut attributes, mode, &limits()));
    }
    attributes
}
