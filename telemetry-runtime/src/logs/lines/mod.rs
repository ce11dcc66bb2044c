//! What the program itself writes: taken as it comes, encoded where it is written, handed on by
//! a thread of its own.

mod cut;
mod filter;
mod front;
mod install;
mod layer;
mod thread;
mod visit;

pub(crate) use filter::{Filter, parse};
pub(crate) use front::{FRONT, Limits};
pub(crate) use install::install;
pub use layer::layer;
pub(crate) use thread::Lines;
