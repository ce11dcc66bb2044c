//! What comes out of a store.

use std::time::SystemTime;

use super::StoreError;
use crate::drift::{Baseline, BaselineKey, Event};

/// What was asked for, and what of it could not be read.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Found<T> {
    /// What is there.
    pub rows: Vec<T>,
    /// One line for each that makes no sense, or was written by a later release. It is left as it is.
    pub unreadable: Vec<String>,
}

impl<T> Found<T> {
    pub(crate) fn of(rows: impl IntoIterator<Item = Result<T, StoreError>>) -> Self {
        let mut found = Self {
            rows: Vec::new(),
            unreadable: Vec::new(),
        };
        for row in rows {
            match row {
                Ok(row) => found.rows.push(row),
                Err(why) => found.unreadable.push(why.to_string()),
            }
        }
        found
    }
}

/// The baseline of one tool in one version of a service.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StoredBaseline {
    /// Whose.
    pub key: BaselineKey,
    /// What is normal. `None`: it is to be learned anew, from the next calls on.
    pub baseline: Option<Baseline>,
    /// When something was last added.
    pub updated: SystemTime,
    /// When it was accepted as the new normal. It is then used alone, however few its calls.
    pub accepted: Option<SystemTime>,
}

/// An event and who saw it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StoredEvent {
    /// Of this event alone.
    pub id: String,
    /// `service_name`
    pub service: String,
    /// `environment`
    pub environment: String,
    /// `service_version`; empty where there is none.
    pub version: String,
    /// `service.instance.id` of the process.
    pub writer: String,
    /// What was seen.
    pub event: Event,
    /// When somebody accepted what it tells of as the new normal.
    pub accepted: Option<SystemTime>,
}
