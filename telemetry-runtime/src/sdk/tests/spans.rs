//! Batches of the SDK's spans: when they go, and what becomes of too many.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use opentelemetry::trace::{SpanContext, TraceFlags, TraceState};
use opentelemetry_sdk::trace::SpanProcessor as _;

use super::{NEVER, a_plain_span, sink};
use crate::export::Batch;
use crate::sdk::Spans;
use crate::sdk::spans::SpanBridge;

fn counted(batch_max: usize) -> (Spans, Receiver<Batch>, Arc<AtomicU64>) {
    let (sink, batches) = sink();
    let dropped = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&dropped);
    let count = move |spans| _ = count.fetch_add(spans, Ordering::Relaxed);
    (
        Spans {
            sink,
            dropped: Arc::new(count),
            batch_max,
            batch_delay: NEVER,
        },
        batches,
        dropped,
    )
}

#[test]
fn a_full_batch_goes_without_being_asked() {
    let (to, batches, _) = counted(3);
    let bridge = SpanBridge::spawn(to).unwrap();
    for _ in 0..10 {
        bridge.on_end(a_plain_span(0));
        // So that the thread waits for the rest.
        thread::sleep(Duration::from_millis(2));
        bridge.on_end(a_plain_span(1));
        bridge.on_end(a_plain_span(2));
        let batch = batches.recv_timeout(Duration::from_secs(60)).unwrap();
        assert_eq!(batch.items, 3);
    }
}

#[test]
fn a_flush_waits_for_the_batch_in_hand() {
    let (mut to, _, _) = counted(1);
    let (happened, events) = channel();
    let (release, hold) = channel::<()>();
    let (in_sink, hold) = (happened.clone(), Mutex::new(hold));
    to.sink = Arc::new(move |_| {
        in_sink.send("taken").unwrap();
        let _ = hold.lock().unwrap().recv();
        in_sink.send("sent").unwrap();
    });
    let bridge = SpanBridge::spawn(to).unwrap();
    bridge.on_end(a_plain_span(1));
    assert_eq!(events.recv(), Ok("taken"));
    let flusher = thread::spawn(move || {
        bridge.flush();
        happened.send("flushed").unwrap();
    });
    // Time to return too early.
    thread::sleep(Duration::from_millis(20));
    release.send(()).unwrap();
    flusher.join().unwrap();
    assert_eq!(events.try_iter().collect::<Vec<_>>(), ["sent", "flushed"]);
}

#[test]
fn after_the_delay_a_single_span_goes_too() {
    let (mut to, batches, _) = counted(3);
    to.batch_delay = Duration::from_millis(1);
    let bridge = SpanBridge::spawn(to).unwrap();
    bridge.on_end(a_plain_span(1));
    assert_eq!(batches.recv().unwrap().items, 1);
}

#[test]
fn a_flush_splits_what_waits_into_batches() {
    let (to, batches, dropped) = counted(4);
    let bridge = SpanBridge::spawn(to).unwrap();
    (0..10).for_each(|id| bridge.on_end(a_plain_span(id)));
    bridge.flush();
    let sent: Vec<_> = batches.try_iter().map(|batch| batch.items).collect();
    assert_eq!(sent.iter().sum::<u64>(), 10);
    assert!(sent.iter().all(|items| *items <= 4), "{sent:?}");
    assert_eq!(dropped.load(Ordering::Relaxed), 0);
}

#[test]
fn every_span_is_sent_or_counted() {
    let (mut to, batches, dropped) = counted(4_096);
    let (release, hold) = channel::<()>();
    let hold = Mutex::new(hold);
    let inner = Arc::clone(&to.sink);
    to.sink = Arc::new(move |batch| {
        // Slower than the spans come.
        let _ = hold.lock().unwrap().recv();
        inner(batch);
    });
    let bridge = SpanBridge::spawn(to).unwrap();
    (0..30_000).for_each(|id| bridge.on_end(a_plain_span(id)));
    drop(release);
    bridge.close();
    bridge.on_end(a_plain_span(1));
    let sent: u64 = batches.try_iter().map(|batch| batch.items).sum();
    let dropped = dropped.load(Ordering::Relaxed);
    assert_eq!(sent + dropped, 30_001);
    assert!(dropped > 1, "the queue is bounded");
}

#[test]
fn spans_that_are_recorded_but_not_sampled_stay_here() {
    let (to, batches, dropped) = counted(1);
    let bridge = SpanBridge::spawn(to).unwrap();
    let mut span = a_plain_span(1);
    let (trace_id, span_id) = (span.span_context.trace_id(), span.span_context.span_id());
    span.span_context = SpanContext::new(
        trace_id,
        span_id,
        TraceFlags::default(),
        false,
        TraceState::default(),
    );
    bridge.on_end(span);
    bridge.close();
    assert!(batches.try_recv().is_err());
    assert_eq!(dropped.load(Ordering::Relaxed), 0);
}
