//! Inside tokio, of either kind: started there, used there, ended there.

use std::time::Duration;

use telemetry_runtime::{Telemetry, current};
use telemetry_tests::sink::{Mode, Sink};
use telemetry_tests::{PATIENCE, alone, async_tool, statistics, tool};

fn current_thread() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}

fn multi_thread() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
}

/// A program's `async fn main`.
async fn main_of_a_program(url: String) {
    let telemetry = Telemetry::builder()
        .no_file()
        .otlp(url)
        .init()
        .expect("right");
    tool!("sync in async", || {});
    async_tool!("request", async {
        let tasks: Vec<_> = (0..10)
            .map(|_| {
                let task = async_tool!("task", async {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    tool!("in a task", || {});
                });
                tokio::spawn(current().wrap(task))
            })
            .collect();
        for task in tasks {
            task.await.expect("no panic");
        }
    })
    .await;
    let (polled, is_polled) = tokio::sync::oneshot::channel();
    let aborted = tokio::spawn(async_tool!("aborted", async move {
        polled.send(()).expect("somebody waits");
        std::future::pending::<()>().await;
    }));
    is_polled
        .await
        .expect("it is polled: before, it is no call");
    aborted.abort();
    assert!(aborted.await.expect_err("it never ends").is_cancelled());
    assert_eq!(statistics("aborted").cancelled, 1);
    assert_eq!(statistics("in a task").calls, 10);
    assert!(telemetry.flush(PATIENCE).is_complete());
    tool!("after the flush", || {});
    drop(telemetry);
}

#[test]
fn the_whole_life_in_async_main() {
    let _alone = alone();
    for runtime in [current_thread(), multi_thread()] {
        let sink = Sink::start(Mode::Accept);
        runtime.block_on(main_of_a_program(sink.url()));
        assert_eq!(sink.seen().span_count, 24);
        assert!(sink.seen().metric("tool.calls").is_some());
    }
}

#[test]
fn in_a_task_and_towards_nobody() {
    let _alone = alone();
    let url = telemetry_tests::sink::nobody();
    for runtime in [current_thread(), multi_thread()] {
        let url = url.clone();
        let program = async move {
            let telemetry = Telemetry::builder()
                .no_file()
                .otlp(url)
                .init()
                .expect("right");
            tool!("to nobody", || {});
            let report = telemetry.shutdown(Duration::from_millis(100));
            (report.traces.delivered, report.traces.dropped)
        };
        let ended = runtime.block_on(async { tokio::spawn(program).await });
        assert_eq!(ended.expect("no panic"), (0, 1));
    }
}

/// The guard outlives the runtime in which it was made, and the other way round.
#[test]
fn guards_and_runtimes_end_in_any_order() {
    let _alone = alone();
    for make in [current_thread, multi_thread] {
        let sink = Sink::start(Mode::Accept);
        let runtime = make();
        let telemetry = runtime.block_on(async {
            Telemetry::builder()
                .no_file()
                .otlp(sink.url())
                .init()
                .expect("right")
        });
        let (polled, is_polled) = tokio::sync::oneshot::channel();
        let task = runtime.spawn(async_tool!("never ends", async move {
            polled.send(()).expect("somebody waits");
            std::future::pending::<()>().await;
        }));
        runtime
            .block_on(is_polled)
            .expect("it is polled: before, it is no call");
        drop(task);
        drop(runtime);
        assert_eq!(statistics("never ends").cancelled, 1, "with its runtime");
        drop(telemetry);
        assert_eq!(sink.seen().span_count, 1);

        let runtime = make();
        let telemetry = Telemetry::builder()
            .no_file()
            .otlp(sink.url())
            .init()
            .expect("right");
        let task = runtime.spawn(async_tool!(
            "never ends either",
            std::future::pending::<()>()
        ));
        drop(telemetry);
        drop((task, runtime));
        assert_eq!(sink.seen().span_count, 1);
    }
}
