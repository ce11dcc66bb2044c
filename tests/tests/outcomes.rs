//! How calls end, and that nobody but telemetry notices.

use std::cell::Cell;
use std::error::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use futures_util::stream::{self, Stream, StreamExt};
use opentelemetry::trace::Status;
use telemetry_runtime::__private::{Failure, call, call_async, guard, site};
use telemetry_runtime::{current, track_tool_call};
use telemetry_tests::spans::{Spans, attribute};
use telemetry_tests::{Counted, alone, async_tool, statistics, tool};

fn counted(calls: u64, errors: u64, cancelled: u64) -> Counted {
    Counted {
        calls,
        errors,
        cancelled,
        ..Counted::default()
    }
}

#[derive(Debug, PartialEq)]
struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("refused")
    }
}

#[test]
fn success_and_error_are_told_by_the_result() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry();
    assert_eq!(tool!("well", || Ok::<_, Refused>(1)), Ok(1));
    assert_eq!(tool!("badly", || Err::<u8, _>(Refused)), Err(Refused));
    assert_eq!(tool!("plain", || 3), 3);
    assert_eq!(
        pollster::block_on(async_tool!("later", async { Err::<u8, _>(Refused) })),
        Err(Refused)
    );
    assert_eq!(statistics("well"), counted(1, 0, 0));
    assert_eq!(statistics("badly"), counted(1, 1, 0));
    assert_eq!(statistics("plain"), counted(1, 0, 0));
    assert_eq!(statistics("later"), counted(1, 1, 0));

    let sent = spans.after(telemetry);
    for (tool, status) in [
        ("well", "success"),
        ("plain", "success"),
        ("badly", "error"),
        ("later", "error"),
    ] {
        assert_eq!(
            attribute(sent.one(tool), "tool.status").as_deref(),
            Some(status),
            "{tool}"
        );
    }
    let badly = sent.one("badly");
    assert_eq!(badly.status, Status::error("refused"));
    assert_eq!(attribute(badly, "error.type").as_deref(), Some("Refused"));
    assert_eq!(
        attribute(badly, "error.message").as_deref(),
        Some("refused")
    );
    assert_eq!(sent.one("well").status, Status::Unset);
}

/// An error because of another one.
#[derive(Debug)]
struct Caused(&'static str, Option<Box<Caused>>);

impl fmt::Display for Caused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for Caused {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.1.as_deref().map(|below| below as _)
    }
}

fn caused() -> Caused {
    let disk = Caused("disk full", None);
    let write = Caused("cannot write page 7", Some(Box::new(disk)));
    Caused("cannot save", Some(Box::new(write)))
}

mod caused_tools {
    use super::{Caused, Error, Stream, caused, stream};
    use telemetry_runtime::tool;

    #[tool]
    pub(super) fn typed() -> Result<(), Caused> {
        Err(caused())
    }

    #[tool]
    pub(super) fn dynamic() -> Result<(), Box<dyn Error>> {
        Err(caused().into())
    }

    #[tool]
    pub(super) async fn later() -> Result<(), Box<dyn Error + Send + Sync>> {
        Err(caused().into())
    }

    #[tool]
    pub(super) fn anyhows() -> anyhow::Result<()> {
        Err(anyhow::Error::new(caused()).context("in the evening"))
    }

    #[tool]
    pub(super) fn streamed() -> impl Stream<Item = Result<(), Caused>> {
        stream::iter([Err(caused())])
    }

    #[tool]
    pub(super) fn without_cause() -> Result<u8, std::num::ParseIntError> {
        "x".parse()
    }

    #[tool(err = false)]
    pub(super) fn silent() -> Result<(), Caused> {
        Err(caused())
    }

    #[tool(err(|_| "[redacted]"))]
    pub(super) fn redacted() -> Result<(), Caused> {
        Err(caused())
    }

    #[tool(err(Display))]
    pub(super) fn displayed() -> Result<(), Caused> {
        Err(caused())
    }
}

#[test]
fn what_is_below_an_error_is_on_the_span() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry();
    assert!(caused_tools::typed().is_err());
    assert!(caused_tools::dynamic().is_err());
    assert!(pollster::block_on(caused_tools::later()).is_err());
    assert!(caused_tools::anyhows().is_err());
    let streamed = pollster::block_on(caused_tools::streamed().collect::<Vec<_>>());
    assert_eq!(streamed.len(), 1);
    assert!(caused_tools::without_cause().is_err());
    assert!(caused_tools::silent().is_err());
    assert!(caused_tools::redacted().is_err());
    assert!(caused_tools::displayed().is_err());
    assert_eq!(statistics("typed").errors, 1);

    let sent = spans.after(telemetry);
    let told = |tool: &str| {
        ["error.type", "error.message", "error.source"]
            .map(|key| attribute(sent.one(tool), key).unwrap_or_default())
    };
    let below = "cannot write page 7\ndisk full";
    assert_eq!(told("typed"), ["Caused", "cannot save", below]);
    assert_eq!(told("dynamic"), ["dyn Error", "cannot save", below]);
    assert_eq!(told("later"), ["dyn Error", "cannot save", below]);
    assert_eq!(
        told("anyhows"),
        [
            "anyhow::Error",
            "in the evening",
            "cannot save\ncannot write page 7\ndisk full"
        ]
    );
    assert_eq!(told("streamed"), ["Caused", "cannot save", below]);
    assert_eq!(told("without_cause")[2], "");
    assert_eq!(told("silent"), ["Caused", "", ""]);
    assert_eq!(told("redacted"), ["Caused", "[redacted]", ""]);
    assert_eq!(told("displayed"), ["Caused", "cannot save", below]);
}

#[test]
fn a_panic_goes_on_as_it_was() {
    struct Payload(u32);
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry();
    let caught = catch_unwind(|| {
        tool!("outer panic", || tool!("inner panic", || -> () {
            panic_any(Payload(7))
        }))
    });
    let payload = caught.expect_err("it panics").downcast::<Payload>();
    assert_eq!(payload.expect("the same payload").0, 7);

    let caught = catch_unwind(|| {
        let _guard = guard(site!("guard panic", "guard panic", 0), &mut |_| {});
        panic_any(Payload(8));
    });
    assert_eq!(
        caught
            .expect_err("it panics")
            .downcast::<Payload>()
            .expect("the same")
            .0,
        8
    );

    let caught = catch_unwind(|| {
        let _call = track_tool_call("by hand panic", ());
        panic_any(Payload(9));
    });
    assert!(caught.is_err());

    tool!("after panic", || {});
    for tool in ["outer panic", "inner panic", "guard panic", "by hand panic"] {
        assert_eq!(statistics(tool), counted(1, 1, 0), "{tool}");
    }
    let sent = spans.after(telemetry);
    for tool in ["outer panic", "inner panic", "guard panic", "by hand panic"] {
        let span = sent.one(tool);
        assert_eq!(
            attribute(span, "tool.status").as_deref(),
            Some("panic"),
            "{tool}"
        );
        assert_eq!(
            attribute(span, "error.type").as_deref(),
            Some("panic"),
            "{tool}"
        );
        assert!(matches!(span.status, Status::Error { .. }), "{tool}");
    }
    assert!(sent.is_child("inner panic", "outer panic"));
    assert!(
        sent.is_root("after panic"),
        "nothing is left of calls that panicked"
    );
}

#[test]
fn a_panic_inside_a_poll_ends_the_call_once() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry();
    let mut future = Box::pin(async_tool!("polled panic", async {
        current().set_attribute("seen", true);
        if current().span_id().is_some() {
            panic_any(3_u8);
        }
    }));
    let poll = AssertUnwindSafe(|| -> Poll<()> {
        future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
    });
    let caught = catch_unwind(poll);
    assert_eq!(
        *caught
            .expect_err("it panics")
            .downcast::<u8>()
            .expect("the same payload"),
        3
    );
    assert_eq!(statistics("polled panic"), counted(1, 1, 0));
    drop(future);
    tool!("after polled panic", || {});
    assert_eq!(
        statistics("polled panic"),
        counted(1, 1, 0),
        "dropping it is no second end"
    );

    let sent = spans.after(telemetry);
    assert_eq!(
        attribute(sent.one("polled panic"), "tool.status").as_deref(),
        Some("panic")
    );
    assert_eq!(
        attribute(sent.one("polled panic"), "seen").as_deref(),
        Some("true")
    );
    assert!(sent.is_root("after polled panic"));
}

#[test]
fn a_future_dropped_before_its_end_is_cancelled() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry();
    let future = async_tool!("cancelled", async {
        let _notes = OnDrop(|| tool!("in the cancelled one's drop", || {}));
        std::future::pending::<()>().await;
    });
    {
        let mut future = pin!(future);
        assert!(
            future
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
                .is_pending()
        );
        assert_eq!(statistics("cancelled").active, 1);
    }
    assert_eq!(statistics("cancelled"), counted(1, 0, 1));
    let sent = spans.after(telemetry);
    let span = sent.one("cancelled");
    assert_eq!(attribute(span, "tool.status").as_deref(), Some("cancelled"));
    assert_eq!(span.status, Status::Unset);
    assert!(sent.is_child("in the cancelled one's drop", "cancelled"));
}

#[test]
fn what_runs_while_another_panic_unwinds_is_judged_by_itself() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry();
    let caught = catch_unwind(|| {
        let _cleans_up = OnDrop(|| {
            tool!("closure in drop", || {});
            drop(guard(
                site!("guard in drop", "guard in drop", 0),
                &mut |_| {},
            ));
            drop(track_tool_call("by hand in drop", ()));
            pollster::block_on(async_tool!("async in drop", async {}));
            let _ = tool!("fails in drop", || Err::<(), _>(Refused));
            // Caught inside, so that it is its own panic and nobody else's.
            let inner = catch_unwind(|| tool!("panics in drop", || -> () { panic!("on purpose") }));
            assert!(inner.is_err());
        });
        tool!("panics", || -> () { panic!("on purpose") });
    });
    assert!(caught.is_err());
    for tool in [
        "closure in drop",
        "guard in drop",
        "by hand in drop",
        "async in drop",
    ] {
        assert_eq!(statistics(tool), counted(1, 0, 0), "{tool}");
    }
    for tool in ["fails in drop", "panics in drop", "panics"] {
        assert_eq!(statistics(tool), counted(1, 1, 0), "{tool}");
    }
    let sent = spans.after(telemetry);
    assert_eq!(
        attribute(sent.one("fails in drop"), "tool.status").as_deref(),
        Some("error")
    );
    assert_eq!(
        attribute(sent.one("panics in drop"), "tool.status").as_deref(),
        Some("panic")
    );
}

#[test]
fn an_error_said_by_hand_is_one() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry();
    tool!("says so", || {
        current().record_error(&Refused);
    });
    track_tool_call("says so by hand", ()).record_error("no luck");
    let finished = track_tool_call("finishes", ()).finish("x".parse::<u8>());
    assert!(finished.is_err());
    pollster::block_on(track_tool_call("says so later", ()).wrap(async {
        current().record_error(&Refused);
    }));
    for tool in ["says so", "says so by hand", "finishes", "says so later"] {
        assert_eq!(statistics(tool), counted(1, 1, 0), "{tool}");
    }
    let sent = spans.after(telemetry);
    let told = |tool: &str, key: &str| attribute(sent.one(tool), key);
    assert_eq!(told("says so", "error.type").as_deref(), Some("Refused"));
    assert_eq!(
        told("says so by hand", "error.message").as_deref(),
        Some("no luck")
    );
    assert_eq!(
        told("finishes", "error.type").as_deref(),
        Some("ParseIntError")
    );
    assert_eq!(sent.one("says so later").status, Status::error("refused"));
}

#[test]
fn an_ending_that_panics_leaves_nothing_open() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry();
    fn ending(_: &()) -> Option<Failure<'_>> {
        panic!("on purpose")
    }
    let judged =
        catch_unwind(|| call(site!("judged", "judged", 0), &mut |_| {}).run(|| {}, ending));
    assert!(judged.is_err());
    let judged = catch_unwind(|| {
        let site = || site!("judged later", "judged later", 0);
        pollster::block_on(call_async(site(), async {}, ending));
    });
    assert!(judged.is_err());
    for tool in ["judged", "judged later"] {
        assert_eq!(statistics(tool), counted(1, 1, 0), "{tool}");
    }
    tool!("after the judge", || {});
    let sent = spans.after(telemetry);
    assert!(sent.is_root("after the judge"));
}

/// Text and iterators of the user's run while nothing of ours is locked.
#[test]
fn what_is_told_of_a_call_may_make_calls_itself() {
    struct Talks;
    impl From<Talks> for telemetry_runtime::Value {
        fn from(_: Talks) -> Self {
            current().set_attribute("from the value", 1);
            tool!("from the value", || 2).into()
        }
    }
    impl fmt::Display for Talks {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            current().set_attribute("from the text", 1);
            write!(f, "{}", tool!("from the text", || 2))
        }
    }
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry();
    tool!("talkative", || {
        current().set_attribute("value", Talks);
        let once = Cell::new(Some(Talks));
        current().add_event(
            "event",
            std::iter::from_fn(|| Some(("value", once.take()?.into()))),
        );
        current().record_error(&Talks);
    });
    let sent = spans.after(telemetry);
    let span = sent.one("talkative");
    assert_eq!(attribute(span, "value").as_deref(), Some("2"));
    assert_eq!(attribute(span, "from the value").as_deref(), Some("1"));
    assert_eq!(attribute(span, "from the text").as_deref(), Some("1"));
    assert_eq!(attribute(span, "error.message").as_deref(), Some("2"));
    assert_eq!(span.events.events.len(), 1);
    assert_eq!(sent.all("from the value").len(), 2);
}

struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}
