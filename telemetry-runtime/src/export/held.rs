//! A batch as it waits: log lines compressed, since a burst of them is worth it.

use std::sync::Arc;

use super::{Batch, Lane, Signal};

/// A batch that a queue holds.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) lane: Lane,
    pub(super) items: u64,
    body: Body,
}

#[derive(Debug)]
enum Body {
    AsItIs(Arc<Batch>),
    /// A block of Snappy.
    #[cfg(feature = "logs")]
    Packed(Vec<u8>),
}

impl Held {
    /// Packs log lines. Spans and points stay as they are: there are less of them at a time, and
    /// several destinations share one batch.
    pub(super) fn new(batch: Arc<Batch>) -> Self {
        Self {
            lane: batch.lane,
            items: batch.items,
            body: body(batch),
        }
    }

    /// What it holds of memory, which may be more than its length.
    pub(super) fn size(&self) -> usize {
        match &self.body {
            Body::AsItIs(batch) => batch.body.capacity(),
            #[cfg(feature = "logs")]
            Body::Packed(body) => body.capacity(),
        }
    }

    /// The batch as it came. `None`: it is damaged.
    pub(super) fn batch(&self) -> Option<Arc<Batch>> {
        match &self.body {
            Body::AsItIs(batch) => Some(Arc::clone(batch)),
            #[cfg(feature = "logs")]
            Body::Packed(body) => Some(Arc::new(Batch {
                signal: Signal::Logs,
                lane: self.lane,
                items: self.items,
                body: snap::raw::Decoder::new().decompress_vec(body).ok()?,
            })),
        }
    }

    /// Lines that were packed before.
    #[cfg(feature = "logs")]
    pub(super) fn packed(lane: Lane, items: u64, body: Vec<u8>) -> Self {
        Self {
            lane,
            items,
            body: Body::Packed(body),
        }
    }

    /// The packed lines; nothing of another signal.
    #[cfg(feature = "logs")]
    pub(super) fn as_packed(&self) -> Option<&[u8]> {
        match &self.body {
            Body::AsItIs(_) => None,
            Body::Packed(body) => Some(body),
        }
    }
}

#[cfg(feature = "logs")]
fn body(batch: Arc<Batch>) -> Body {
    if batch.signal != Signal::Logs {
        return Body::AsItIs(batch);
    }
    match snap::raw::Encoder::new().compress_vec(&batch.body) {
        // Its room was made for the worst case.
        Ok(mut packed) => {
            packed.shrink_to_fit();
            Body::Packed(packed)
        }
        // Over 4 GiB.
        Err(_) => Body::AsItIs(batch),
    }
}

#[cfg(not(feature = "logs"))]
fn body(batch: Arc<Batch>) -> Body {
    Body::AsItIs(batch)
}
