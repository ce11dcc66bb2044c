//! One value that another thread gives later, as a future.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

/// The two ends.
pub(crate) fn answer<T>() -> (Promise<T>, Answer<T>) {
    let state = Arc::new(Mutex::new(State {
        value: None,
        is_over: false,
        waker: None,
    }));
    (Promise(Arc::clone(&state)), Answer(state))
}

/// The end that gives it.
pub(crate) struct Promise<T>(Arc<Mutex<State<T>>>);

/// The end that awaits it: `None` if the promise was dropped without.
pub(crate) struct Answer<T>(Arc<Mutex<State<T>>>);

struct State<T> {
    value: Option<T>,
    is_over: bool,
    waker: Option<Waker>,
}

impl<T> Promise<T> {
    pub(crate) fn keep(self, value: T) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.value = Some(value);
    }
}

impl<T> Drop for Promise<T> {
    fn drop(&mut self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.is_over = true;
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<T> Future for Answer<T> {
    type Output = Option<T>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.is_over {
            return Poll::Ready(state.value.take());
        }
        state.waker = Some(context.waker().clone());
        Poll::Pending
    }
}
