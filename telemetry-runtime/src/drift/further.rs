//! Further: a change that was told has become another one. Most of what a template sees, a larger change shows
//! too, so that its evidence says no more than that the tool is not back: a tail that was told would
//! hide that all calls have become four times slower since.

use super::change::LOOK;
use super::compare::{self, Comparison};
use super::finding::Told;
use super::template::Template;
use super::tool::Tool;
use super::{DetectorConfig, DriftType, Event, Histogram, Measure, Status};

/// The newest calls that are looked at, the fewest first: large changes show in few, those of a tool whose
/// calls resemble their neighbours in many. Each is looked at eight times while it passes, or at each look.
const WINDOWS: [u64; 3] = [64, 512, 4096];
const TIMES: u64 = 8;
/// A median that is so far beyond what was told of it is another change, as a share.
const FURTHER: f64 = 0.25;

impl Tool {
    /// The event for a median that has surely moved from what was told of it.
    pub(super) fn further(&mut self, config: &DetectorConfig) -> Option<Event> {
        let since_told = self.watch.change.as_ref()?.since.total();
        let is_due = |window: &u64| {
            let looks = since_told / LOOK;
            *window <= since_told && looks.is_multiple_of((window / LOOK / TIMES).max(1))
        };
        let last = |window: u64| {
            (
                window,
                Histogram::of_buckets(&self.watch.last(window as usize, 0)),
            )
        };
        let mut due = WINDOWS.into_iter().filter(is_due).map(last);
        let told = self.told.as_ref()?.median;
        if !told.is_some_and(|median| median.is_bounded()) {
            // Too few calls had told it to say how large it was.
            let known = |(_, now): (u64, Histogram)| self.median(&now, compare::USUAL);
            let found = due.filter_map(known).find(Comparison::is_bounded);
            self.told.as_mut()?.median = found;
            return None;
        }
        let (window, now) = due.find(|(_, now)| self.has_moved(now, config) == Some(true))?;
        let since = self.watch.recent.pushed() - window;
        let compared = self.median(&now, compare::USUAL)?;
        let told = self.told.as_ref()?;
        let template = Template::nearest(1.0 + compared.change).unwrap_or(told.template);
        let drift_type = DriftType::Performance;
        let case = self.durations(
            drift_type,
            Status::Drifted,
            &compared,
            since,
            &now,
            template,
        );
        let event = case.event(self, config);
        self.told = Some(Told {
            at: self.last_at,
            drift_type,
            compared,
            median: Some(compared),
            template,
        });
        self.watch.told(template);
        Some(event)
    }

    fn has_moved(&self, now: &Histogram, config: &DetectorConfig) -> Option<bool> {
        let told = self.told.as_ref()?.median?;
        let now = self.median(now, compare::SURE)?;
        let slower = (1.0 + now.low) / (1.0 + told.high) > 1.0 + FURTHER;
        let faster = (1.0 + now.high) / (1.0 + told.low) < 1.0 / (1.0 + FURTHER);
        Some((slower || faster) && now.at_least() > self.threshold(config))
    }

    /// The median of these calls, compared, with an interval of so many standard deviations to either
    /// side. Of what moves all of them.
    pub(super) fn median(&self, now: &Histogram, deviations: f64) -> Option<Comparison> {
        let inflation = Template::nearest(1.0 + FURTHER).map(|place| self.watch.ratios[place]);
        let inflation = f64::from(inflation.unwrap_or(1.0));
        let before = &self.watch.normal;
        compare::within(deviations, Measure::Median, before, now, inflation)
    }
}
