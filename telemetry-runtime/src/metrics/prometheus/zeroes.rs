//! Which counters have been shown.

use std::collections::HashSet;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash};
use std::sync::{Arc, Mutex, PoisonError};

/// The counters that earlier scrapes showed, by hash: eight bytes a counter. Two that
/// share a hash, one in 2⁶⁴, would cost the second one its zero.
#[derive(Debug, Default)]
pub(super) struct Shown(Mutex<Arc<HashSet<u64>>>);

impl Shown {
    pub(super) fn scrape(&self) -> Zeroes {
        let shown = Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner));
        Zeroes {
            shown,
            fresh: Vec::new(),
        }
    }

    /// To be called when the client has got the page: what it showed for the first time
    /// has its value from now on.
    pub(super) fn delivered(&self, zeroes: Zeroes) {
        let Zeroes { shown, fresh } = zeroes;
        drop(shown);
        if !fresh.is_empty() {
            let mut shown = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::make_mut(&mut shown).extend(fresh);
        }
    }
}

/// What one scrape shows for the first time.
pub(super) struct Zeroes {
    shown: Arc<HashSet<u64>>,
    fresh: Vec<u64>,
}

impl Zeroes {
    /// No scrape has shown this counter: it is to be 0.
    pub(super) fn due(&mut self, counter: impl Hash) -> bool {
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(counter);
        let due = !self.shown.contains(&hash);
        if due {
            self.fresh.push(hash);
        }
        due
    }
}
