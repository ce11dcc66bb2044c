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

/// Of one round: fewer than the smallest ring holds.
const CALLS: u64 = 48;
const ROUNDS: u64 = 50;

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

#[telemetry_runtime::tool]
fn with_numbers(number: u64, ratio: f64) -> f64 {
    number as f64 * ratio
}

#[telemetry_runtime::tool]
fn with_text(text: &str) -> usize {
    text.len()
}

fn calls_with_numbers() {
    for number in 0..CALLS {
        with_numbers(number, 0.5);
    }
}

fn calls_with_a_text() {
    for _ in 0..CALLS {
        with_text("a text of some length");
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

/// Guards that are dropped in the order of their making: more than a thread shows by name
/// at no cost.
fn out_of_order() {
    let guards = [(); 40].map(|()| track_tool_call("out of order", ()));
    for guard in guards {
        drop(guard);
    }
}

/// Allocations of some rounds of `calls`, each of which fits into the smallest ring, after as
/// many that nobody has counted.
fn once_warm(telemetry: &Telemetry, calls: fn()) -> u64 {
    let round = || {
        assert!(telemetry.flush(telemetry_tests::PATIENCE).in_time);
        allocations(calls)
    };
    let warm: u64 = (0..ROUNDS).map(|_| round()).sum();
    let then = (0..ROUNDS).map(|_| round()).sum();
    assert!(warm >= then);
    then
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
    assert_eq!(once_warm(&telemetry, calls), 0, "not sampled");
    assert_eq!(statistics("plain").calls, CALLS / 4 * ROUNDS * 2);
    drop(telemetry);
    nobody_listens();

    let telemetry = spans.telemetry_with(|builder| builder.set("otel_context", false));
    assert_eq!(once_warm(&telemetry, calls), 0, "sampled");
    assert_eq!(once_warm(&telemetry, out_of_order), 0, "out of order");
    assert_eq!(once_warm(&telemetry, calls_with_numbers), 0, "numbers");
    assert_eq!(once_warm(&telemetry, calls_with_a_text), 0, "texts");
    drop(telemetry);

    // OpenTelemetry's context holds its span in an `Arc`, and that is all.
    let telemetry = spans.telemetry();
    assert_eq!(
        once_warm(&telemetry, calls),
        CALLS * ROUNDS,
        "made current: one each"
    );
    drop(telemetry);
    nobody_listens();
}
