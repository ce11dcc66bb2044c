//! What of the detector outlives the process: the way between the analyser and the store.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use super::analyser::Link;
use super::announce::Announcer;
use crate::config::Config;
use crate::drift::{Event, Growth};
use crate::error::Error;
use crate::health::StoreHealth;
use crate::store::{self, Decision, Keeper, Start, Watched};

/// What `init` waits at most for what is stored, so that the first calls are compared with it.
/// What comes later is taken in all the same.
const FIRST: Duration = Duration::from_secs(2);
/// What the analyser may take to say what was learned: it answers behind all that waits.
const ANSWER: Duration = Duration::from_secs(30);

/// The store, where there is one.
#[derive(Default)]
pub(super) struct Kept(OnceLock<Arc<Keeper>>);

impl Kept {
    pub(super) fn start(
        &self,
        config: &Config,
        link: &Arc<Link>,
        announcer: &Announcer,
    ) -> Result<(), Error> {
        let detector = Arc::new(Detector(Arc::clone(link)));
        if let Some(keeper) = store::start(config, detector)? {
            keeper.wait_until_loaded(FIRST.min(config.store.timeout));
            let keeper = self.0.get_or_init(|| Arc::new(keeper));
            announcer.keep(Arc::clone(keeper));
        }
        Ok(())
    }

    pub(super) fn flush(&self, deadline: Instant) -> bool {
        self.0.get().is_none_or(|keeper| keeper.flush(deadline))
    }

    pub(super) fn shutdown(&self, deadline: Instant) -> bool {
        self.0.get().is_none_or(|keeper| keeper.shutdown(deadline))
    }

    pub(super) fn health(&self) -> Option<StoreHealth> {
        self.0.get().map(|keeper| keeper.health())
    }

    pub(super) fn clear_events(&self, tool: Option<&str>) {
        if let Some(keeper) = self.0.get() {
            keeper.clear_events(tool);
        }
    }
}

/// The detector, on its thread.
struct Detector(Arc<Link>);

impl Watched for Detector {
    fn start_from(&self, baselines: Vec<Start>, events: Vec<Event>) {
        let mut by_version: BTreeMap<String, Vec<_>> = BTreeMap::new();
        for start in baselines {
            let of_version = by_version.entry(start.version).or_default();
            of_version.push((start.tool, start.baseline));
        }
        self.0.tell(move |analyser| {
            for (version, baselines) in by_version {
                let version = Some(version).filter(|version| !version.is_empty());
                analyser
                    .detector
                    .import_baselines(version.as_deref(), baselines);
            }
            analyser.detector.import_events(events);
        });
    }

    fn growth(&self) -> Vec<Growth> {
        let deadline = Instant::now() + ANSWER;
        let growth = self
            .0
            .ask(deadline, |analyser| analyser.detector.drain_growth());
        growth.unwrap_or_default()
    }

    fn decided(&self, tool: &str, decision: Decision) {
        let tool = tool.to_owned();
        self.0.tell(move |analyser| {
            match decision {
                Decision::Accept => {
                    analyser.detector.accept(&tool);
                }
                Decision::Reset => {
                    analyser.detector.reset_baseline(Some(&tool));
                }
            }
            analyser.announce();
        });
    }
}
