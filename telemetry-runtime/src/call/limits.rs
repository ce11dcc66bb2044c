//! How much of a call's values is kept; changed by `init` and `reload`.

use std::borrow::Cow;
use std::sync::{Arc, PoisonError, RwLock};

use super::capture::Params;
use crate::config::{Calls, ParamsCapture};
use crate::value::Value;

static LIMITS: RwLock<Option<Limits>> = RwLock::new(None);

#[derive(Clone)]
struct Limits {
    /// Characters.
    max_length: usize,
    /// Parts of names that look like secrets, in lower case.
    redact: Arc<[String]>,
}

pub(crate) fn configure(calls: &Calls) {
    *LIMITS.write().unwrap_or_else(PoisonError::into_inner) = Some(Limits {
        max_length: calls.params_max_length,
        redact: calls.params_redact.as_slice().into(),
    });
}

fn limits() -> Limits {
    let limits = LIMITS.read().unwrap_or_else(PoisonError::into_inner);
    limits.clone().unwrap_or_else(|| Limits {
        max_length: 200,
        redact: Arc::new([]),
    })
}

/// Characters of a value that are kept.
pub(crate) fn max_length() -> usize {
    limits().max_length
}

/// What `capture` gives, as attributes.
pub(crate) fn with_params(
    mode: ParamsCapture,
    capture: impl FnOnce(&mut Params<'_>),
) -> Vec<(Cow<'static, str>, Value)> {
    let mut attributes = Vec::new();
    if mode != ParamsCapture::None {
        let Limits { max_length, redact } = limits();
        capture(&mut Params::new(&mut attributes, mode, max_length, &redact));
    }
    attributes
}
