//! A function with the attribute is of the same type as without: auto traits, size, drop order.

#![expect(
    dead_code,
    clippy::manual_async_fn,
    reason = "one of two ways to ask is taken, and functions are as users write them"
)]

use std::cell::RefCell;
use std::future::Future;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::rc::Rc;

use futures_util::stream::{self, Stream};
use pollster::block_on;

/// The same functions without the attribute and with it.
macro_rules! twice {
    ($($item:item)*) => {
        mod bare {
            use super::*;
            $($item)*
        }
        mod tools {
            use super::*;
            $(#[telemetry_runtime::tool] $item)*
        }
    };
}

type Big = [u8; 1000];

async fn wait() {}

twice! {
    pub(crate) async fn nothing() {}
    pub(crate) async fn big(data: Big) -> usize {
        wait().await;
        data.iter().map(|byte| usize::from(*byte)).sum()
    }
    pub(crate) async fn two(data: Big, more: Big) -> (Big, Big) {
        wait().await;
        (data, more)
    }
    pub(crate) async fn unused(_data: Big, _: Big) {}
    pub(crate) async fn borrows(data: &Big) -> &u8 {
        wait().await;
        &data[0]
    }
    pub(crate) async fn holds(text: String, n: u8) -> Result<String, std::num::ParseIntError> {
        let parsed: u8 = text.parse()?;
        wait().await;
        Ok(format!("{text} {n} {parsed}"))
    }
    pub(crate) async fn hides(end: u8, _text: &str) -> impl Iterator<Item = u8> {
        wait().await;
        0..end
    }
    pub(crate) async fn not_send(value: Rc<u8>) -> u8 {
        wait().await;
        *value
    }
    pub(crate) async fn generic<T: Clone + Send, const N: usize>(value: T) -> [T; N] {
        wait().await;
        std::array::from_fn(|_| value.clone())
    }
    pub(crate) fn plain(data: Big) -> impl Future<Output = u8> + Send {
        async move {
            wait().await;
            data[0]
        }
    }
    pub(crate) fn items(data: Big) -> impl Stream<Item = u8> + Send + Unpin {
        stream::iter(data)
    }
    pub(crate) fn boxed(value: u8) -> Pin<Box<dyn Future<Output = u8> + Send>> {
        Box::pin(async move { value })
    }
}

#[test]
fn a_future_grows_by_no_more_than_64_bytes() {
    fn grown(bare: usize, tool: usize) -> usize {
        tool.saturating_sub(bare)
    }
    macro_rules! grown {
        ($($call:ident($($value:expr),*)),* $(,)?) => {[
            $((
                stringify!($call),
                grown(size_of_val(&bare::$call($($value),*)), size_of_val(&tools::$call($($value),*))),
            )),*
        ]};
    }
    let big = [0; 1000];
    let all = grown![
        nothing(),
        big(big),
        two(big, big),
        unused(big, big),
        borrows(&big),
        holds(String::new(), 1),
        hides(1, ""),
        not_send(Rc::new(1)),
        plain(big),
        items(big),
        boxed(1),
    ];
    for (name, bytes) in all {
        assert!(bytes <= 64, "{name}: {bytes} bytes more in {all:?}");
    }
    assert_eq!(size_of_val(&tools::boxed(1)), 16);
}

/// Whether a value's type has a trait, asked in a way that compiles either way.
macro_rules! has {
    ($value:expr, $trait:ident) => {{
        struct Probe<'a, T>(&'a T);
        impl<T: $trait> Probe<'_, T> {
            fn has(&self) -> bool {
                true
            }
        }
        trait Without {
            fn has(&self) -> bool {
                false
            }
        }
        impl<T> Without for Probe<'_, T> {}
        Probe(&$value).has()
    }};
}

#[test]
fn auto_traits_stay() {
    macro_rules! same {
        ($($call:ident($($value:expr),*)),* $(,)?) => {$(
            same!($call($($value),*): Send, Sync, Unpin, UnwindSafe, RefUnwindSafe);
        )*};
        ($call:ident $values:tt: $($trait:ident),*) => {$(
            assert_eq!(
                has!(bare::$call $values, $trait),
                has!(tools::$call $values, $trait),
                "{} of {}", stringify!($trait), stringify!($call)
            );
        )*};
    }
    let big = [0; 1000];
    same![
        nothing(),
        big(big),
        borrows(&big),
        holds(String::new(), 1),
        hides(1, ""),
        not_send(Rc::new(1)),
        plain(big),
        items(big),
    ];
    assert!(has!(tools::holds(String::new(), 1), Send));
    assert!(!has!(tools::not_send(Rc::new(1)), Send));
}

struct Tells(&'static str, Rc<RefCell<Vec<&'static str>>>);

impl Drop for Tells {
    fn drop(&mut self) {
        self.1.borrow_mut().push(self.0);
    }
}

mod dropped {
    macro_rules! both {
        ($($attribute:meta)?) => {
            $(#[$attribute])?
            pub(crate) async fn asynchronous(_a: Tells, _: Tells, (_b, _): (Tells, Tells), _c: Tells) {
                let _inside = Tells("body", _a.1.clone());
            }

            impl Owner {
                $(#[$attribute])?
                pub(crate) async fn method(self, _a: Tells, _b: Tells) {
                    let _inside = Tells("body", _a.1.clone());
                }
            }
        };
    }

    pub(super) mod bare {
        use super::super::Tells;
        pub(in super::super) struct Owner(pub(in super::super) Tells);
        both!();
    }

    pub(super) mod tools {
        use super::super::Tells;
        pub(in super::super) struct Owner(pub(in super::super) Tells);
        both!(telemetry_runtime::tool(only(_b)));
    }
}

#[test]
fn parameters_are_dropped_in_their_order() {
    fn order(run: impl FnOnce(&dyn Fn(&'static str) -> Tells)) -> Vec<&'static str> {
        let order = Rc::new(RefCell::new(Vec::new()));
        run(&|name| Tells(name, Rc::clone(&order)));
        order.take()
    }
    macro_rules! orders {
        ($module:ident) => {{
            use dropped::$module::{Owner, asynchronous};
            [
                order(|t| block_on(asynchronous(t("a"), t("_"), (t("b"), t("rest")), t("c")))),
                order(|t| drop(asynchronous(t("a"), t("_"), (t("b"), t("rest")), t("c")))),
                order(|t| block_on(Owner(t("self")).method(t("a"), t("b")))),
                order(|t| drop(Owner(t("self")).method(t("a"), t("b")))),
            ]
        }};
    }
    assert_eq!(orders!(bare), orders!(tools));
}

#[test]
fn what_they_give_is_the_same() {
    assert_eq!(
        block_on(tools::holds("7".to_owned(), 2)),
        Ok("7 2 7".to_owned())
    );
    assert_eq!(block_on(tools::generic::<_, 2>('a')), ['a', 'a']);
    assert_eq!(block_on(tools::hides(2, "")).count(), 2);
    assert_eq!(block_on(tools::borrows(&[7; 1000])), &7);
    let spawned = std::thread::spawn(|| block_on(tools::holds("x".to_owned(), 2)));
    assert!(spawned.join().unwrap().is_err());
}
