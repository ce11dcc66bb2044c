//! The same functions without the attribute and with it, for their machine code to be compared.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

macro_rules! twice {
    ($($item:item)*) => {
        /// As written.
        pub mod bare {
            use super::polled;
            $($item)*
        }

        /// With the attribute.
        #[telemetry_runtime::tool(skip(data), threshold_ms = 5)]
        pub mod tools {
            use super::polled;
            $($item)*
        }
    };
}

twice! {
    /// Of numbers.
    #[inline(never)]
    pub fn add(a: u64, b: u64) -> u64 {
        a.wrapping_mul(3) + b
    }

    /// With a `?`.
    #[inline(never)]
    pub fn parse(text: &str) -> Result<u64, std::num::ParseIntError> {
        let number: u64 = text.parse()?;
        Ok(number / 2)
    }

    /// Owns what it drops.
    #[inline(never)]
    pub fn sum(data: Vec<u64>) -> u64 {
        data.iter().sum()
    }

    async fn fetch(from: &[u64], at: usize) -> Option<u64> {
        let found = from.get(at)?;
        std::future::ready(*found).await.checked_add(1)
    }

    /// All of an async function.
    #[inline(never)]
    pub fn fetched(from: &[u64], at: usize) -> Option<u64> {
        polled(fetch(from, at))?
    }
}

/// What a future gives that is ready at once.
fn polled<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}
