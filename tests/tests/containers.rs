//! `#[tool]` on an `impl`, a `trait` and a `mod`.

use std::fmt;
use std::hash::Hash;

use pollster::block_on;
use telemetry_runtime::tool;
use telemetry_tests::spans::{Spans, attribute};
use telemetry_tests::{alone, statistics};

mod kept {
    use std::collections::HashMap;

    pub(crate) struct Store<K>(pub(crate) HashMap<K, u8>);
}

use kept::Store;

#[tool(skip(secret))]
impl<K: Hash + Eq + fmt::Debug> Store<K> {
    const LIMIT: usize = { 2 };

    #[must_use]
    fn get(&self, key: &K) -> Option<u8> {
        self.0.get(key).copied()
    }

    /// Fails where it is full.
    async fn put(&mut self, key: K, secret: u8) -> Result<(), String>
    where
        K: Clone,
    {
        if self.0.len() == Self::LIMIT {
            return Err("full".to_owned());
        }
        self.0.insert(key, secret);
        Ok(())
    }

    #[tool(name = "count")]
    fn len(&self) -> usize {
        self.0.len()
    }

    #[tool(skip_all)]
    fn has(&self, key: &K) -> bool {
        self.get(key).is_some()
    }

    #[telemetry_runtime::tool(skip)]
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    const fn limit() -> usize {
        Self::LIMIT
    }
}

#[tool]
impl fmt::Display for Store<u8> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.len(), Self::limit())
    }
}

#[tool]
trait Area: fmt::Debug + Send
where
    Self: Sized,
{
    const SIDES: u32 = 4;
    type Unit: Default;

    fn side(&self) -> u32;

    fn area(&self) -> u32 {
        self.side() * self.side() * Self::SIDES / 4
    }

    async fn later(self, more: u32) -> u32 {
        self.side() + more
    }
}

#[derive(Debug)]
struct Square(u32);

impl Area for Square {
    type Unit = ();

    fn side(&self) -> u32 {
        self.0
    }
}

trait Doubled {
    fn doubled(&self) -> u64;
}

#[tool]
impl<T: Copy + Into<u64>> Doubled for T {
    fn doubled(&self) -> u64 {
        (*self).into() * 2
    }
}

#[tool]
impl Doubled for dyn fmt::Debug {
    fn doubled(&self) -> u64 {
        0
    }
}

#[tool]
mod parts {
    //! Its documentation stays at the top.

    use super::tool;

    pub(crate) static COUNT: u8 = 1;

    macro_rules! three {
        () => {
            3
        };
    }

    pub(crate) struct Part {
        pub(crate) size: u8,
    }

    impl Part {
        pub(crate) fn grow(&mut self, by: u8) -> u8 {
            self.size += by;
            self.size
        }
    }

    pub(crate) fn of_three() -> Part {
        Part { size: three!() }
    }

    pub(crate) mod deeper {
        pub(crate) fn still(a: u8) -> u8 {
            a
        }

        #[tool(skip)]
        pub(crate) mod apart {
            pub(crate) fn unseen() {}

            #[super::super::tool(name = "seen")]
            pub(crate) fn seen() {}
        }
    }

    pub(crate) const fn doubled(a: u8) -> u8 {
        a * 2
    }

    pub(crate) fn main() -> u8 {
        doubled(COUNT)
    }

    #[test]
    fn a_test_inside_is_none() {
        let _alone = telemetry_tests::alone();
        let telemetry = telemetry_tests::spans::Spans::default().telemetry();
        assert_eq!(main(), 2);
        assert!(telemetry_runtime::statistics().is_empty());
        drop(telemetry);
    }
}

#[test]
fn every_function_inside_is_a_tool() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry();
    let mut store = Store([(7_u8, 1_u8)].into());
    assert_eq!(store.get(&7), Some(1));
    assert_eq!(block_on(store.put(8, 9)), Ok(()));
    assert_eq!(block_on(store.put(9, 9)), Err("full".to_owned()));
    assert!(store.has(&8));
    assert!(!store.is_empty());
    assert_eq!(store.to_string(), "2 of 2");
    assert_eq!((Square(3).area(), block_on(Square(3).later(1))), (9, 4));
    assert_eq!(3_u8.doubled(), 6);
    assert_eq!((&3_u8 as &dyn fmt::Debug).doubled(), 0);
    assert_eq!(parts::of_three().grow(1), 4);
    assert_eq!(parts::deeper::still(1), 1);
    parts::deeper::apart::unseen();
    parts::deeper::apart::seen();

    let mut called: Vec<_> = telemetry_runtime::statistics()
        .into_iter()
        .filter(|tool| tool.calls > 0)
        .map(|tool| tool.name)
        .collect();
    called.sort();
    assert_eq!(
        called,
        [
            "Area::area",
            "Area::later",
            "Debug::doubled",
            "Doubled::doubled",
            "Part::grow",
            "Store::fmt",
            "Store::get",
            "Store::has",
            "Store::put",
            "count",
            "of_three",
            "seen",
            "still",
        ]
    );
    assert_eq!(statistics("Store::put").errors, 1);

    let sent = spans.after(telemetry);
    let put = sent.all("Store::put")[0];
    assert_eq!(attribute(put, "tool.param.key").as_deref(), Some("8"));
    assert_eq!(attribute(put, "tool.param.secret"), None);
    let function = attribute(put, "code.function.name");
    assert_eq!(function.as_deref(), Some("containers::Store::put"));
    assert!(sent.is_child("count", "Store::fmt"));
    assert_eq!(attribute(sent.one("Store::has"), "tool.param.key"), None);
}

#[test]
fn a_function_inside_is_told_where_it_stands() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry();
    parts::of_three();
    let sent = spans.after(telemetry);
    let line = attribute(sent.one("of_three"), "code.line.number").unwrap();
    let line: usize = line.parse().unwrap();
    let source = include_str!("containers.rs");
    let found = source.lines().nth(line - 1).unwrap();
    assert!(found.contains("fn of_three"), "{found}");
}
