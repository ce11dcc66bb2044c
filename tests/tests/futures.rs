//! Functions that give a future: a call from its first poll to its end.

use std::future::{Future, ready};
use std::num::ParseIntError;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, LocalBoxFuture};
use pollster::block_on;
use telemetry_runtime::tool;
use telemetry_tests::spans::{Spans, attribute};
use telemetry_tests::{Counted, alone, statistics};

#[tool]
fn opaque(text: String) -> impl Future<Output = Result<u8, ParseIntError>> + Send {
    async move {
        let number = text.parse::<u8>()?;
        let next = follows(number).await;
        Ok(next)
    }
}

#[tool]
fn follows(number: u8) -> impl Future<Output = u8> {
    ready(number + 1)
}

#[tool]
fn borrows<'a>(text: &'a str, _more: &str) -> impl Future<Output = &'a str> + use<'a> {
    async move { text }
}

#[tool]
fn hides(end: u8) -> impl Future<Output = impl Iterator<Item = u8>> {
    async move { 0..end }
}

#[tool]
fn boxed(text: &str) -> Pin<Box<dyn Future<Output = Result<u8, ParseIntError>> + Send + '_>> {
    if text.is_empty() {
        return Box::pin(ready(Ok(0)));
    }
    Box::pin(async move {
        let number = text.parse()?;
        Ok(number)
    })
}

#[tool]
fn by_method<T: Clone + Send + Sync>(value: &T) -> BoxFuture<'_, T> {
    async move { value.clone() }.boxed()
}

#[tool]
fn by_helper(value: u8) -> LocalBoxFuture<'static, u8> {
    fn make(value: u8) -> LocalBoxFuture<'static, u8> {
        ready(value).boxed_local()
    }
    make(value)
}

type Later<T> = Pin<Box<dyn Future<Output = Option<T>> + Send + Sync>>;

#[tool(future)]
fn behind_an_alias(value: u8) -> Later<u8> {
    Box::pin(ready(Some(value)))
}

#[tool(future = false)]
fn only_made(value: u8) -> impl Future<Output = u8> + Unpin {
    ready(value)
}

/// Recursion of an async function, which needs a box.
#[tool]
fn depth(left: u8) -> Pin<Box<dyn Future<Output = u8>>> {
    Box::pin(async move {
        match left {
            0 => 0,
            _ => depth(left - 1).await + 1,
        }
    })
}

#[tool]
async fn depth_inside(left: u8) -> u8 {
    match left {
        0 => 0,
        _ => Box::pin(depth_inside(left - 1)).await + 1,
    }
}

#[async_trait::async_trait]
trait Fetch {
    async fn fetch(&mut self, key: &str) -> Result<usize, String>;

    #[tool(name = "Fetch::default")]
    async fn by_default(&self, n: u8) -> u8 {
        ready(n).await
    }
}

struct Above(usize);
struct Below(usize);

#[tool]
#[async_trait::async_trait]
impl Fetch for Above {
    async fn fetch(&mut self, key: &str) -> Result<usize, String> {
        self.0 += ready(key.len()).await;
        Ok(self.0)
    }
}

#[async_trait::async_trait]
#[tool]
impl Fetch for Below {
    async fn fetch(&mut self, key: &str) -> Result<usize, String> {
        self.0 += ready(key.len()).await;
        Err(key.to_owned())
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

#[test]
fn each_kind_is_one_call() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry();
    assert_eq!(block_on(opaque("7".to_owned())), Ok(8));
    assert!(block_on(opaque("x".to_owned())).is_err());
    assert_eq!(block_on(borrows("a", "b")), "a");
    assert_eq!(block_on(hides(3)).count(), 3);
    assert_eq!(block_on(boxed("")), Ok(0));
    assert!(block_on(boxed("y")).is_err());
    assert_eq!(block_on(by_method(&"a")), "a");
    assert_eq!(block_on(by_helper(3)), 3);
    assert_eq!(block_on(behind_an_alias(4)), Some(4));
    assert_eq!(block_on(depth(2)), 2);
    assert_eq!(block_on(depth_inside(2)), 2);
    assert_eq!(block_on(Above(1).fetch("ab")), Ok(3));
    assert_eq!(block_on(Below(1).fetch("ab")), Err("ab".to_owned()));
    assert_eq!(block_on(Above(1).by_default(5)), 5);
    for (tool, calls, errors) in [
        ("opaque", 2, 1),
        ("follows", 1, 0),
        ("borrows", 1, 0),
        ("hides", 1, 0),
        ("boxed", 2, 1),
        ("by_method", 1, 0),
        ("by_helper", 1, 0),
        ("behind_an_alias", 1, 0),
        ("depth", 3, 0),
        ("depth_inside", 3, 0),
        ("Above::fetch", 1, 0),
        ("Below::fetch", 1, 1),
        ("Fetch::default", 1, 0),
    ] {
        assert_eq!(statistics(tool), counted(calls, errors, 0), "{tool}");
    }

    let sent = spans.after(telemetry);
    let failed = sent.all("opaque")[1];
    assert_eq!(attribute(failed, "tool.param.text").as_deref(), Some("x"));
    assert_eq!(
        attribute(failed, "error.type").as_deref(),
        Some("ParseIntError")
    );
    let follows = sent.one("follows");
    assert_eq!(
        follows.parent_span_id,
        sent.all("opaque")[0].span_context.span_id()
    );
    for tool in ["Above::fetch", "Below::fetch"] {
        let key = attribute(sent.one(tool), "tool.param.key");
        assert_eq!(key.as_deref(), Some("ab"), "{tool}");
    }
}

#[test]
fn a_call_begins_with_the_first_poll() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry();
    let waits = boxed("1");
    let made = SystemTime::now();
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(statistics("boxed").active, 0);
    assert_eq!(
        std::thread::scope(|scope| scope.spawn(|| block_on(waits)).join().unwrap()),
        Ok(1)
    );
    drop(opaque("never polled".to_owned()));
    drop(boxed("never polled"));

    let sent = spans.after(telemetry);
    // Half of it, since the two clocks differ.
    assert!(sent.one("boxed").start_time > made + Duration::from_millis(100));
    assert_eq!(
        attribute(sent.one("boxed"), "tool.param.text").as_deref(),
        Some("1")
    );
    assert_eq!(sent.names(), ["tool.boxed"]);
}

#[tool]
fn pends(text: String) -> impl Future<Output = usize> {
    async move {
        std::future::pending::<()>().await;
        text.len()
    }
}

#[tool]
fn panics() -> BoxFuture<'static, ()> {
    async { panic!("on purpose") }.boxed()
}

#[test]
fn dropped_it_is_cancelled() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry();
    {
        let mut future = pin!(pends("a".to_owned()));
        let mut context = Context::from_waker(Waker::noop());
        assert_eq!(future.as_mut().poll(&mut context), Poll::Pending);
        assert_eq!(statistics("pends").active, 1);
    }
    assert_eq!(statistics("pends"), counted(1, 0, 1));
    std::panic::catch_unwind(|| block_on(panics())).unwrap_err();
    assert_eq!(statistics("panics"), counted(1, 1, 0));
    let sent = spans.after(telemetry);
    let status = attribute(sent.one("pends"), "tool.status");
    assert_eq!(status.as_deref(), Some("cancelled"));
}

#[test]
fn where_nothing_is_sampled_nothing_is_captured() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry = spans.telemetry_with(|builder| {
        builder
            .set("traces_sample_rate", 0.0)
            .set("traces_keep", Vec::<String>::new())
    });
    struct Never;
    impl std::fmt::Debug for Never {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            unreachable!("it is not asked")
        }
    }
    #[tool]
    fn unsampled(never: Never) -> impl Future<Output = ()> {
        async move {
            let _ = &never;
        }
    }
    block_on(unsampled(Never));
    assert_eq!(statistics("unsampled"), counted(1, 0, 0));
    assert!(spans.after(telemetry).names().is_empty());
}

#[test]
fn where_nothing_runs_the_future_is_as_it_was() {
    let _alone = alone();
    let inner = by_helper(1);
    assert_eq!(block_on(inner), 1);
    assert_eq!(block_on(only_made(2)), 2);
    assert_eq!(block_on(pin!(opaque("1".to_owned()))), Ok(2));
}

#[tool]
fn awaits_one_that_is_off(number: u8) -> impl Future<Output = u8> {
    async move { is_off(number + 1).await }
}

#[tool]
async fn is_off(inner: u8) -> u8 {
    inner
}

/// Its body shows its parameter to nobody: not to the call that waits for it either.
#[test]
fn what_a_tool_that_is_off_is_given_is_nobodys() {
    let _alone = alone();
    let spans = Spans::default();
    let telemetry =
        spans.telemetry_with(|builder| builder.set("tools", "{ is_off: { enabled: false } }"));
    assert_eq!(block_on(awaits_one_that_is_off(1)), 2);
    let sent = spans.after(telemetry);
    assert_eq!(sent.names(), ["tool.awaits_one_that_is_off"]);
    let span = sent.one("awaits_one_that_is_off");
    assert_eq!(attribute(span, "tool.param.number").as_deref(), Some("1"));
    assert_eq!(attribute(span, "tool.param.inner"), None);
}
