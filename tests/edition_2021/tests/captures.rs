//! The future of an `async fn` holds all that its parameters borrow, in this edition too.

#![expect(
    clippy::multiple_bound_locations,
    reason = "bounds in both places are what is tested"
)]

use std::fmt::Display;

use pollster::block_on;
use telemetry_runtime::tool;

#[tool]
async fn longer(text: &str, all: &mut Vec<String>, more: impl Display) -> usize {
    all.push(format!("{text}{more}"));
    all.len()
}

#[tool]
async fn hides<'a>(text: &'a str, _other: &str) -> impl Iterator<Item = char> + 'a {
    text.chars()
}

struct Store(Vec<u8>);

trait Get {
    async fn get<T: Into<u8>>(&self, key: &T, default: &u8) -> u8
    where
        T: Copy;
}

#[tool]
impl Get for Store {
    async fn get<T: Into<u8>>(&self, key: &T, default: &u8) -> u8
    where
        T: Copy,
    {
        let key: u8 = (*key).into();
        self.0.get(usize::from(key)).copied().unwrap_or(*default)
    }
}

impl Store {
    #[tool]
    async fn first(&mut self) -> Option<&mut u8> {
        self.0.first_mut()
    }
}

#[test]
fn futures_borrow_what_they_did() {
    let mut all = vec![];
    let text = "a".to_owned();
    assert_eq!(block_on(longer(&text, &mut all, 1)), 1);
    let chars = {
        let other = "x".to_owned();
        block_on(hides(&text, &other)).count()
    };
    assert_eq!(chars, 1);
    let mut store = Store(vec![7]);
    *block_on(store.first()).unwrap() += 1;
    assert_eq!(block_on(store.get(&0_u8, &1)), 8);
    assert_eq!(block_on(store.get(&5_u8, &1)), 1);
}
