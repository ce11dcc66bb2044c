//! Calls captured in memory, for tests of what your own functions do.
//!
//! ```
//! use telemetry_runtime::testing::{self, Outcome};
//! use telemetry_runtime::{current, tool};
//!
//! #[tool]
//! fn parse(text: &str) -> Result<u16, std::num::ParseIntError> {
//!     text.parse()
//! }
//!
//! #[tool]
//! fn sum(texts: &[&str]) -> u16 {
//!     let numbers = texts.iter().filter_map(|text| parse(text).ok());
//!     let sum = numbers.sum();
//!     current().set_attribute("result", sum);
//!     sum
//! }
//!
//! # fn main() {
//! // #[test] fn sums_what_can_be_parsed() {
//! let calls = testing::capture();
//! assert_eq!(sum(&["1", "x"]), 1);
//!
//! let sum = calls.one("sum");
//! assert_eq!(sum.outcome, Outcome::Success);
//! assert_eq!(sum.attribute("result"), Some(&1.into()));
//! let failed = &calls.named("parse")[1];
//! assert_eq!(failed.error_type.as_deref(), Some("ParseIntError"));
//! assert_eq!(failed.param("text"), Some(&"x".into()));
//! assert!(failed.is_child_of(&sum));
//!
//! // The whole, for a snapshot:
//! assert_eq!(
//!     calls.tree(),
//!     r#"sum(texts=["1", "x"]) success result=1
//!   parse(text=1) success
//!   parse(text=x) error ParseIntError: invalid digit found in string
//! "#
//! );
//! # }
//! ```
//!
//! Nothing has to be set up: no `init`, no file, no exporter. Where telemetry runs all the same,
//! calls go there too, and its settings hold (redaction, lengths, `params_capture`); without it
//! those of an empty file do, whatever the environment says.
//!
//! # Which calls
//!
//! Those of the thread that called [`capture`], for as long as what it gave lives, and those
//! that belong to them wherever they run: in a future that is polled elsewhere, in what
//! [`Current::run`](crate::Current::run) and [`Current::wrap`](crate::Current::wrap) take to
//! threads and tasks, and in calls with a parent from another process. Tests that run at the same time do not see each
//! other's. A thread that knows nothing of the call that made it, as in production, is not seen.
//!
//! In an `async` test a capture can be held across `.await`, where its future stays on one
//! thread, as those of `#[tokio::test]` do.
//!
//! A call is seen when it has ended; one that panicked too.

mod call;
mod tree;

use std::fmt;
use std::marker::PhantomData;

pub use call::{Call, Event, Outcome};

#[cfg(feature = "_calls")]
use crate::call::captures::Scope;
#[cfg(not(feature = "_calls"))]
use crate::disabled::captures::Scope;

/// Captures calls from now on, until what this gives is dropped.
///
/// Captures may be nested: an outer one sees what an inner one does.
#[must_use = "calls are captured until this is dropped: bind it to a name"]
pub fn capture() -> Calls {
    Calls {
        scope: Scope::begin(),
        not_send: PhantomData,
    }
}

/// What [`capture`] has captured so far.
///
/// ```compile_fail
/// fn moves<T: Send>(_: T) {}
/// moves(telemetry_runtime::testing::capture()); // it belongs to its thread
/// ```
pub struct Calls {
    scope: Scope,
    not_send: PhantomData<*const ()>,
}

impl Calls {
    /// All that have ended, in the order in which they began.
    #[must_use]
    pub fn all(&self) -> Vec<Call> {
        self.scope.calls()
    }

    /// Those of one tool.
    #[must_use]
    pub fn named(&self, tool: &str) -> Vec<Call> {
        let mut calls = self.all();
        calls.retain(|call| call.name == tool);
        calls
    }

    /// The only call of a tool.
    ///
    /// # Panics
    ///
    /// Where there is none, or more than one.
    #[must_use]
    #[track_caller]
    pub fn one(&self, tool: &str) -> Call {
        let mut calls = self.named(tool);
        match (calls.pop(), calls.len()) {
            (Some(call), 0) => call,
            (_, 0) if !Scope::RECORDS => panic!(
                "no call is captured where none of telemetry-runtime's features `trace`, `metrics`, `logs`, `drift` is on"
            ),
            (_, 0) => panic!("no call of `{tool}` among these:\n{self}"),
            (_, more) => panic!("{} calls of `{tool}` among these:\n{self}", more + 1),
        }
    }

    /// Those that were made by a call, itself left out.
    #[must_use]
    pub fn children(&self, of: &Call) -> Vec<Call> {
        let mut calls = self.all();
        calls.retain(|call| call.is_child_of(of));
        calls
    }

    /// A line a call, children below it and further in: its parameters, outcome, error and
    /// other attributes, without times and ids, so that it is the same each time.
    #[must_use]
    pub fn tree(&self) -> String {
        tree::of(&self.all())
    }
}

impl fmt::Display for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.tree())
    }
}

impl fmt::Debug for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.all()).finish()
    }
}
