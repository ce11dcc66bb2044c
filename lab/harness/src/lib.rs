//! One way to measure them all: what the lab's own program and the peers' share.
//!
//! A program that is measured implements [`Peer`] and hands `main` to [`program::main`]. Each
//! measurement is one process, which prints one JSON document ([`report`]).

pub mod calls;
pub mod case;
pub mod floor;
pub mod latency;
pub mod lines;
pub mod load;
pub mod peer;
pub mod process;
pub mod program;
pub mod report;
pub mod server;
pub mod spread;
pub mod threads;
pub mod work;

pub use case::Case;
pub use peer::{Peer, Target, Variant};
