//! The functions that are called, without instrumentation, and what drives those that wait.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

/// What every function here does.
#[inline(always)]
#[must_use]
pub fn body(number: u64) -> u64 {
    number.wrapping_mul(3)
}

/// A plain call.
#[inline(never)]
#[must_use]
pub fn call(number: u64) -> u64 {
    body(number)
}

/// Two parameters that are numbers.
#[inline(never)]
#[must_use]
pub fn numbers(number: u64, factor: f64) -> u64 {
    body(number).wrapping_add(factor as u64)
}

/// A parameter that is a text of some 20 bytes.
#[inline(never)]
#[must_use]
pub fn text(text: String) -> usize {
    text.len()
}

/// What [`text`] is called with.
#[must_use]
pub fn some_text() -> String {
    String::from("a text of some length")
}

/// What tables call a log line with a message and three fields: a number, a fraction, a text.
pub const LINE: &str = "a line";
/// The same inside of a call.
pub const LINE_INSIDE: &str = "a line inside a call";

/// A line that is not written.
#[inline(never)]
pub fn line(number: u64) {
    std::hint::black_box(number);
}

/// What is given back where something fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoLuck;

impl std::fmt::Display for NoLuck {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no luck")
    }
}

impl std::error::Error for NoLuck {}

/// Fails where it is told to.
///
/// # Errors
///
/// When told to.
#[inline(never)]
pub fn result(number: u64, fails: bool) -> Result<u64, NoLuck> {
    if fails { Err(NoLuck) } else { Ok(body(number)) }
}

/// Panics.
///
/// # Panics
///
/// Always.
#[inline(never)]
#[expect(clippy::panic, reason = "what it is for")]
pub fn panics(number: u64) -> u64 {
    panic!("{number}: on purpose")
}

/// Whether it panicked.
pub fn caught<T>(call: impl FnOnce() -> T) -> bool {
    catch_unwind(AssertUnwindSafe(call)).is_err()
}

/// Ready at its first poll.
#[inline(never)]
pub async fn ready(number: u64) -> u64 {
    body(number)
}

/// Ready at a later poll.
#[inline(never)]
pub async fn waits(number: u64, pending: u32) -> u64 {
    Pending(pending).await;
    body(number)
}

/// Not ready so many times.
#[derive(Debug)]
pub struct Pending(pub u32);

impl Future for Pending {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        match self.0 {
            0 => Poll::Ready(()),
            left => {
                self.0 = left - 1;
                Poll::Pending
            }
        }
    }
}

/// Polls without a pause until it is ready.
#[inline]
pub fn drive<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}
