//! Something that is called, and the same without what is measured.

use std::hint::black_box;

/// Makes so many calls.
pub type Calls = Box<dyn Fn(u64) + Send + Sync>;

/// One thing to measure.
pub struct Case {
    /// What tables call it.
    pub name: &'static str,
    /// With instrumentation.
    pub with: Calls,
    /// Without.
    pub bare: Calls,
}

impl Case {
    /// Of one call with and one without. Each becomes a loop of its own, so that the call is
    /// compiled into it as it would be in a program.
    pub fn new<A, B>(
        name: &'static str,
        with: impl Fn(u64) -> A + Send + Sync + 'static,
        bare: impl Fn(u64) -> B + Send + Sync + 'static,
    ) -> Self {
        Self {
            name,
            with: repeated(with),
            bare: repeated(bare),
        }
    }

    /// Of calls that all happen inside one of another function, which makes them: `around` is
    /// given them once a batch.
    pub fn within<A, B>(
        name: &'static str,
        around: impl Fn(&dyn Fn()) + Send + Sync + 'static,
        with: impl Fn(u64) -> A + Send + Sync + 'static,
        bare: impl Fn(u64) -> B + Send + Sync + 'static,
    ) -> Self {
        Self {
            name,
            with: Box::new(move |count| around(&|| repeat(count, &with))),
            bare: repeated(bare),
        }
    }
}

/// So many calls, one after the other.
pub fn repeated<T>(call: impl Fn(u64) -> T + Send + Sync + 'static) -> Calls {
    Box::new(move |count| repeat(count, &call))
}

#[inline(always)]
fn repeat<T>(count: u64, call: &impl Fn(u64) -> T) {
    for number in 0..count {
        let _ = black_box(call(black_box(number)));
    }
}
