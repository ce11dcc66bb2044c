//! Boxes of details that have been taken in, on their way back to the thread that fills them: else each call with
//! parameters would ask the allocator for two pieces of memory that another thread has to give back, and
//! would be the first to touch them.

use std::sync::{Mutex, PoisonError};

use crate::call::record::Details;
use crate::sync::is_child;

/// As they go into records and come back.
pub(crate) type Boxes = Vec<Box<Details>>;

/// Of one thread, empty but for the room of their lists.
pub(crate) struct Spares(Mutex<Boxes>);

/// A box with room for more attributes than these is not kept.
const MOST_ATTRIBUTES: usize = 8;
/// Boxes of one thread, however much memory there is.
const MOST: usize = 1024;
/// Of the bytes of details that a thread may have under way, so many for each box, which takes
/// 700 with a list of eight.
const SHARE_OF_ONE: usize = 2048;

impl Spares {
    pub(super) fn new() -> Self {
        Self(Mutex::default())
    }

    /// Those of `used` that a thread may keep which may have details of `share` bytes under way.
    pub(super) fn put(&self, used: &mut Boxes, share: usize) {
        let most = MOST.min(share / SHARE_OF_ONE);
        let mut spares = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for mut details in used.drain(..) {
            if spares.len() < most && details.attributes.capacity() <= MOST_ATTRIBUTES {
                details.clear();
                spares.push(details);
            }
        }
    }

    /// All there are, where nobody puts any at this moment, in the place of `none`.
    pub(super) fn take(&self, none: &mut Boxes) {
        if !is_child()
            && let Ok(mut spares) = self.0.try_lock()
        {
            std::mem::swap(none, &mut spares);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn details(attributes: usize) -> Box<Details> {
        let attribute = |number| (format!("key {number}").into(), "text".into());
        Box::new(Details {
            attributes: (0..attributes).map(attribute).collect(),
            params: 1,
            looked_at: 7,
            error_message: Some("of the call before".to_owned()),
            ..Details::default()
        })
    }

    #[test]
    fn what_comes_back_has_room_and_nothing_in_it() {
        let spares = Spares::new();
        spares.put(&mut vec![details(2), details(MOST_ATTRIBUTES + 1)], 1 << 20);
        let mut taken = Vec::new();
        spares.take(&mut taken);
        let [one] = &*taken else {
            panic!("{} boxes", taken.len());
        };
        assert!(one.attributes.capacity() >= 2);
        assert_eq!(format!("{one:?}"), format!("{:?}", Details::default()));
        taken.clear();
        spares.take(&mut taken);
        assert!(taken.is_empty());
    }

    #[test]
    fn no_more_are_kept_than_a_thread_may_have() {
        let spares = Spares::new();
        for _ in 0..3 {
            let mut used = (0..2).map(|_| details(1)).collect();
            spares.put(&mut used, 3 * SHARE_OF_ONE);
            assert!(used.is_empty());
        }
        let mut taken = Vec::new();
        spares.take(&mut taken);
        assert_eq!(taken.len(), 3);
    }
}
