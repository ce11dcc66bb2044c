//! The agent: six passes over the files of a directory, each step a tool.

mod answer;
mod compare;
mod disk;
mod fingerprint;
mod read;
mod rust;
mod study;
mod summary;
mod survey;
mod text;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use compare::Comparison;
use fingerprint::Look;
use summary::Summary;
use survey::Survey;

/// Studies one directory.
pub(crate) struct Agent {
    root: PathBuf,
    max_files: usize,
}

/// What it found.
pub(crate) struct Findings {
    pub(crate) root: PathBuf,
    pub(crate) survey: Survey,
    pub(crate) comparison: Comparison,
    pub(crate) summary: Summary,
}

/// One pass is done.
pub(crate) struct Progress {
    pub(crate) pass: &'static str,
    pub(crate) result: String,
    pub(crate) took: Duration,
}

impl Agent {
    /// An error is the text for the person who named `root`.
    pub(crate) fn new(root: &Path, max_files: usize) -> Result<Self, String> {
        let cannot = |error| format!("{}: {error}", root.display());
        let root = root.canonicalize().map_err(cannot)?;
        if !root.is_dir() {
            return Err(format!(
                "{}: found a file, allowed: a directory",
                root.display()
            ));
        }
        std::fs::read_dir(&root).map_err(cannot)?;
        Ok(Self { root, max_files })
    }

    /// Runs all passes; a file that cannot be studied does not stop them.
    pub(crate) fn run(&self, mut done: impl FnMut(&Progress)) -> Findings {
        let mut pass = Pass::begin(&mut done);
        let survey = survey::survey(&self.root, self.max_files);
        pass.end("survey", survey.to_string());

        let studies = study::study_all(&self.root, &survey.files);
        pass.end("study", studies.to_string());

        let at_a_glance = compare::compare_files(&studies.files, Look::Glance);
        pass.end("compare", at_a_glance.to_string());

        // The same pairs, several times the work: the tool `similarity` is not what it was.
        let comparison = compare::compare_files(&studies.files, Look::Close);
        pass.end("closer", comparison.to_string());

        let again = compare::compare_files(&studies.files, Look::Glance);
        pass.end("again", again.to_string());

        let summary = summary::summarise(&studies.files);
        pass.end("summarise", summary.to_string());

        Findings {
            root: self.root.clone(),
            survey,
            comparison,
            summary,
        }
    }
}

/// Times the passes one after the other.
struct Pass<'a> {
    done: &'a mut dyn FnMut(&Progress),
    start: Instant,
}

impl<'a> Pass<'a> {
    fn begin(done: &'a mut dyn FnMut(&Progress)) -> Self {
        Self {
            done,
            start: Instant::now(),
        }
    }

    fn end(&mut self, pass: &'static str, result: String) {
        let now = Instant::now();
        (self.done)(&Progress {
            pass,
            result,
            took: now - self.start,
        });
        self.start = now;
    }
}
