//! Batches kept in files while their destination does not take them, also from one process to
//! the next.

mod ring;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use self::ring::{Fault, Record, Ring};
use super::Lane;
use super::held::Held;
use crate::config;
use crate::error::Error;
use crate::notice::notice;

/// Processes that can share the name of a file: each has one of its own, by a number behind it.
const MOST_FILES: u32 = 16;

/// The files of one destination: what earlier processes left, and one of its own, made when it
/// is needed. Each is locked as long as it is open.
#[derive(Debug)]
pub(super) struct Spill {
    path: PathBuf,
    max_bytes: u64,
    files: Mutex<Files>,
}

#[derive(Debug, Default)]
struct Files {
    /// Of processes that have ended, the oldest first. Nothing is added to them.
    left: VecDeque<Ring>,
    own: Option<Ring>,
    /// The process ends: nothing is taken any more.
    closed: bool,
}

impl Spill {
    /// Takes over what was left by processes that have ended. `name` is the destination's.
    pub(super) fn open(spill: &config::Spill, name: &str) -> Result<Self, Error> {
        let path = std::path::absolute(&spill.file).unwrap_or_else(|_| spill.file.clone());
        let mut this = Self {
            path: beside(&path, name),
            max_bytes: spill.max_bytes,
            files: Mutex::default(),
        };
        let mut left = VecDeque::new();
        for number in 0..MOST_FILES {
            let path = this.file(number);
            let fault = |error: io::Error| {
                Error::start("logs_spill_file", format!("{}: {error}", path.display()))
            };
            match this.ring(&path, false) {
                Ok(Some(ring)) if ring.holds().0 > 0 => left.push_back(ring),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(fault(error)),
            }
        }
        this.files = Mutex::new(Files {
            left,
            ..Files::default()
        });
        Ok(this)
    }

    /// Keeps a batch behind all others, or before all others of this process.
    pub(super) fn push(&self, held: &Held, first: bool) -> io::Result<()> {
        let full = |why: &str| io::Error::new(io::ErrorKind::StorageFull, why.to_owned());
        let record = record(held).ok_or_else(|| full("it cannot be kept"))?;
        let mut files = self.lock();
        if files.closed {
            return Err(full("it is closed"));
        }
        if files.own.is_none() {
            files.own = Some(self.make()?);
        }
        let Some(own) = &mut files.own else {
            return Ok(());
        };
        let pushed = if first {
            own.push_front(&record)
        } else {
            own.push_back(&record)
        };
        pushed.map_err(|fault| match fault {
            Fault::Io(error) => error,
            Fault::Full => full("logs_spill_max_bytes are taken"),
            Fault::Damaged => full("it is damaged"),
        })
    }

    /// The oldest, which stays until [`pop_front`](Self::pop_front). What is damaged is forgotten,
    /// with all behind it: the error is how many batches and items that were.
    pub(super) fn front(&self) -> Result<Option<Held>, (u64, u64)> {
        let mut files = self.lock();
        let Some(ring) = files.front() else {
            return Ok(None);
        };
        let lost = ring.holds();
        match ring.front().map(|record| record.map(held)) {
            Ok(Some(Some(held))) => Ok(Some(held)),
            Ok(None) => Ok(None),
            Ok(Some(None)) | Err(_) => {
                let _ = ring.clear();
                files.forget_empty();
                Err(lost)
            }
        }
    }

    /// Forgets the oldest, which is `held`.
    pub(super) fn pop_front(&self, held: &Held) {
        let mut files = self.lock();
        if let (Some(ring), Some(bytes)) = (files.front(), held.as_packed()) {
            // Where the disk does not take it, the next process sends it again.
            let _ = ring.pop_front(held.items, bytes.len());
        }
        files.forget_empty();
    }

    /// Leaves the files to whoever comes next.
    pub(super) fn close(&self) {
        *self.lock() = Files {
            closed: true,
            ..Files::default()
        };
    }

    /// Batches, items, bytes.
    pub(super) fn holds(&self) -> (u64, u64, u64) {
        let files = self.lock();
        files
            .left
            .iter()
            .chain(&files.own)
            .fold((0, 0, 0), |sum, ring| {
                let (batches, items) = ring.holds();
                (sum.0 + batches, sum.1 + items, sum.2 + ring.bytes())
            })
    }

    /// A file of our own, the first that nobody else has.
    fn make(&self) -> io::Result<Ring> {
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        for number in 0..MOST_FILES {
            match self.ring(&self.file(number), true)? {
                // What somebody has left since we started is for the next process.
                Some(ring) if ring.holds().0 == 0 => return Ok(ring),
                _ => {}
            }
        }
        Err(io::Error::new(
            io::ErrorKind::ResourceBusy,
            format!("all {MOST_FILES} files of this name are in use"),
        ))
    }

    /// A file whose header is damaged is moved out of the way.
    fn ring(&self, path: &Path, make: bool) -> io::Result<Option<Ring>> {
        match Ring::open(path, self.max_bytes, make) {
            Err(error) if error.kind() == io::ErrorKind::InvalidData && ring::is_ours(path)? => {
                let aside = beside(path, "damaged");
                std::fs::rename(path, &aside)?;
                notice(&format!(
                    "logs: the spill file {} is damaged; it is {} now",
                    path.display(),
                    aside.display()
                ));
                if make {
                    return Ring::open(path, self.max_bytes, make);
                }
                Ok(None)
            }
            opened => opened,
        }
    }

    /// `telemetry-logs.spill.loki`, `telemetry-logs.spill.loki.1`, …
    fn file(&self, number: u32) -> PathBuf {
        match number {
            0 => self.path.clone(),
            number => beside(&self.path, &number.to_string()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Files> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Files {
    fn front(&mut self) -> Option<&mut Ring> {
        self.left.front_mut().or(self.own.as_mut())
    }

    fn forget_empty(&mut self) {
        self.left.retain(|ring| ring.holds().0 > 0);
    }
}

fn record(held: &Held) -> Option<Record> {
    Some(Record {
        items: held.items,
        kind: held.lane as u8,
        bytes: held.as_packed()?.to_vec(),
    })
}

fn held(record: Record) -> Option<Held> {
    let lane = [Lane::Calls, Lane::Lines]
        .into_iter()
        .find(|lane| *lane as u8 == record.kind)?;
    Some(Held::packed(lane, record.items, record.bytes))
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".");
    name.push(suffix);
    name.into()
}
