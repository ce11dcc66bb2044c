//! Editions before 2024 drop the temporaries of a block's last expression after its
//! locals: a parameter that became a local must not be missing by then.

#![deny(warnings)]

use std::cell::RefCell;

use telemetry_runtime::tool;

#[tool]
fn borrows_to_the_end(cell: RefCell<u8>) -> u8 {
    *cell.borrow()
}

#[tool]
async fn borrows_to_the_end_later(cell: RefCell<u8>) -> u8 {
    *cell.borrow()
}

#[tool]
#[track_caller]
fn borrows_while_tracked(cell: RefCell<u8>) -> u8 {
    *cell.borrow()
}

#[tool]
fn borrows_a_pattern((cell, _): (RefCell<u8>, u8)) -> u8 {
    *cell.borrow()
}

#[tool]
async fn never() -> ! {
    panic!("never returns")
}

struct Loud<'a>(&'static str, &'a RefCell<Vec<&'static str>>);

impl Loud<'_> {
    fn value(&self) -> u8 {
        1
    }
}

impl Drop for Loud<'_> {
    fn drop(&mut self) {
        self.1.borrow_mut().push(self.0);
    }
}

#[tool(skip_all)]
fn local_then_temporary(log: &RefCell<Vec<&'static str>>) -> u8 {
    let _local = Loud("local", log);
    Loud("temporary", log).value()
}

#[test]
fn temporaries_keep_their_scope() {
    assert_eq!(borrows_to_the_end(RefCell::new(1)), 1);
    assert_eq!(
        pollster::block_on(borrows_to_the_end_later(RefCell::new(1))),
        1
    );
    assert_eq!(borrows_while_tracked(RefCell::new(1)), 1);
    assert_eq!(borrows_a_pattern((RefCell::new(1), 1)), 1);
    assert!(std::panic::catch_unwind(|| pollster::block_on(never())).is_err());

    let log = RefCell::default();
    assert_eq!(local_then_temporary(&log), 1);
    assert_eq!(
        *log.borrow(),
        ["local", "temporary"],
        "as this edition does without the attribute"
    );
}
