//! Functions that give a stream: a call from its first poll to its end, its items counted.

use std::collections::VecDeque;
use std::num::ParseIntError;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, SystemTime};

use futures_util::stream::{self, BoxStream, FusedStream, LocalBoxStream, TryStream};
use futures_util::{Stream, StreamExt, TryStreamExt};
use pollster::block_on;
use telemetry_runtime::tool;
use telemetry_tests::spans::{Sent, Spans, attribute};
use telemetry_tests::{Counted, alone, statistics};

#[tool]
fn opaque(end: u8) -> impl Stream<Item = u8> {
    stream::iter(0..end)
}

#[tool]
fn borrows<'a>(text: &'a str, _more: &str) -> impl Stream<Item = &'a str> + Send + use<'a> {
    stream::iter(text.split(' '))
}

#[tool]
fn hides(end: u8) -> impl Stream<Item = impl Iterator<Item = u8>> + Unpin {
    stream::iter([0..end, 0..end])
}

/// Of a type that nobody writes: the body says what an item is.
#[tool]
fn parses(text: String) -> impl TryStream<Ok = u8, Error = ParseIntError> {
    stream::iter(text.split(' ').map(str::parse).collect::<Vec<_>>())
}

#[tool]
fn fused(end: u8) -> impl FusedStream<Item = u8> {
    stream::iter(0..end).fuse()
}

#[tool]
fn boxed(text: &str) -> Pin<Box<dyn Stream<Item = Result<u8, ParseIntError>> + Send + '_>> {
    if text.is_empty() {
        return Box::pin(stream::empty());
    }
    Box::pin(stream::iter(text.split(' ').map(str::parse)))
}

#[tool]
fn by_method<T: Clone + Send + Sync>(values: &[T]) -> BoxStream<'_, T> {
    stream::iter(values.iter().cloned()).boxed()
}

#[tool]
fn by_helper(end: u8) -> LocalBoxStream<'static, u8> {
    fn make(end: u8) -> LocalBoxStream<'static, u8> {
        stream::iter(0..end).boxed_local()
    }
    make(end)
}

type Rows<T> = Pin<Box<dyn Stream<Item = T> + Send + Sync>>;

#[tool(stream)]
fn behind_an_alias(end: u8) -> Rows<u8> {
    Box::pin(stream::iter(0..end))
}

#[tool(stream = false)]
fn only_made(end: u8) -> impl Stream<Item = u8> + Clone {
    stream::iter(0..end)
}

/// A stream that calls tools, and is called by one.
#[tool]
fn calls_tools(end: u8) -> impl Stream<Item = usize> {
    stream::unfold(0, move |at| async move {
        (at < end).then_some(())?;
        Some((block_on(counts(at)), at + 1))
    })
}

#[tool]
async fn counts(end: u8) -> usize {
    opaque(end).collect::<Vec<_>>().await.len()
}

trait Source {
    fn rows(&self, end: u8) -> BoxStream<'_, Result<u8, String>>;
}

struct Table(&'static str);

#[tool(ret)]
impl Source for Table {
    fn rows(&self, end: u8) -> BoxStream<'_, Result<u8, String>> {
        let refused = stream::once(async { Err(self.0.to_owned()) });
        stream::iter(0..end).map(Ok).chain(refused).boxed()
    }
}

fn counted(calls: u64, errors: u64, cancelled: u64) -> Counted {
    Counted {
        calls,
        errors,
        cancelled,
        ..Counted::default()
    }
}

fn items(sent: &Sent, tool: &str) -> Option<String> {
    attribute(sent.one(tool), "tool.stream.items")
}

/// The stream's attributes and outcome, as far as there are any.
fn told(sent: &Sent, tool: &str) -> String {
    const KEYS: [&str; 5] = [
        "tool.status",
        "tool.stream.items",
        "tool.stream.errors",
        "error.type",
        "error.message",
    ];
    let values = KEYS.map(|key| attribute(sent.one(tool), key));
    let values: Vec<_> = values.into_iter().flatten().collect();
    values.join(", ")
}

#[test]
fn every_shape_is_a_call_of_its_own() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry();
    let read = |stream: Pin<Box<dyn Stream<Item = u8> + '_>>| block_on(stream.collect::<Vec<_>>());
    assert_eq!(read(Box::pin(opaque(3))), [0, 1, 2]);
    assert_eq!(block_on(borrows("a b", "").collect::<Vec<_>>()), ["a", "b"]);
    let all = block_on(hides(2).map(Iterator::count).collect::<Vec<_>>());
    assert_eq!(all, [2, 2]);
    assert_eq!(
        block_on(parses("1 2".to_owned()).try_collect::<Vec<_>>()),
        Ok(vec![1, 2])
    );
    assert_eq!(read(Box::pin(fused(2))), [0, 1]);
    assert_eq!(
        block_on(boxed("5 6 7 8").try_collect::<Vec<_>>()),
        Ok(vec![5, 6, 7, 8])
    );
    assert_eq!(read(by_method(&[7, 8])), [7, 8]);
    assert_eq!(read(by_helper(1)), [0]);
    assert!(read(behind_an_alias(0)).is_empty());
    assert_eq!(read(Box::pin(only_made(2).clone())), [0, 1]);
    let shapes = [
        ("opaque", "3"),
        ("borrows", "2"),
        ("hides", "2"),
        ("parses", "2"),
        ("fused", "2"),
        ("boxed", "4"),
        ("by_method", "2"),
        ("by_helper", "1"),
        ("behind_an_alias", "0"),
    ];
    for (tool, _) in shapes {
        assert_eq!(statistics(tool), counted(1, 0, 0), "{tool}");
    }
    let sent = spans.after(telemetry);
    for (tool, given) in shapes {
        assert_eq!(items(&sent, tool).as_deref(), Some(given), "{tool}");
    }
    assert_eq!(items(&sent, "only_made"), None);
    assert_eq!(
        attribute(sent.one("opaque"), "tool.param.end").as_deref(),
        Some("3")
    );
}

#[test]
fn a_call_begins_with_the_first_poll() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry();
    let waits = boxed("1");
    let made = SystemTime::now();
    thread::sleep(Duration::from_millis(200));
    assert_eq!(statistics("boxed").active, 0);
    let all = thread::scope(|scope| {
        let reads = || block_on(waits.try_collect::<Vec<_>>());
        scope.spawn(reads).join().unwrap()
    });
    assert_eq!(all, Ok(vec![1]));
    drop(opaque(3));
    drop(boxed("never polled"));
    let sent = spans.after(telemetry);
    // Half of it, since the two clocks differ.
    assert!(sent.one("boxed").start_time > made + Duration::from_millis(100));
    assert_eq!(sent.names(), ["tool.boxed"]);
}

#[tool]
fn fails_once(ends: bool) -> impl Stream<Item = Result<u8, String>> {
    let rest = stream::iter([Err("first".to_owned()), Ok(2), Err("second".to_owned())]);
    let end = stream::pending().take(usize::from(!ends));
    stream::iter([Ok(1)]).chain(rest).chain(end)
}

#[tool(err = false, error_type = "row", ok_if = |row| *row == Err(3))]
fn judged() -> BoxStream<'static, Result<u8, u8>> {
    stream::iter([Err(3), Ok(1), Err(4)]).boxed()
}

#[tool(error_if = Result::is_err, name = "limits", err(Display))]
fn judged_by_value() -> impl Stream<Item = Result<u8, String>> {
    stream::iter([Ok(1)])
}

#[tool(error_if = |row| *row > 1)]
fn too_large() -> impl Stream<Item = u8> {
    stream::iter([1, 2, 3])
}

#[test]
fn items_that_are_errors_make_an_error() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry();
    assert_eq!(block_on(fails_once(true).collect::<Vec<_>>()).len(), 4);
    // Who reads with `?` goes no further than the first.
    block_on(boxed("1 x 3").try_for_each(|_| async { Ok(()) })).unwrap_err();
    block_on(judged().collect::<Vec<_>>());
    block_on(too_large().collect::<Vec<_>>());
    block_on(Table("no table").rows(2).collect::<Vec<_>>());
    assert_eq!(statistics("fails_once"), counted(1, 1, 0));
    assert_eq!(statistics("boxed"), counted(1, 1, 0));

    let sent = spans.after(telemetry);
    assert_eq!(told(&sent, "fails_once"), "error, 4, 2, String, first");
    assert_eq!(
        told(&sent, "boxed"),
        "error, 2, 1, ParseIntError, invalid digit found in string"
    );
    assert_eq!(told(&sent, "judged"), "error, 3, 1, row");
    assert_eq!(told(&sent, "too_large"), "error, 3, 2, u8");
    assert_eq!(told(&sent, "Table::rows"), "error, 3, 1, String, no table");
    assert_eq!(attribute(sent.one("Table::rows"), "tool.return"), None);
}

#[test]
fn dropped_before_its_end_it_is_cancelled() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry();
    {
        let mut all = pin!(opaque(3));
        block_on(all.next());
        assert_eq!(statistics("opaque").active, 1);
    }
    assert_eq!(statistics("opaque"), counted(1, 0, 1));
    // One that is dropped while it waits, after an error.
    {
        let mut all = pin!(fails_once(false));
        block_on(all.by_ref().take(4).collect::<Vec<_>>());
        let mut context = Context::from_waker(Waker::noop());
        assert_eq!(all.as_mut().poll_next(&mut context), Poll::Pending);
    }
    // On another thread than those that polled it.
    let mut moved = behind_an_alias(9);
    block_on(moved.next());
    let moved = thread::spawn(move || {
        block_on(moved.next());
        moved
    });
    let moved = moved.join().unwrap();
    thread::spawn(|| drop(moved)).join().unwrap();
    let sent = spans.after(telemetry);
    assert_eq!(told(&sent, "opaque"), "cancelled, 1");
    assert_eq!(told(&sent, "fails_once"), "error, 4, 2, String, first");
    assert_eq!(told(&sent, "behind_an_alias"), "cancelled, 2");
}

/// Gives what it holds, then panics.
struct Panics(VecDeque<u8>);

impl Stream for Panics {
    type Item = u8;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<u8>> {
        let item = self.0.pop_front();
        Poll::Ready(Some(item.expect("on purpose")))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.0.len(), None)
    }
}

#[tool]
fn panics() -> impl Stream<Item = u8> + Unpin {
    Panics(VecDeque::from([1, 2]))
}

#[test]
fn a_panic_ends_it() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry();
    let mut stream = panics();
    assert_eq!(stream.size_hint(), (2, None));
    let read = catch_unwind(AssertUnwindSafe(|| block_on(stream.by_ref().count())));
    read.unwrap_err();
    assert_eq!(statistics("panics"), counted(1, 1, 0));
    drop(stream);
    let sent = spans.after(telemetry);
    assert_eq!(told(&sent, "panics"), "panic, 2, panic");
}

/// Ends, and begins anew.
struct Again(u8);

impl Stream for Again {
    type Item = u8;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<u8>> {
        self.0 += 1;
        Poll::Ready((!self.0.is_multiple_of(3)).then_some(self.0))
    }
}

#[tool]
fn again() -> impl Stream<Item = u8> + Unpin {
    Again(0)
}

#[test]
fn after_its_end_it_is_the_stream_it_was() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry();
    let mut stream = again();
    assert_eq!(block_on(stream.by_ref().collect::<Vec<_>>()), [1, 2]);
    assert_eq!(block_on(stream.by_ref().collect::<Vec<_>>()), [4, 5]);
    let mut all = pin!(fused(1));
    assert!(!all.is_terminated());
    assert_eq!(block_on(all.by_ref().count()), 1);
    assert!(all.is_terminated());
    assert_eq!(statistics("again"), counted(1, 0, 0));
    let sent = spans.after(telemetry);
    assert_eq!(items(&sent, "again").as_deref(), Some("2"));
}

#[test]
fn calls_inside_are_children() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry();
    let all = block_on(calls_tools(3).collect::<Vec<_>>());
    assert_eq!(all, [0, 1, 2]);
    let sent = spans.after(telemetry);
    let above = sent.one("calls_tools");
    for inside in sent.all("counts") {
        assert_eq!(inside.parent_span_id, above.span_context.span_id());
    }
    let given: Vec<_> = sent.all("opaque");
    let given = given
        .iter()
        .map(|span| attribute(span, "tool.stream.items").unwrap());
    assert_eq!(given.collect::<Vec<_>>(), ["0", "1", "2"]);
}

#[test]
fn where_nothing_runs_the_stream_is_as_it_was() {
    let _alone = alone();
    assert_eq!(block_on(opaque(3).count()), 3);
    assert_eq!(block_on(by_helper(1).count()), 1);
    assert_eq!(block_on(judged_by_value().count()), 1);
}

/// What is `Send` stays so.
#[test]
fn streams_move_between_threads() {
    fn is_send<T: Send>(_: &T) {}
    fn is_sync<T: Sync>(_: &T) {}
    let opaque = opaque(1);
    is_send(&opaque);
    is_sync(&opaque);
    is_send(&borrows("", ""));
    is_send(&behind_an_alias(1));
    is_sync(&behind_an_alias(1));
}
