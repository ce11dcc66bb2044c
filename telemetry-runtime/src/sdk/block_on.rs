//! Waits for a future on the thread that asks.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

/// Polls `future` here until it is done, parked in between.
///
/// It brings no reactor: a future that needs one must bring its runtime.
pub(super) fn block_on<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            // Returns at once if the waker was used since the poll.
            Poll::Pending => thread::park(),
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    #[test]
    fn a_future_woken_by_another_thread_and_by_itself() {
        let mut polls = 0;
        let output = block_on(poll_fn(|context| {
            polls += 1;
            let waker = context.waker().clone();
            match polls {
                1 => drop(thread::spawn(move || waker.wake())),
                2 => waker.wake(),
                _ => return Poll::Ready(polls),
            }
            Poll::Pending
        }));
        assert!(output >= 3);
    }
}
