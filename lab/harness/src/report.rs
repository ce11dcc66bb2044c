//! What a program that was measured prints: one JSON document.

use serde::{Deserialize, Serialize};

use crate::spread::Spread;

/// Which library, set up how.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Subject {
    /// [`Peer::NAME`](crate::Peer::NAME)
    pub peer: String,
    /// [`Peer::VERSIONS`](crate::Peer::VERSIONS)
    pub versions: Vec<String>,
    /// [`Variant::name`](crate::Variant::name)
    pub variant: String,
    /// [`Variant::what`](crate::Variant::what)
    pub what: String,
    /// [`Peer::settings`](crate::Peer::settings)
    pub settings: Vec<String>,
}

/// What calls cost the thread that makes them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Calls {
    /// Of whom.
    pub subject: Subject,
    /// Calls of a batch.
    pub batch: u64,
    /// Batches of each case.
    pub rounds: usize,
    /// The floor's first.
    pub cases: Vec<CallCost>,
}

/// One case of [`Calls`]. Nanoseconds a call, the bare call's median taken off.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CallCost {
    /// [`Case::name`](crate::Case::name)
    pub case: String,
    /// What was taken off.
    pub bare: f64,
    /// In batches, all queues empty at the start of each.
    pub ns: Spread,
    /// Batch after batch, nothing emptied between; not every case has it.
    pub tight: Option<Spread>,
    /// The median as a multiple of the floor's, two reads of the counter, in the same rounds.
    pub floors: f64,
}

/// The variants of a peer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Listed {
    /// [`Peer::NAME`](crate::Peer::NAME)
    pub peer: String,
    /// Name and cases of each.
    pub variants: Vec<ListedVariant>,
}

/// One of [`Listed`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ListedVariant {
    /// [`Variant::name`](crate::Variant::name)
    pub name: String,
    /// Names of its cases while it runs.
    pub cases: Vec<String>,
}
