use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use super::super::pace::Pace;
use super::super::{Accepted, Cause, Refused};
use super::*;
use crate::config::Overflow;

/// A user's exporter: it asks the test what to answer, and waits for it.
struct Asking {
    batches: Sender<u64>,
    answers: Receiver<Answer>,
}

type Answer = Result<Accepted, Refused>;

impl Exporter for Asking {
    fn export(&mut self, batch: &Batch, _deadline: Instant) -> Result<Accepted, Refused> {
        let _ = self.batches.send(batch.items);
        // The test is over, or wants a panic.
        self.answers.recv().expect("an answer")
    }

    fn flush(&mut self, _deadline: Instant) {
        let _ = self.batches.send(FLUSH);
    }
}

/// What [`Asking`] reports for a flush.
const FLUSH: u64 = u64::MAX;
/// Longer than any test takes.
const LONG: Duration = Duration::from_secs(60);

struct Setting {
    destination: Destination,
    tally: Arc<Tally>,
    batches: Receiver<u64>,
    answers: Sender<Answer>,
}

fn quick() -> Pace {
    Pace {
        shortest: Duration::from_millis(1),
        longest: Duration::from_millis(4),
        give_up: LONG,
    }
}

fn setting(pace: Pace, max_bytes: usize, overflow: Overflow) -> Setting {
    let (batches_in, batches) = channel();
    let (answers, answers_out) = channel();
    let tally = Arc::new(Tally::default());
    let make = move || {
        Ok(Box::new(Asking {
            batches: batches_in,
            answers: answers_out,
        }) as Box<dyn Exporter>)
    };
    let queue = Queue {
        max_bytes,
        overflow,
    };
    let destination = Destination::start_at(
        pace,
        "test",
        Signal::Traces,
        make,
        queue,
        None,
        Arc::clone(&tally),
    )
    .unwrap();
    Setting {
        destination,
        tally,
        batches,
        answers,
    }
}

fn batch(items: u64) -> Arc<Batch> {
    Arc::new(Batch {
        signal: Signal::Traces,
        lane: crate::export::Lane::Calls,
        items,
        body: vec![0; 10],
    })
}

fn soon() -> Instant {
    Instant::now() + LONG
}

fn taken() -> Answer {
    Ok(Accepted::default())
}

fn retry() -> Answer {
    Err(Refused::Retry {
        after: None,
        why: "away".to_owned(),
    })
}

impl Setting {
    fn push(&self, items: impl IntoIterator<Item = u64>) {
        for items in items {
            self.destination.push(batch(items));
        }
    }

    fn answer(&self, answer: Answer) {
        self.answers.send(answer).unwrap();
    }

    /// Waits until a batch is back in the queue.
    fn await_failure(&self) {
        while self.tally.counts().failures == 0 {
            std::thread::yield_now();
        }
    }

    /// The batches that the exporter is asked to send, in order.
    fn expect(&self, batches: &[u64]) {
        for items in batches {
            assert_eq!(self.batches.recv_timeout(LONG).unwrap(), *items);
        }
    }
}

#[test]
fn batches_arrive_in_order_and_are_counted() {
    let test = setting(quick(), 1000, Overflow::DropNewest);
    test.push([1, 2, 4]);
    for _ in 0..3 {
        test.answer(taken());
    }
    assert!(test.destination.flush(soon()));
    test.expect(&[1, 2, 4, FLUSH]);
    let counts = test.tally.counts();
    assert_eq!(
        (counts.delivered, counts.dropped_total(), counts.failures),
        (7, 0, 0)
    );
    assert_eq!((counts.queue_bytes, counts.queue_batches), (0, 0));
    assert!(test.destination.shutdown(soon()));
    assert!(counts.last_error.is_none());
}

#[test]
fn what_is_refused_for_a_while_is_sent_again_and_keeps_its_place() {
    let test = setting(quick(), 1000, Overflow::DropNewest);
    test.push([1, 2]);
    for answer in [retry(), retry(), taken(), taken()] {
        test.answer(answer);
    }
    test.expect(&[1, 1, 1, 2]);
    assert!(test.destination.flush(soon()));
    let counts = test.tally.counts();
    assert_eq!((counts.delivered, counts.failures), (3, 2));
    assert_eq!(counts.last_error.unwrap().text, "away");
}

#[test]
fn what_is_refused_for_good_is_lost_and_the_next_goes_on() {
    let test = setting(quick(), 1000, Overflow::DropNewest);
    test.push([1, 2]);
    test.answer(Err(Refused::Lost {
        why: "400 Bad Request".to_owned(),
    }));
    test.answer(taken());
    assert!(test.destination.flush(soon()));
    let counts = test.tally.counts();
    assert_eq!(
        (
            counts.delivered,
            counts.dropped(Cause::Refused),
            counts.failures
        ),
        (2, 1, 1)
    );
}

#[test]
fn partial_success_counts_both_parts() {
    let test = setting(quick(), 1000, Overflow::DropNewest);
    test.push([10, 3]);
    test.answer(Ok(Accepted {
        rejected: 4,
        message: Some("too old".to_owned()),
        changed: vec![("cut", 2)],
    }));
    test.answer(Ok(Accepted {
        rejected: 99,
        message: None,
        changed: vec![("cut", 1)],
    }));
    assert!(test.destination.flush(soon()));
    let counts = test.tally.counts();
    assert_eq!(
        (counts.delivered, counts.dropped(Cause::Rejected)),
        (6, 4 + 3)
    );
    assert_eq!(counts.changed(), [("cut", 3)]);
    assert_eq!(counts.last_error.unwrap().text, "too old");
}

#[test]
fn a_panicking_exporter_loses_its_batch_only() {
    let mut test = setting(quick(), 1000, Overflow::DropNewest);
    test.push([1]);
    test.expect(&[1]);
    // Without anybody to answer, the exporter panics.
    let (nobody, _) = channel();
    drop(std::mem::replace(&mut test.answers, nobody));
    assert!(test.destination.flush(soon()));
    test.push([2]);
    assert!(test.destination.flush(soon()), "the thread lives on");
    assert_eq!(test.tally.counts().dropped(Cause::Panic), 3);
}

#[test]
fn the_newest_is_dropped_while_the_backend_is_busy() {
    let test = setting(quick(), 30, Overflow::DropNewest);
    test.push([1]);
    test.expect(&[1]);
    test.push([2, 4, 8, 16]);
    let counts = test.tally.counts();
    assert_eq!(counts.dropped(Cause::QueueFull), 8 + 16);
    assert_eq!((counts.queue_bytes, counts.queue_batches), (30, 3));
    for _ in 0..3 {
        test.answer(taken());
    }
    assert!(test.destination.flush(soon()));
    assert_eq!(test.tally.counts().delivered, 1 + 2 + 4);
}

#[test]
fn the_oldest_is_dropped_while_the_backend_is_busy() {
    let test = setting(quick(), 30, Overflow::DropOldest);
    test.push([1]);
    test.expect(&[1]);
    test.push([2, 4, 8, 16]);
    assert_eq!(test.tally.counts().dropped(Cause::QueueFull), 2 + 4);
    for _ in 0..3 {
        test.answer(taken());
    }
    assert!(test.destination.flush(soon()));
    assert_eq!(test.tally.counts().delivered, 1 + 8 + 16);
}

#[test]
fn the_oldest_gives_way_while_it_waits_for_its_retry() {
    let pace = Pace {
        shortest: LONG,
        longest: LONG,
        give_up: LONG * 10,
    };
    let test = setting(pace, 20, Overflow::DropOldest);
    test.push([1]);
    test.answer(retry());
    test.expect(&[1]);
    test.await_failure();
    test.push([2, 4, 8]);
    assert_eq!(test.tally.counts().dropped(Cause::QueueFull), 1 + 2);
    test.answer(taken());
    test.answer(taken());
    assert!(
        test.destination.flush(soon()),
        "a flush does not wait for the retry's time"
    );
    test.expect(&[4, 8]);
}

#[test]
fn a_batch_is_not_tried_for_ever() {
    let pace = Pace {
        give_up: Duration::from_millis(20),
        ..quick()
    };
    let test = setting(pace, 1000, Overflow::DropNewest);
    test.push([1, 2]);
    let mut tries = 0;
    while test.tally.counts().dropped(Cause::Expired) < 3 {
        if test.batches.recv_timeout(Duration::from_millis(1)).is_ok() {
            tries += 1;
            test.answer(retry());
        }
    }
    assert!(tries > 2, "tried more than once each: {tries}");
    assert_eq!(test.tally.counts().failures, tries);
    test.push([4]);
    test.answer(taken());
    assert!(test.destination.flush(soon()));
    assert_eq!(test.tally.counts().delivered, 4);
}

#[test]
fn a_backend_that_hangs_holds_up_neither_flush_nor_shutdown() {
    let test = setting(quick(), 1000, Overflow::DropNewest);
    test.push([1, 2]);
    test.expect(&[1]);
    assert!(
        !test
            .destination
            .flush(Instant::now() + Duration::from_millis(20))
    );
    assert!(
        !test
            .destination
            .shutdown(Instant::now() + Duration::from_millis(20))
    );
    let counts = test.tally.counts();
    assert_eq!((counts.delivered, counts.dropped(Cause::Shutdown)), (0, 3));
    assert_eq!((counts.queue_bytes, counts.queue_batches), (0, 0));

    test.answer(taken());
    test.push([4]);
    drop(test.destination);
    while test.batches.recv_timeout(LONG).is_ok() {}
    assert_eq!(
        test.tally.counts().dropped(Cause::Shutdown),
        7,
        "counted once, though it came back late"
    );
    assert_eq!(test.tally.counts().delivered, 0);
}

#[test]
fn shutdown_tries_each_batch_once_more() {
    let pace = Pace {
        shortest: LONG,
        longest: LONG,
        give_up: LONG * 10,
    };
    let test = setting(pace, 1000, Overflow::DropNewest);
    test.push([1]);
    test.answer(retry());
    test.await_failure();
    test.push([2, 4]);
    for answer in [taken(), retry(), taken()] {
        test.answer(answer);
    }
    assert!(
        test.destination.shutdown(soon()),
        "one was refused, in time"
    );
    let counts = test.tally.counts();
    assert_eq!(
        (counts.delivered, counts.dropped(Cause::Shutdown)),
        (1 + 4, 2)
    );
    test.expect(&[1, 1, 2, 4, FLUSH]);
}

#[test]
fn an_exporter_that_cannot_be_made_is_an_error() {
    let start = |make: fn() -> Result<Box<dyn Exporter>, Error>| {
        let queue = Queue {
            max_bytes: 1,
            overflow: Overflow::DropNewest,
        };
        Destination::start("test", Signal::Metrics, make, queue, Arc::default())
            .err()
            .unwrap()
            .to_string()
    };
    assert_eq!(
        start(|| Err(Error::start("TLS", "no such file"))),
        "TLS could not be started: no such file"
    );
    assert_eq!(
        start(|| panic!("on purpose")),
        "test could not be started: its constructor panicked"
    );
}

#[test]
fn its_thread_is_named_and_not_traced() {
    let (sender, receiver) = channel();
    let make = move || {
        #[cfg(feature = "trace")]
        assert!(opentelemetry::Context::is_current_telemetry_suppressed());
        let _ = sender.send(std::thread::current().name().map(str::to_owned));
        Err(Error::start("test", "that was all"))
    };
    let queue = Queue {
        max_bytes: 1,
        overflow: Overflow::DropNewest,
    };
    let error = Destination::start("test", Signal::Traces, make, queue, Arc::default())
        .err()
        .unwrap();
    assert_eq!(error.to_string(), "test could not be started: that was all");
    assert_eq!(receiver.recv().unwrap().as_deref(), Some("telemetry-test"));
}
