//! tracing-loki, on a tokio runtime of its own, ended by its controller.

use std::process::ExitCode;
use std::thread::sleep;
use std::time::Duration;

use telemetry_lab_harness::peer::{Finish, Lines};
use telemetry_lab_harness::work::{self, LINE};
use telemetry_lab_harness::{Case, Peer, Target, Variant, program};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tracing_loki::BackgroundTaskController;
use tracing_loki::url::Url;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

struct Loki {
    runtime: Runtime,
    controller: BackgroundTaskController,
    task: JoinHandle<()>,
}

impl Loki {
    fn begin(url: &str) -> Self {
        let mut url = Url::parse(url).expect("a right address");
        // It adds the path itself.
        url.set_path("");
        let (layer, controller, task) = tracing_loki::builder()
            .label("application", "lab")
            .expect("a right label")
            .build_controller_url(url)
            .expect("a right address");
        tracing_subscriber::registry().with(layer).init();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let task = runtime.spawn(task);
        Self {
            runtime,
            controller,
            task,
        }
    }

    fn end(self) {
        let Self {
            runtime,
            controller,
            task,
        } = self;
        runtime.block_on(async {
            controller.shutdown().await;
            let _ = tokio::time::timeout(Duration::from_secs(120), task).await;
        });
        runtime.shutdown_background();
    }
}

impl Peer for Loki {
    const NAME: &'static str = "tracing-loki";
    const VERSIONS: &'static [&'static str] = &["tracing-loki 0.2.7", "tracing 0.1"];
    const VARIANTS: &'static [Variant] = &[Variant {
        name: "logs",
        what: "its layer alone; half a batch of 1,000 finds its queue of 512 full",
    }];
    const OTLP: bool = false;
    const LINES: Option<Lines> = Some(Lines {
        start: |url| {
            let loki = Self::begin(url);
            Box::new(move || {
                loki.end();
                None
            })
        },
        write: |thread, number, text| tracing::info!(thread, number, "{text}"),
    });

    fn start(_variant: &str, target: &Target) -> Self {
        let (Target::Forget(url) | Target::Otlp(url)) = target;
        Self::begin(&format!("{url}/loki/api/v1/push"))
    }

    fn cases(_variant: &str) -> Vec<Case> {
        vec![Case::new(LINE, line, work::line)]
    }

    /// There is no way to ask: long enough for a thousand lines.
    fn settle(&self) {
        sleep(Duration::from_millis(20));
    }

    fn finish(self) -> Finish {
        self.end();
        Finish::default()
    }
}

/// Three fields of three types and a message.
#[inline(never)]
fn line(number: u64) {
    tracing::info!(number, ratio = 0.5, place = "the third shelf", "found it");
}

fn main() -> ExitCode {
    program::main::<Loki>()
}
