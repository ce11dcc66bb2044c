//! What users ask of the detector of the running telemetry.

use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use super::Subscription;
use super::analyser::Analyser;
use super::subscription;
use crate::drift::{BaselineStats, DriftReport, Event, Filter};
use crate::error::Error;
use crate::pipeline::running;

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// The detector that watches the tools of this process.
///
/// ```
/// use telemetry_runtime::drift::{Filter, Severity};
///
/// let detector = telemetry_runtime::detector();
/// let serious = Filter { severity: Some(Severity::High), limit: Some(10), ..Filter::default() };
/// for event in detector.report(serious) {
///     println!("{} {}", event.tool_name, event.description);
/// }
/// ```
#[must_use]
pub fn detector() -> LiveDetector {
    LiveDetector(())
}

/// The detector of the running telemetry: what [`detector`] gives.
///
/// Before `init`, after shutdown, and where `drift_detection_enabled` says no, it knows nothing and
/// does nothing. Every question is answered behind the calls that ended before it. For durations
/// from elsewhere there is [`drift::Detector`](crate::drift::Detector).
#[derive(Clone, Copy, Debug)]
pub struct LiveDetector(());

impl LiveDetector {
    /// Events that the filter asks for, newest first: of this process, and where there is a store,
    /// of those before it.
    #[must_use]
    pub fn report(&self, filter: Filter) -> Vec<Event> {
        ask(move |analyser| analyser.detector.report(&filter)).unwrap_or_default()
    }

    /// What is normal for a tool; `None` where nothing is known of it.
    #[must_use]
    pub fn baseline_stats(&self, tool: &str) -> Option<BaselineStats> {
        let tool = tool.to_owned();
        ask(move |analyser| analyser.detector.baseline_stats(&tool)).flatten()
    }

    /// What is normal for each tool of which something is known, by name.
    #[must_use]
    pub fn all_baseline_stats(&self) -> Vec<(String, BaselineStats)> {
        ask(|analyser| baselines(analyser)).unwrap_or_default()
    }

    /// Writes all events and baselines into a file: JSON where its name ends in `.json`, Markdown
    /// where it ends in `.md`.
    ///
    /// # Errors
    ///
    /// [`Error::is_report`]: the name ends otherwise, or the file cannot be written.
    ///
    /// ```
    /// # let folder = std::env::temp_dir();
    /// let detector = telemetry_runtime::detector();
    /// detector.export_report(folder.join("drift.md"))?;
    /// let error = detector.export_report("drift.pdf").unwrap_err();
    /// assert_eq!(error.to_string(), "drift.pdf: found the extension pdf, allowed: json, md");
    /// # std::fs::remove_file(folder.join("drift.md")).unwrap();
    /// # Ok::<(), telemetry_runtime::Error>(())
    /// ```
    pub fn export_report(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let report = ask(|analyser| DriftReport {
            created: SystemTime::now(),
            events: analyser.detector.report(&Filter::default()),
            baselines: baselines(analyser),
        });
        let report = report.unwrap_or_else(|| DriftReport {
            created: SystemTime::now(),
            events: Vec::new(),
            baselines: Vec::new(),
        });
        report.write(path.as_ref())
    }

    /// Forgets the events of one tool, or of all, stored ones of this service too. Gives how many
    /// those were that the process knew. Metrics keep their counts.
    pub fn clear_events(&self, tool: Option<&str>) -> usize {
        if let Some(running) = running() {
            running
                .detection(Instant::now() + PATIENCE)
                .clear_stored_events(tool);
        }
        let tool = tool.map(str::to_owned);
        ask(move |analyser| analyser.detector.clear_events(tool.as_deref())).unwrap_or_default()
    }

    /// Forgets what is normal for one tool, or for all, and learns it anew. Gives how many those
    /// were.
    pub fn reset_baseline(&self, tool: Option<&str>) -> usize {
        let tool = tool.map(str::to_owned);
        ask(move |analyser| analyser.detector.reset_baseline(tool.as_deref())).unwrap_or_default()
    }

    /// What the tool does now is its new normal; an event says so. `false` where it has not
    /// changed.
    pub fn accept(&self, tool: &str) -> bool {
        let tool = tool.to_owned();
        let accepted = ask(move |analyser| {
            let accepted = analyser.detector.accept(&tool);
            analyser.announce();
            accepted
        });
        accepted.unwrap_or(false)
    }

    /// Events from now on, as they happen.
    #[must_use]
    pub fn subscribe(&self) -> Subscription {
        running().map_or_else(subscription::ended, |running| {
            running.detection(Instant::now()).subscribe()
        })
    }
}

fn baselines(analyser: &Analyser) -> Vec<(String, BaselineStats)> {
    let detector = &analyser.detector;
    let known = detector
        .tools()
        .filter_map(|tool| Some((tool.to_owned(), detector.baseline_stats(tool)?)));
    let mut all: Vec<_> = known.collect();
    all.sort_by(|(one, _), (other, _)| one.cmp(other));
    all
}

fn ask<T: Send + 'static>(question: impl FnOnce(&mut Analyser) -> T + Send + 'static) -> Option<T> {
    let deadline = Instant::now() + PATIENCE;
    running()?.detection(deadline).ask(deadline, question)
}
