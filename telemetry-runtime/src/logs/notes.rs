//! Records of what this crate has found out itself, such as drift.

use std::sync::Arc;

use super::{Note, settings};
use crate::export::{Batch, Lane};
use crate::otlp::Resource;
use crate::otlp::logs::{LogData, LogEncoder, Severity};

/// Encodes notes one by one: they are rare, and somebody waits for them.
pub(crate) struct Notes {
    encoder: LogEncoder,
    hand_on: Box<dyn Fn(Arc<Batch>) + Send>,
}

impl Notes {
    pub(crate) fn new(resource: &Resource, hand_on: impl Fn(Arc<Batch>) + Send + 'static) -> Self {
        Self {
            encoder: LogEncoder::new(resource, Lane::Calls),
            hand_on: Box::new(hand_on),
        }
    }

    /// Never waits.
    pub(crate) fn write(&mut self, note: &Note<'_>) {
        let severity = Severity::from(note.level);
        if !severity.is_over(settings::level()) {
            return;
        }
        let log = LogData::now(severity, note.event_name, note.text);
        self.encoder.push(&log, |log| {
            for (key, value) in note.attributes {
                log.attribute(key, value);
            }
        });
        if let Some(batch) = self.encoder.close() {
            (self.hand_on)(batch);
        }
    }
}
