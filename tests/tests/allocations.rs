//! What a call allocates on the thread that makes it.
#![expect(
    unsafe_code,
    reason = "a global allocator that counts can only be written so"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use telemetry_runtime::{Telemetry, current, track_tool_call};
use telemetry_tests::spans::Spans;
use telemetry_tests::{async_tool, statistics, tool};

/// The system's, which also counts what each thread asks for.
struct Counting;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

fn count() {
    // Without a destructor it is there as long as its thread.
    COUNT.with(|count| count.set(count.get() + 1));
}

// SAFETY: every call is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps to the contract of `GlobalAlloc`, which is that of `System`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above; `pointer` came from `System`.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Allocations of this thread while `body` runs.
fn allocations(body: impl FnOnce()) -> u64 {
    let before = COUNT.get();
    body();
    COUNT.get() - before
}

const CALLS: u64 = 1_000;

/// Calls in every form, none with parameters.
fn calls() {
    for _ in 0..CALLS / 4 {
        tool!("plain", || tool!("nested", || {}));
        drop(track_tool_call("by hand", ()));
        let later = async_tool!("async", async {});
        let mut later = std::pin::pin!(later);
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(later.as_mut().poll(&mut context).is_ready());
    }
}

fn nobody_listens() {
    assert_eq!(allocations(calls), 0);
    let with_parameters = || {
        let call = track_tool_call("unheard", [("a", "b".into())]);
        call.set_attribute("c", 1).record_error("no");
        current().set_attribute("d", "e");
    };
    assert_eq!(allocations(with_parameters), 0);
}

/// Allocations of [`calls`] once the thread is warm and its ring as large as they need.
fn once_warm(telemetry: &Telemetry) -> u64 {
    for _ in 0..4 {
        calls();
    }
    assert!(telemetry.flush(telemetry_tests::PATIENCE).is_complete());
    allocations(calls)
}

/// One test: the configurations come one after the other in this process.
#[test]
fn calls_allocate_nothing_of_their_own() {
    assert!(
        allocations(|| drop(std::hint::black_box(Box::new(1)))) == 1,
        "it counts"
    );
    nobody_listens();

    let spans = Spans::default();
    let telemetry = spans.telemetry_with(|builder| {
        builder
            .set("otel_context", false)
            .set("traces_sample_rate", 0.0)
    });
    assert_eq!(once_warm(&telemetry), 0, "not sampled");
    assert_eq!(statistics("plain").calls, CALLS / 4 * 5);
    drop(telemetry);
    nobody_listens();

    let telemetry = spans.telemetry_with(|builder| builder.set("otel_context", false));
    assert_eq!(once_warm(&telemetry), 0, "sampled");
    drop(telemetry);

    // OpenTelemetry's context holds its span in an `Arc`, and that is all.
    let telemetry = spans.telemetry();
    assert_eq!(once_warm(&telemetry), CALLS, "made current: one each");
    drop(telemetry);
    nobody_listens();
}
