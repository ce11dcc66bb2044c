//! What is measured: a library that instruments functions, set up in one way or another.

use crate::case::{Calls, Case};

/// A library, used as its authors mean it to be.
///
/// What is called is what the library recommends for a function of one's own; the function's
/// body is the same everywhere and takes a nanosecond.
pub trait Peer: Sized {
    /// What tables call it.
    const NAME: &'static str;
    /// What it is made of, with versions.
    const VERSIONS: &'static [&'static str];
    /// The ways to set it up; the first is what steady load, overload and threads measure
    /// unless told otherwise.
    const VARIANTS: &'static [Variant];
    /// Whether it can send to a server for OTLP over HTTP, or sends nothing by its nature.
    const OTLP: bool = true;
    /// How it writes log lines to Loki, if it does.
    const LINES: Option<Lines> = None;

    /// Sets it up, once a process.
    fn start(variant: &str, target: &Target) -> Self;

    /// What is called while it runs. The first is a plain call.
    fn cases(variant: &str) -> Vec<Case>;

    /// What is called before it is set up.
    fn cases_before_start(_variant: &str) -> Vec<Case> {
        Vec::new()
    }

    /// Plain calls of functions that differ, one a thread.
    fn apart(_variant: &str) -> Vec<Calls> {
        Vec::new()
    }

    /// Empties all queues: what was called before is on its way out when this returns, and no
    /// thread of the library has anything to do.
    fn settle(&self);

    /// Features and settings that are on, where that can be had.
    fn settings(&self) -> Vec<String> {
        Vec::new()
    }

    /// Ends it, sending what is left, and tells what it knows of what was lost.
    fn finish(self) -> Finish;
}

/// Log lines, to Loki.
#[derive(Clone, Copy, Debug)]
pub struct Lines {
    /// Sets the library up, once a process, for lines only: to this URL, with the label `application` =
    /// `lab`.
    pub start: fn(&str) -> EndLines,
    /// Writes a line: a message, and the writing thread's number and its own as fields.
    pub write: fn(u64, u64, &str),
}

/// Ends it, within two minutes, sending what is left; gives how many lines it says it dropped, `None`
/// where it does not count them.
pub type EndLines = Box<dyn FnOnce() -> Option<u64>>;

/// One way to set a library up.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// On the command line and in tables.
    pub name: &'static str,
    /// What is on.
    pub what: &'static str,
}

/// Where spans and metrics go.
#[derive(Clone, Debug)]
pub enum Target {
    /// Nowhere: an exporter that takes batches and forgets them, or a server in this process
    /// that does so, at this address.
    Forget(String),
    /// The server for OTLP over HTTP at this address: `http://127.0.0.1:1234`.
    Otlp(String),
}

/// What a library knows of what it lost.
#[derive(Clone, Copy, Debug, Default)]
pub struct Finish {
    /// Spans that it says it dropped; `None` where it does not count them.
    pub spans_dropped: Option<u64>,
    /// Calls that its metrics have counted; `None` where that cannot be had in the process.
    pub calls_counted: Option<u64>,
}
