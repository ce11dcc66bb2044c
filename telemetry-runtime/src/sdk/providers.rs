//! OpenTelemetry's global providers: set up, flushed, shut down.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use opentelemetry::global;
use opentelemetry::propagation::TextMapCompositePropagator;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::{MeterProviderBuilder, SdkMeterProvider};
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};
use opentelemetry_sdk::trace::{SdkTracerProvider, TracerProviderBuilder};

use super::aside::{Aside, Late};
use super::instruments::{self, Tools};
use super::metrics::{self, Metrics};
use super::resource::resource;
use super::sampler::{SampleRate, sampler};
use super::spans::{SpanBridge, Spans};
use crate::{Error, Value};

/// What a user wants changed in the tracer provider: processors, limits, sampler, ids.
pub(crate) type TracerProviderHook =
    Box<dyn FnOnce(TracerProviderBuilder) -> TracerProviderBuilder + Send>;

/// What a user wants changed in the meter provider: readers and views.
pub(crate) type MeterProviderHook =
    Box<dyn FnOnce(MeterProviderBuilder) -> MeterProviderBuilder + Send>;

/// What the providers are made of.
pub(crate) struct Install {
    /// The same as that of tools' spans and metrics.
    pub(crate) resource: Vec<(String, Value)>,
    pub(crate) sample_rate: SampleRate,
    /// None where no traces are exported.
    pub(crate) spans: Option<Spans>,
    /// None where no metrics are exported.
    pub(crate) metrics: Option<Metrics>,
    /// Given to users' readers. Without a [`MeterProviderHook`] there are none.
    pub(crate) tools: Tools,
    pub(crate) tracer_provider: Option<TracerProviderHook>,
    pub(crate) meter_provider: Option<MeterProviderHook>,
}

/// The providers in place.
///
/// Tracers and meters that were taken from earlier ones stay with those, and do nothing once
/// they are shut down: so it is everywhere in OpenTelemetry.
pub(crate) struct Providers {
    /// Asked directly first: a user's processor that hangs must not keep what has ended.
    bridge: Option<SpanBridge>,
    tracer: Part<SdkTracerProvider>,
    meter: Part<SdkMeterProvider>,
}

/// Builds both providers and makes them the global ones; what was global before is shut
/// down by the SDK when nobody holds it any more. A global propagator is set if there is none.
pub(crate) fn install(install: Install) -> Result<Providers, Error> {
    let resource = resource(&install.resource);
    let bridge = install.spans.map(spawn_bridge).transpose()?;
    let tracer = tracer_provider(
        &resource,
        install.sample_rate,
        bridge.clone(),
        install.tracer_provider,
    );
    let meter = meter_provider(
        resource,
        install.metrics,
        install.meter_provider,
        &install.tools,
    );
    global::set_tracer_provider(tracer.clone());
    global::set_meter_provider(meter.clone());
    set_propagator();
    Ok(Providers {
        bridge,
        tracer: Part::new("tracer provider", tracer),
        meter: Part::new("meter provider", meter),
    })
}

fn spawn_bridge(spans: Spans) -> Result<SpanBridge, Error> {
    SpanBridge::spawn(spans)
        .map_err(|why| Error::start("the thread for OpenTelemetry's spans", why))
}

fn tracer_provider(
    resource: &Resource,
    rate: SampleRate,
    bridge: Option<SpanBridge>,
    hook: Option<TracerProviderHook>,
) -> SdkTracerProvider {
    let mut builder = SdkTracerProvider::builder()
        .with_resource(resource.clone())
        .with_sampler(sampler(rate));
    if let Some(bridge) = bridge {
        builder = builder.with_span_processor(bridge);
    }
    match hook {
        Some(hook) => hook(builder).build(),
        None => builder.build(),
    }
}

/// Our reader comes first: the SDK flushes one after the other, and a user's may hang.
fn meter_provider(
    resource: Resource,
    metrics: Option<Metrics>,
    hook: Option<MeterProviderHook>,
    tools: &Tools,
) -> SdkMeterProvider {
    let mut builder = SdkMeterProvider::builder().with_resource(resource);
    if let Some(metrics) = metrics {
        builder = metrics::with_reader(builder, metrics, hook.is_some());
    }
    let Some(hook) = hook else {
        return builder.build();
    };
    let provider = instruments::with_room(hook(builder), tools.max_tools).build();
    instruments::register(&provider, tools);
    provider
}

/// W3C trace context and baggage, unless the program has chosen a propagator before.
fn set_propagator() {
    let chosen = global::get_text_map_propagator(|propagator| propagator.fields().next().is_some());
    if !chosen {
        global::set_text_map_propagator(TextMapCompositePropagator::new(vec![
            Box::new(TraceContextPropagator::new()),
            Box::new(BaggagePropagator::new()),
        ]));
    }
}

impl Providers {
    /// Has both hand on what they hold. Returns what did not work, a line each.
    pub(crate) fn flush(&self, deadline: Instant) -> Vec<String> {
        self.bridge.iter().for_each(SpanBridge::flush);
        side_by_side(
            || {
                self.tracer
                    .ask("flush", deadline, SdkTracerProvider::force_flush)
            },
            || {
                self.meter
                    .ask("flush", deadline, SdkMeterProvider::force_flush)
            },
        )
    }

    /// The same, and for ever. They stay the global ones, and make spans and instruments
    /// that do nothing.
    pub(crate) fn shutdown(&self, deadline: Instant) -> Vec<String> {
        self.bridge.iter().for_each(SpanBridge::close);
        let left = move || deadline.saturating_duration_since(Instant::now());
        side_by_side(
            || {
                self.tracer.ask("shut down", deadline, move |it| {
                    it.shutdown_with_timeout(left())
                })
            },
            || {
                self.meter.ask("shut down", deadline, move |it| {
                    it.shutdown_with_timeout(left())
                })
            },
        )
    }
}

/// Neither takes the other's time.
fn side_by_side(
    first: impl FnOnce() -> Option<String>,
    second: impl FnOnce() -> Option<String> + Send,
) -> Vec<String> {
    thread::scope(|scope| {
        let second = thread::Builder::new().spawn_scoped(scope, second);
        let first = first();
        let second = match second {
            Ok(second) => second.join().unwrap_or(None),
            Err(why) => Some(no_thread(&why)),
        };
        first.into_iter().chain(second).collect()
    })
}

/// A provider, and the thread that waits for it: the SDK's flush and shutdown take 5 s or
/// for ever where a user's processor or reader hangs.
struct Part<P> {
    name: &'static str,
    provider: P,
    /// Made at the first flush.
    aside: Mutex<Option<Aside<P>>>,
}

impl<P: Clone + Send + 'static> Part<P> {
    fn new(name: &'static str, provider: P) -> Self {
        Self {
            name,
            provider,
            aside: Mutex::new(None),
        }
    }

    /// What went wrong.
    fn ask(
        &self,
        what: &str,
        deadline: Instant,
        job: impl FnOnce(&P) -> OTelSdkResult + Send + 'static,
    ) -> Option<String> {
        let why = match self.run(deadline, job) {
            Ok(Ok(())) => return None,
            Ok(Err(why)) => why.to_string(),
            Err(why) => why,
        };
        Some(format!(
            "OpenTelemetry's {} did not {what}: {why}",
            self.name
        ))
    }

    fn run(
        &self,
        deadline: Instant,
        job: impl FnOnce(&P) -> OTelSdkResult + Send + 'static,
    ) -> Result<OTelSdkResult, String> {
        let mut aside = self.aside.lock().unwrap_or_else(PoisonError::into_inner);
        let aside = match &mut *aside {
            Some(aside) => aside,
            none => {
                let thread = Aside::spawn("telemetry-sdk-flush", self.provider.clone());
                none.insert(thread.map_err(|why| no_thread(&why))?)
            }
        };
        aside.run(deadline, |provider| job(provider)).map_err(late)
    }
}

fn no_thread(why: &io::Error) -> String {
    format!("no thread could be started: {why}")
}

fn late(late: Late) -> String {
    match late {
        Late::Busy => "it has not finished the flush before",
        Late::Unfinished => "one of its processors or readers did not finish in time",
        Late::Panicked => "one of its processors or readers panicked",
    }
    .to_owned()
}
