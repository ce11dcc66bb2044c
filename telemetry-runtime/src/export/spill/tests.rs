use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::super::pace::Pace;
use super::super::{Accepted, Batch, Cause, Destination, Exporter, Refused, Signal, Tally};
use super::*;
use crate::config::{Overflow, Queue};

const LONG: Duration = Duration::from_secs(60);

/// A backend that is there or not, and remembers what it took.
#[derive(Clone, Default)]
struct Backend {
    here: Arc<Mutex<bool>>,
    taken: Arc<Mutex<Vec<u64>>>,
}

impl Exporter for Backend {
    fn export(&mut self, batch: &Batch, _deadline: Instant) -> Result<Accepted, Refused> {
        if !*self.here.lock().unwrap() {
            return Err(Refused::Retry {
                after: None,
                why: "away".to_owned(),
            });
        }
        let number = u64::from_le_bytes(batch.body[..8].try_into().unwrap());
        self.taken.lock().unwrap().push(number);
        Ok(Accepted::default())
    }
}

impl Backend {
    fn comes(&self) {
        *self.here.lock().unwrap() = true;
    }

    fn goes(&self) {
        *self.here.lock().unwrap() = false;
    }

    fn taken(&self) -> Vec<u64> {
        self.taken.lock().unwrap().clone()
    }
}

struct Process {
    destination: Destination,
    tally: Arc<Tally>,
}

/// Noise, so that it takes its room packed too.
fn batch(number: u64) -> Arc<Batch> {
    let mut noise = fastrand::Rng::with_seed(number);
    let body = number.to_le_bytes().into_iter();
    Arc::new(Batch {
        signal: Signal::Logs,
        lane: if number.is_multiple_of(3) {
            Lane::Calls
        } else {
            Lane::Lines
        },
        items: 10,
        body: body
            .chain(std::iter::repeat_with(|| noise.u8(..)).take(1000))
            .collect(),
    })
}

fn spill(folder: &Path, max_bytes: u64) -> Spill {
    let config = config::Spill {
        file: folder.join("spill"),
        max_bytes,
    };
    Spill::open(&config, "loki").unwrap()
}

fn process(folder: &Path, backend: &Backend, memory: usize, file: u64) -> Process {
    let tally = Arc::new(Tally::default());
    let pace = Pace {
        shortest: Duration::from_millis(1),
        longest: Duration::from_millis(2),
        give_up: Duration::from_millis(1),
    };
    let exporter = Box::new(backend.clone());
    let limits = Queue {
        max_bytes: memory,
        overflow: Overflow::Spill,
    };
    let destination = Destination::start_at(
        pace,
        "loki",
        Signal::Logs,
        move || Ok(exporter as Box<dyn Exporter>),
        limits,
        Some(spill(folder, file)),
        Arc::clone(&tally),
    );
    Process {
        destination: destination.unwrap(),
        tally,
    }
}

impl Process {
    fn push(&self, numbers: std::ops::Range<u64>) {
        numbers.for_each(|number| self.destination.push(batch(number)));
    }

    fn until(&self, reached: impl Fn(&super::super::tally::Counts) -> bool) {
        let patience = Instant::now() + LONG;
        while !reached(&self.tally.counts()) {
            assert!(Instant::now() < patience, "{:?}", self.tally.counts());
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn end(self) -> u64 {
        self.destination.shutdown(Instant::now() + LONG);
        self.tally.counts().dropped_total()
    }
}

fn soon() -> Instant {
    Instant::now() + LONG
}

fn all(numbers: std::ops::Range<u64>) -> Vec<u64> {
    numbers.collect()
}

#[test]
fn nothing_is_lost_while_the_backend_is_away_and_the_order_stays() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::default();
    let process = process(folder.path(), &backend, 20_000, 1 << 20);
    for first in (0..300).step_by(10) {
        process.push(first..first + 10);
        process.until(|counts| counts.queue_bytes < 10_000);
    }
    assert!(process.tally.counts().spilled_items > 2500);
    backend.comes();
    assert!(process.destination.flush(soon()));
    assert_eq!(backend.taken(), all(0..300));
    let counts = process.tally.counts();
    assert_eq!(
        (counts.delivered, counts.spilled_items, counts.spilled_bytes),
        (3000, 0, 0)
    );
    assert_eq!(process.end(), 0);
    let file = fs::metadata(folder.path().join("spill.loki")).unwrap();
    assert_eq!(file.len(), 64, "the disk's room is given back");
}

#[test]
fn a_backend_that_comes_and_goes() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::default();
    let process = process(folder.path(), &backend, 40_000, 1 << 20);
    for round in 0..20 {
        process.push(round * 10..round * 10 + 10);
        if round % 4 == 1 {
            backend.comes();
            process.until(|counts| counts.delivered > round * 50);
        } else {
            backend.goes();
        }
        process.until(|counts| counts.queue_bytes < 20_000);
    }
    backend.comes();
    assert!(process.destination.flush(soon()));
    assert_eq!(backend.taken(), all(0..200));
    assert_eq!(process.end(), 0);
}

#[test]
fn what_one_process_could_not_send_the_next_one_does() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::default();
    let first = process(folder.path(), &backend, 50_000, 1 << 20);
    first.push(0..40);
    assert_eq!(first.end(), 0, "kept, what was in memory too");

    let second = process(folder.path(), &backend, 50_000, 1 << 20);
    assert_eq!(second.tally.counts().recovered, 400);
    second.push(40..45);
    backend.comes();
    assert!(second.destination.flush(soon()));
    assert_eq!(backend.taken(), all(0..45));
    assert_eq!(second.tally.counts().delivered, 450);
    assert_eq!(second.end(), 0);
}

/// But for the batch that is under way just then: that one may be lost, and is counted.
#[test]
fn who_is_not_asked_to_end_in_time_still_keeps_all() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::default();
    let first = process(folder.path(), &backend, 50_000, 1 << 20);
    first.push(0..40);
    drop(first.destination);
    backend.comes();
    let second = process(folder.path(), &backend, 50_000, 1 << 20);
    assert!(second.destination.flush(soon()));
    let lost = || first.tally.counts().dropped_total();
    let patience = soon();
    while backend.taken().len() as u64 * 10 + lost() < 400 {
        assert!(Instant::now() < patience, "{:?}", backend.taken());
        std::thread::sleep(Duration::from_millis(1));
    }
    let taken = backend.taken();
    assert!(taken.is_sorted());
    assert_eq!(
        (taken.len() as u64 * 10 + lost(), lost() <= 10),
        (400, true)
    );
}

#[test]
fn beyond_file_and_memory_the_newest_are_dropped_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::default();
    let process = process(folder.path(), &backend, 20_000, 70_000);
    for number in 0..200 {
        process.push(number..number + 1);
    }
    process.until(|counts| counts.spilled_items > 600);
    process.push(200..300);
    let dropped = process.tally.counts().dropped(Cause::QueueFull);
    assert!(dropped > 1000, "{dropped}");
    let length = fs::metadata(folder.path().join("spill.loki"))
        .unwrap()
        .len();
    assert!(length <= 70_000, "{length}");
    backend.comes();
    assert!(process.destination.flush(soon()));
    let taken = backend.taken();
    assert!(taken.is_sorted());
    assert_eq!(taken.len() as u64 * 10 + dropped, 3000);
    assert_eq!(process.end(), dropped);
}

#[test]
fn two_processes_have_a_file_each_and_a_third_takes_both_over() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::default();
    let one = process(folder.path(), &backend, 40_000, 1 << 20);
    let two = process(folder.path(), &backend, 40_000, 1 << 20);
    one.push(0..30);
    two.push(100..130);
    one.until(|counts| counts.spilled_items > 0);
    two.until(|counts| counts.spilled_items > 0);
    assert_eq!((one.end(), two.end()), (0, 0));
    assert!(folder.path().join("spill.loki.1").exists());

    backend.comes();
    let third = process(folder.path(), &backend, 20_000, 1 << 20);
    assert!(third.destination.flush(soon()));
    let mut taken = backend.taken();
    taken.sort_unstable();
    assert_eq!(taken, [all(0..30), all(100..130)].concat());
}

#[test]
fn damage_costs_what_is_damaged_and_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spill.loki");
    let backend = Backend::default();
    let first = process(folder.path(), &backend, 50_000, 1 << 20);
    first.push(0..20);
    assert_eq!(first.end(), 0);
    let mut bytes = fs::read(&path).unwrap();
    bytes[10_000] ^= 1;
    fs::write(&path, bytes).unwrap();

    backend.comes();
    let second = process(folder.path(), &backend, 50_000, 1 << 20);
    second.push(20..25);
    assert!(second.destination.flush(soon()));
    let counts = second.tally.counts();
    let damaged = counts.dropped(Cause::Damaged);
    assert!(damaged > 0 && damaged < 200, "{damaged}");
    assert_eq!(counts.delivered + damaged, 250);
    assert!(backend.taken().ends_with(&all(20..25)));
    assert_eq!(second.end(), damaged);
}

#[test]
fn a_damaged_header_is_put_aside_and_a_file_of_somebody_else_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spill.loki");
    let kept = spill(folder.path(), 10_000);
    kept.push(&Held::new(batch(1)), false).unwrap();
    drop(kept);
    let mut bytes = fs::read(&path).unwrap();
    bytes[20] ^= 1;
    fs::write(&path, &bytes).unwrap();
    assert_eq!(spill(folder.path(), 10_000).holds(), (0, 0, 0));
    assert_eq!(
        fs::read(folder.path().join("spill.loki.damaged")).unwrap(),
        bytes
    );

    fs::write(&path, "my diary").unwrap();
    let config = config::Spill {
        file: folder.path().join("spill"),
        max_bytes: 10_000,
    };
    let error = Spill::open(&config, "loki").unwrap_err().to_string();
    assert!(
        error.contains("spill.loki: it is damaged, or no spill file"),
        "{error}"
    );
    assert_eq!(fs::read(&path).unwrap(), b"my diary");
}

/// A disk that takes nothing: memory holds what it holds, and the rest is counted.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_and_nothing_is_miscounted() {
    let folder = tempfile::tempdir().unwrap();
    // A device that is always full stands where the file would be made.
    std::os::unix::fs::symlink("/dev/full", folder.path().join("spill.loki")).unwrap();
    let backend = Backend::default();
    let process = process(folder.path(), &backend, 20_000, 1 << 20);
    process.push(0..100);
    process.until(|counts| {
        let last = counts.last_error.as_ref();
        last.is_some_and(|last| last.text.contains("logs_spill_file"))
    });
    let dropped = process.tally.counts().dropped(Cause::QueueFull);
    assert!(dropped > 500, "{dropped}");
    backend.comes();
    assert!(process.destination.flush(soon()));
    assert_eq!(backend.taken().len() as u64 * 10 + dropped, 1000);
    assert_eq!(process.end(), dropped);
}
