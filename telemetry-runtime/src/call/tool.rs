//! Tools by name and the places in the code that are one: made once, never freed,
//! bounded by `max_tools`.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use super::clock;
use super::objective::Objective;
use super::record::Event;
use crate::collector::add_left_out;
use crate::config::{Calls, LogCalls, Own, ParamsCapture};
use crate::names::OTHER;
use crate::notice::notice;

/// Events of a tool that wait for its next span, where none may ever be sent.
const MOST_NOTES: usize = 8;

/// What `drift` of the configuration says.
const WATCHED: u8 = 1;
const UNWATCHED: u8 = 2;

/// The longest name a tool can have, in bytes; a longer one is cut.
const MAX_NAME: usize = 256;

/// What is known of a name, read by each of its calls.
///
/// The settings are changed by `init` and `reload` while calls read them, each on
/// its own: a call may see one new and one old, never a torn one.
pub(crate) struct Tool {
    /// Position among all tools.
    pub(crate) id: u32,
    pub(crate) name: &'static str,
    /// Unix time, ns.
    pub(crate) first_seen: u64,
    /// The first place of this name, for the note about a second one.
    first_place: OnceLock<&'static Place>,
    /// What the attributes of its places say, the first of them that does.
    own_threshold_ms: OnceLock<f64>,
    own_sample_rate: OnceLock<f64>,
    objective: OnceLock<Objective>,
    /// A second place has been noted.
    shared: AtomicBool,
    enabled: AtomicBool,
    params: AtomicU8,
    log_calls: AtomicU8,
    /// A root is sampled where the low 63 bits of its trace id are under this.
    sample_under: AtomicU64,
    /// ns; `u64::MAX` where there is no limit.
    slow_over: AtomicU64,
    /// The same in units of the counter, or less.
    slow_over_units: AtomicU64,
    /// The same for `tool.slow`, which counts by the objective where there is one.
    late_over: AtomicU64,
    /// `drift` of the configuration, as [`WATCHED`] and [`UNWATCHED`]; else as its place says.
    drift: AtomicU8,
    /// Calls that are still wanted as examples of what it has become.
    examples: AtomicU32,
    /// What the next of its spans that is sent shows.
    has_notes: AtomicBool,
    notes: Mutex<Vec<Event>>,
}

/// Where a tool stands in the code. Tools named at run time have one without a file.
#[derive(Debug)]
pub(crate) struct Place {
    /// With the module's path.
    pub(crate) function: &'static str,
    pub(crate) file: &'static str,
    pub(crate) line: u32,
    /// How many parameters it takes; `None` where each call has its own.
    pub(crate) params: Option<u32>,
    /// Attributes of its own, beside the parameters.
    pub(crate) fields: u32,
    /// Whether the function shows any of both.
    pub(crate) shows: bool,
    pub(crate) kind: SpanKind,
    /// The level of its call logs; `None`: by how a call ended.
    pub(crate) level: Option<Level>,
    /// Whether its durations are watched for drift.
    pub(crate) drift: bool,
    pub(crate) objective: Objective,
    pub(crate) own: Own,
}

/// OpenTelemetry's span kind, by its number in OTLP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SpanKind {
    Internal = 1,
    Server = 2,
    Client = 3,
    Producer = 4,
    Consumer = 5,
}

/// How much a call log matters, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
}

impl Place {
    /// That of a name which only the running program knows.
    pub(crate) const NOWHERE: Self = Self {
        function: "",
        file: "",
        line: 0,
        params: None,
        fields: 0,
        shows: true,
        kind: SpanKind::Internal,
        level: None,
        drift: true,
        objective: Objective::NONE,
        own: Own::NOTHING,
    };

    fn captures(&self) -> bool {
        self.shows && (self.params != Some(0) || self.fields != 0)
    }
}

/// A tool at one place: what a record points to.
pub(crate) struct Origin {
    /// Position among all origins.
    pub(crate) id: u32,
    pub(crate) tool: &'static Tool,
    pub(crate) place: &'static Place,
    /// Whether a call has anything to look at.
    pub(crate) captures: bool,
}

impl Origin {
    /// Whether its calls are watched for drift: as the configuration says, else as the attribute.
    #[inline]
    pub(crate) fn is_watched(&self) -> bool {
        self.tool.watches(self.place)
    }
}

impl Tool {
    fn new(id: u32, name: &'static str) -> Self {
        Self {
            id,
            name,
            first_seen: clock::unix_now(),
            first_place: OnceLock::new(),
            own_threshold_ms: OnceLock::new(),
            own_sample_rate: OnceLock::new(),
            objective: OnceLock::new(),
            shared: AtomicBool::new(false),
            enabled: AtomicBool::new(true),
            params: AtomicU8::new(ParamsCapture::All as u8),
            log_calls: AtomicU8::new(LogCalls::None as u8),
            sample_under: AtomicU64::new(u64::MAX),
            slow_over: AtomicU64::new(u64::MAX),
            slow_over_units: AtomicU64::new(u64::MAX),
            late_over: AtomicU64::new(u64::MAX),
            drift: AtomicU8::new(0),
            examples: AtomicU32::new(0),
            has_notes: AtomicBool::new(false),
            notes: Mutex::default(),
        }
    }

    /// As the caller of others.
    #[inline]
    pub(crate) fn as_caller(&self) -> Option<NonZeroU32> {
        NonZeroU32::new(self.id.wrapping_add(1))
    }

    /// Whether it is watched for drift, for calls of which only the tool is known.
    pub(crate) fn is_watched(&self) -> bool {
        let place = self.first_place.get().copied().unwrap_or(&NOWHERE);
        self.watches(place)
    }

    #[inline]
    fn watches(&self, place: &Place) -> bool {
        match self.drift.load(Relaxed) {
            WATCHED => true,
            UNWATCHED => false,
            _ => place.drift,
        }
    }

    #[inline]
    pub(crate) fn is_enabled(&self) -> bool {
        self.enabled.load(Relaxed)
    }

    /// Whether a root with this trace id is sampled: the same choice as the SDK's
    /// `TraceIdRatioBased`, so that services with one rate agree.
    #[inline]
    pub(crate) fn samples(&self, trace_id_low: u64) -> bool {
        trace_id_low >> 1 < self.sample_under.load(Relaxed)
    }

    /// ns over which a call is slow.
    #[inline]
    pub(crate) fn slow_over(&self) -> u64 {
        self.slow_over.load(Relaxed)
    }

    /// Whether a call between two readings of the counter was slow. Of most it takes a
    /// subtraction to know that they were not.
    #[inline(always)]
    pub(crate) fn is_slow(&self, start: u64, end: u64) -> bool {
        end.saturating_sub(start) > self.slow_over_units.load(Relaxed)
            && self.is_over_limit(start, end)
    }

    #[cold]
    #[inline(never)]
    fn is_over_limit(&self, start: u64, end: u64) -> bool {
        clock::nanos(start, end) > self.slow_over()
    }

    /// The tool has drifted: so many calls are wanted as examples.
    pub(crate) fn want_examples(&self, calls: u32) {
        self.examples.store(calls, Relaxed);
    }

    /// Whether a call is wanted as one.
    #[inline]
    pub(crate) fn takes_example(&self) -> bool {
        self.examples.load(Relaxed) != 0 && self.take_example()
    }

    #[cold]
    fn take_example(&self) -> bool {
        let one_less = |left: u32| left.checked_sub(1);
        self.examples
            .fetch_update(Relaxed, Relaxed, one_less)
            .is_ok()
    }

    /// ns over which a call counts in `tool.slow`: the objective's latency, else its limit.
    #[inline]
    pub(crate) fn late_over(&self) -> u64 {
        self.late_over.load(Relaxed)
    }

    pub(crate) fn objective(&self) -> Objective {
        self.objective.get().copied().unwrap_or_default()
    }

    pub(crate) fn threshold_ms(&self) -> Option<f64> {
        match self.slow_over() {
            u64::MAX => None,
            nanos => Some(nanos as f64 / 1e6),
        }
    }

    pub(crate) fn params_capture(&self) -> ParamsCapture {
        match self.params.load(Relaxed) {
            mode if mode == ParamsCapture::All as u8 => ParamsCapture::All,
            mode if mode == ParamsCapture::Primitives as u8 => ParamsCapture::Primitives,
            _ => ParamsCapture::None,
        }
    }

    /// Which of its calls leave a log record.
    #[inline]
    pub(crate) fn log_calls(&self) -> LogCalls {
        LogCalls::at(self.log_calls.load(Relaxed))
    }

    /// An event of the tool rather than of one call, for the next of its spans that is sent. With
    /// [`MOST_NOTES`] that wait there is no room for more.
    pub(crate) fn leave_note(&self, event: Event) {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        if notes.len() < MOST_NOTES {
            notes.push(event);
        } else {
            add_left_out(1);
        }
        self.has_notes.store(true, Relaxed);
    }

    /// Whether the next of its spans that is sent has something to show.
    #[inline]
    pub(crate) fn has_notes(&self) -> bool {
        self.has_notes.load(Relaxed)
    }

    /// Takes what was left. The lock orders what the flag only hints at.
    #[inline]
    pub(crate) fn take_notes(&self) -> Vec<Event> {
        if !self.has_notes() {
            return Vec::new();
        }
        self.has_notes.store(false, Relaxed);
        std::mem::take(&mut *self.notes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes what an attribute says of the tool, unless another has said it.
    fn adopt(&self, place: &Place, calls: &Calls) {
        let Place { own, objective, .. } = *place;
        if let Some(threshold_ms) = own.threshold_ms {
            self.own_threshold_ms.get_or_init(|| threshold_ms);
        }
        if let Some(rate) = own.sample_rate {
            self.own_sample_rate.get_or_init(|| rate);
        }
        if objective != Objective::NONE {
            self.objective.get_or_init(|| objective);
        }
        if own != Own::NOTHING || objective != Objective::NONE {
            self.configure(calls);
        }
    }

    fn configure(&self, calls: &Calls) {
        let own = Own {
            threshold_ms: self.own_threshold_ms.get().copied(),
            sample_rate: self.own_sample_rate.get().copied(),
        };
        let settings = calls.tool(self.name, own);
        self.enabled.store(settings.enabled, Relaxed);
        self.params.store(settings.params_capture as u8, Relaxed);
        self.log_calls.store(settings.log_calls as u8, Relaxed);
        self.sample_under
            .store(sample_under(settings.sample_rate), Relaxed);
        let nanos = |ms: Option<f64>| ms.map_or(u64::MAX, |ms| (ms * 1e6) as u64);
        let latency_ms = self.objective().latency_ms;
        let slow_over = nanos(settings.threshold_ms);
        self.slow_over.store(slow_over, Relaxed);
        self.slow_over_units
            .store(clock::units_at_least(slow_over), Relaxed);
        self.late_over
            .store(nanos(latency_ms.or(settings.threshold_ms)), Relaxed);
        let drift = match settings.drift {
            None => 0,
            Some(false) => UNWATCHED,
            Some(true) => WATCHED,
        };
        self.drift.store(drift, Relaxed);
    }
}

/// 2⁶³ · rate; everything is under it for a rate of 1.
fn sample_under(rate: f64) -> u64 {
    if rate >= 1.0 {
        u64::MAX
    } else {
        (rate.max(0.0) * (1_u64 << 63) as f64) as u64
    }
}

/// All tools of the process. Locked when a place or a name is first seen, never for I/O.
static REGISTRY: Mutex<Option<Registry>> = Mutex::new(None);
/// Tools named at run time, by name.
static BY_NAME: RwLock<Option<HashMap<&'static str, &'static Origin>>> = RwLock::new(None);
/// Calls that counted under `_other`, since `max_tools` was reached.
static OVER_LIMIT: AtomicU64 = AtomicU64::new(0);

struct Registry {
    calls: Arc<Calls>,
    tools: Vec<&'static Tool>,
    by_name: HashMap<&'static str, &'static Tool>,
    origins: u32,
}

fn registry<T>(use_it: impl FnOnce(&mut Registry) -> T) -> T {
    let mut registry = REGISTRY.lock().unwrap_or_else(PoisonError::into_inner);
    use_it(registry.get_or_insert_with(|| Registry {
        calls: Arc::new(Calls::default()),
        tools: Vec::new(),
        by_name: HashMap::new(),
        origins: 0,
    }))
}

/// Gives every tool, known or to come, its settings.
pub(crate) fn configure(calls: Arc<Calls>) {
    registry(|registry| {
        for tool in &registry.tools {
            tool.configure(&calls);
        }
        registry.calls = calls;
    });
}

/// Tools from the position `from` on, in the order in which they were first seen.
pub(crate) fn known(from: usize) -> Vec<&'static Tool> {
    registry(|registry| registry.tools.get(from..).unwrap_or_default().to_vec())
}

/// Calls by names that found no room among `max_tools`.
pub(crate) fn over_limit() -> u64 {
    OVER_LIMIT.load(Relaxed)
}

/// Telemetry begins anew: nothing has been over the limit.
pub(crate) fn restart() {
    OVER_LIMIT.store(0, Relaxed);
}

/// The rate at which roots are sampled whose tool says nothing else.
pub(crate) fn sample_rate() -> f64 {
    registry(|registry| registry.calls.sample_rate)
}

/// The origin of a place that is seen for the first time.
pub(crate) fn at(name: &'static str, place: &'static Place) -> &'static Origin {
    let origin = registry(|registry| {
        let tool = registry.tool(name);
        tool.adopt(place, &registry.calls);
        registry.origin(tool, place)
    });
    let tool = origin.tool;
    let first = *tool.first_place.get_or_init(|| place);
    if !std::ptr::eq(first, place) && tool.name != OTHER && !tool.shared.swap(true, Relaxed) {
        notice(&format!(
            "two places are the same tool {name:?}: {}:{} and {}:{}; give one a name of its own if they differ",
            first.file, first.line, place.file, place.line
        ));
    }
    origin
}

/// The origin of a name that only the running program knows.
pub(crate) fn named(name: &str) -> &'static Origin {
    let name = cut(name);
    if let Some(known) = lookup(name) {
        return known;
    }
    let mut by_name = BY_NAME.write().unwrap_or_else(PoisonError::into_inner);
    let by_name = by_name.get_or_insert_with(HashMap::new);
    if let Some(known) = by_name.get(name) {
        return known;
    }
    registry(|registry| {
        let tool = registry.tool(name);
        if tool.name == OTHER && name != OTHER {
            OVER_LIMIT.fetch_add(1, Relaxed);
            if let Some(other) = by_name.get(OTHER) {
                return *other;
            }
        }
        let origin = registry.origin(tool, &NOWHERE);
        by_name.insert(tool.name, origin);
        origin
    })
}

fn lookup(name: &str) -> Option<&'static Origin> {
    let by_name = BY_NAME.read().unwrap_or_else(PoisonError::into_inner);
    by_name.as_ref()?.get(name).copied()
}

static NOWHERE: Place = Place::NOWHERE;

/// At most [`MAX_NAME`] bytes, whole characters; a name that is empty is `_other`.
fn cut(name: &str) -> &str {
    let mut end = name.len().min(MAX_NAME);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    if end == 0 { OTHER } else { &name[..end] }
}

impl Registry {
    /// The tool of a name; beyond `max_tools`, `_other`.
    fn tool(&mut self, name: &str) -> &'static Tool {
        if let Some(tool) = self.by_name.get(name) {
            return tool;
        }
        if self.tools.len() >= self.calls.max_tools && name != OTHER {
            return self.tool(OTHER);
        }
        let name: &'static str = Box::leak(name.into());
        let id = u32::try_from(self.tools.len()).unwrap_or(u32::MAX);
        let tool: &'static Tool = Box::leak(Box::new(Tool::new(id, name)));
        tool.configure(&self.calls);
        self.tools.push(tool);
        self.by_name.insert(name, tool);
        tool
    }

    fn origin(&mut self, tool: &'static Tool, place: &'static Place) -> &'static Origin {
        let id = self.origins;
        self.origins += 1;
        Box::leak(Box::new(Origin {
            id,
            tool,
            place,
            captures: place.captures(),
        }))
    }
}
