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

/// The cases that every program has, by the names that tables share, of a module with the
/// functions of [`work`](crate::work), instrumented.
#[macro_export]
macro_rules! cases {
    ($functions:ident) => {{
        use $crate::Case;
        use $crate::work::{self, caught, drive, some_text};
        vec![
            Case::new("call", $functions::call, work::call),
            Case::within(
                "child of a call",
                |calls| $functions::parent(calls),
                $functions::call,
                work::call,
            ),
            Case::new(
                "two numbers",
                |number| $functions::numbers(number, 1.5),
                |number| work::numbers(number, 1.5),
            ),
            Case::new(
                "a text",
                |_| $functions::text(some_text()),
                |_| work::text(some_text()),
            ),
            Case::new(
                "Ok",
                |number| $functions::result(number, false),
                |number| work::result(number, false),
            ),
            Case::new(
                "Err",
                |number| $functions::result(number, true),
                |number| work::result(number, true),
            ),
            Case::new(
                "panic",
                |number| caught(|| $functions::panics(number)),
                |number| caught(|| work::panics(number)),
            ),
            Case::new(
                "async, ready",
                |number| drive($functions::ready(number)),
                |number| drive(work::ready(number)),
            ),
            Case::new(
                "async, 1 pending",
                |number| drive($functions::waits(number, 1)),
                |number| drive(work::waits(number, 1)),
            ),
            Case::new(
                "async, 10 pending",
                |number| drive($functions::waits(number, 10)),
                |number| drive(work::waits(number, 10)),
            ),
        ]
    }};
}
