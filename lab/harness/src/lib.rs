//! One way to measure them all: what the lab's own program and the peers' share.

pub mod batches;
pub mod case;
pub mod floor;
pub mod spread;
