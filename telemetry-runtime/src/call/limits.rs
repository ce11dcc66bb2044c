//! How much of a call's values is kept; changed by `init` and `reload`.

use std::cell::Cell;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock};

use super::attributes::Attributes;
use super::capture::Params;
use crate::config::{Calls, ParamsCapture, Redaction};

static CALLS: RwLock<Option<Arc<Calls>>> = RwLock::new(None);
/// Rises with each change, so that threads know theirs for old.
static GENERATION: AtomicU32 = AtomicU32::new(0);

thread_local! {
    /// Away while they are in use: a `Debug` of a user may call a tool.
    static RULES: Cell<Option<Box<Rules>>> = const { Cell::new(None) };
}

/// What holds for values, with what one thread has found out about names.
#[derive(Default)]
pub(crate) struct Rules {
    generation: u32,
    /// Characters of a value that are kept.
    pub(crate) max_length: usize,
    redaction: Redaction,
    /// By the place of a name in memory: names in generated code never move.
    known: HashMap<(usize, usize), bool, BuildHasherDefault<PlaceHasher>>,
}

impl Rules {
    fn now() -> Self {
        // Read first: rules may be newer than their generation, never older.
        let generation = GENERATION.load(Relaxed);
        let calls = CALLS.read().unwrap_or_else(PoisonError::into_inner);
        let Some(calls) = &*calls else {
            return Self::default();
        };
        Self {
            generation,
            max_length: calls.params_max_length,
            redaction: Redaction::new(&calls.params_redact),
            known: HashMap::default(),
        }
    }

    /// Differs where other rules hold.
    pub(crate) fn generation(&self) -> u32 {
        self.generation
    }

    /// Rules for a test.
    #[cfg(test)]
    pub(crate) fn of(calls: &Calls) -> Self {
        Self {
            max_length: calls.params_max_length,
            redaction: Redaction::new(&calls.params_redact),
            ..Self::default()
        }
    }

    /// Whether a name looks like a secret's; found out once.
    pub(crate) fn is_secret(&mut self, name: &'static str) -> bool {
        let place = (name.as_ptr() as usize, name.len());
        *self
            .known
            .entry(place)
            .or_insert_with(|| self.redaction.covers(name))
    }

    /// The same of a name that only the running program knows.
    pub(crate) fn is_secret_now(&self, name: &str) -> bool {
        self.redaction.covers(name)
    }
}

/// Of places in the program's own memory, which nobody chooses who might want them to collide: a
/// multiplication a word, where the standard library's hash is a third of what a number as parameter
/// costs.
#[derive(Default)]
struct PlaceHasher(u64);

impl Hasher for PlaceHasher {
    fn write(&mut self, bytes: &[u8]) {
        bytes
            .iter()
            .for_each(|byte| self.write_usize(usize::from(*byte)));
    }

    #[inline]
    fn write_usize(&mut self, word: usize) {
        // The high bits choose the group of a table's slots, the low ones the slot.
        let mixed = (self.0 ^ word as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ mixed >> 32;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Whether a configuration has been heard.
pub(super) fn are_known() -> bool {
    CALLS
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .is_some()
}

pub(crate) fn configure(calls: Arc<Calls>) {
    *CALLS.write().unwrap_or_else(PoisonError::into_inner) = Some(calls);
    GENERATION.fetch_add(1, Relaxed);
}

/// Uses the rules of this thread. Code of the user's may run meanwhile.
pub(crate) fn with_rules<T>(use_them: impl FnOnce(&mut Rules) -> T) -> T {
    let mine = RULES.try_with(Cell::take).ok().flatten();
    let mine = mine.filter(|rules| rules.generation == GENERATION.load(Relaxed));
    let mut rules = mine.unwrap_or_else(|| Box::new(Rules::now()));
    let result = use_them(&mut rules);
    // While the thread's locals are being destroyed they are made anew each time.
    let _ = RULES.try_with(|place| place.set(Some(rules)));
    result
}

/// Characters of a value that are kept.
pub(crate) fn max_length() -> usize {
    with_rules(|rules| rules.max_length)
}

/// What `capture` gives, as attributes.
pub(crate) fn with_params(
    mode: ParamsCapture,
    capture: impl FnOnce(&mut Params<'_>),
) -> Attributes {
    let mut attributes = Attributes::new();
    add_params(&mut attributes, mode, capture);
    attributes
}

/// The same, at the end of some.
pub(crate) fn add_params(
    attributes: &mut Attributes,
    mode: ParamsCapture,
    capture: impl FnOnce(&mut Params<'_>),
) {
    with_rules(|rules| capture(&mut Params::new(attributes, mode, rules)));
}
