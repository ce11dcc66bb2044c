//! One way to measure them all: what the lab's own program and the peers' share.
//!
//! A program that is measured implements [`Peer`] and hands `main` to [`program::main`]. Each
//! measurement is one process, which prints one JSON document ([`report`]).

pub mod calls;
pub mod case;
pub mod floor;
pub mod peer;
pub mod program;
pub mod report;
pub mod spread;
pub mod swallow;
pub mod work;

pub use case::Case;
pub use peer::{Peer, Target, Variant};
