//! A user's `SpanExporter` as a destination.

use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};

use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use super::{Recorder, Seen, a_plain_span, a_resource, a_span, far, soon};
use crate::export::{Batch, Exporter, Refused, Signal};
use crate::sdk::UserSpanExporter;
use crate::sdk::spans::encode;

fn batch(spans: Vec<SpanData>) -> Batch {
    encode(spans, &(&a_resource()).into())
}

#[test]
fn it_gets_the_resource_once_and_then_spans() {
    let (recorder, seen) = Recorder::new();
    let mut exporter = UserSpanExporter::spawn(recorder).unwrap();
    exporter
        .export(&batch(vec![a_span(1), a_plain_span(2)]), far())
        .unwrap();
    exporter.export(&batch(vec![a_span(3)]), far()).unwrap();
    exporter.flush(far());
    drop(exporter);
    let expected = [
        Seen::Resource(a_resource()),
        Seen::Spans(vec![a_span(1), a_plain_span(2)]),
        Seen::Spans(vec![a_span(3)]),
        Seen::Flush,
        Seen::Shutdown,
    ];
    assert_eq!(seen.iter().collect::<Vec<_>>(), expected);
}

#[test]
fn metrics_and_batches_without_spans_are_nothing_to_it() {
    let (recorder, seen) = Recorder::new();
    let mut exporter = UserSpanExporter::spawn(recorder).unwrap();
    let metrics = Batch {
        signal: Signal::Metrics,
        lane: crate::export::Lane::Calls,
        items: 1,
        body: vec![0xff],
    };
    exporter.export(&metrics, far()).unwrap();
    let empty = Batch {
        signal: Signal::Traces,
        lane: crate::export::Lane::Calls,
        items: 0,
        body: vec![],
    };
    exporter.export(&empty, far()).unwrap();
    drop(exporter);
    assert_eq!(seen.iter().collect::<Vec<_>>(), [Seen::Shutdown]);
}

#[test]
fn a_batch_that_is_no_protobuf_is_lost() {
    let mut exporter = UserSpanExporter::spawn(Recorder::new().0).unwrap();
    let broken = Batch {
        signal: Signal::Traces,
        lane: crate::export::Lane::Calls,
        items: 1,
        body: vec![0xff; 9],
    };
    let Err(Refused::Lost { why }) = exporter.export(&broken, far()) else {
        panic!("it must be lost");
    };
    assert!(why.contains("ExportTraceServiceRequest"), "{why}");
}

/// Does what the test says for each batch.
#[derive(Debug)]
struct Awkward {
    orders: Mutex<Receiver<Order>>,
    seen: Arc<Mutex<Vec<SpanData>>>,
}

#[derive(Debug)]
enum Order {
    Take,
    Refuse,
    Panic,
}

impl SpanExporter for Awkward {
    /// Hangs while there is no order.
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let order = self
            .orders
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .recv();
        match order {
            Ok(Order::Take) => self.seen.lock().unwrap().extend(batch),
            Ok(Order::Panic) => panic!("on purpose"),
            Ok(Order::Refuse) | Err(_) => return Err(OTelSdkError::InternalFailure("no".into())),
        }
        Ok(())
    }
}

#[test]
fn one_that_hangs_keeps_nobody_longer_than_the_deadline() {
    let (order, orders) = channel();
    let seen = Arc::new(Mutex::new(vec![]));
    let awkward = Awkward {
        orders: Mutex::new(orders),
        seen: Arc::clone(&seen),
    };
    let mut exporter = UserSpanExporter::spawn(awkward).unwrap();

    let late = exporter.export(&batch(vec![a_plain_span(1)]), soon());
    assert!(matches!(late, Err(Refused::Lost { .. })), "{late:?}");
    let busy = exporter.export(&batch(vec![a_plain_span(2)]), soon());
    assert!(matches!(busy, Err(Refused::Retry { .. })), "{busy:?}");
    exporter.flush(soon());

    order.send(Order::Take).unwrap();
    order.send(Order::Take).unwrap();
    exporter
        .export(&batch(vec![a_plain_span(2)]), far())
        .unwrap();
    assert_eq!(*seen.lock().unwrap(), [a_plain_span(1), a_plain_span(2)]);
}

#[test]
fn an_error_and_a_panic_lose_one_batch_each() {
    let (order, orders) = channel();
    let awkward = Awkward {
        orders: Mutex::new(orders),
        seen: Arc::default(),
    };
    let mut exporter = UserSpanExporter::spawn(awkward).unwrap();
    for (wish, expected) in [
        (Order::Refuse, "Operation failed: no"),
        (Order::Panic, "panicked"),
    ] {
        order.send(wish).unwrap();
        let Err(Refused::Lost { why }) = exporter.export(&batch(vec![a_plain_span(1)]), far())
        else {
            panic!("it must be lost");
        };
        assert!(why.contains(expected), "{why}");
    }
    order.send(Order::Take).unwrap();
    exporter
        .export(&batch(vec![a_plain_span(2)]), far())
        .unwrap();
}
