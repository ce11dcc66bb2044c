//! One call, start to end.
//!
//! [`enabled`] is what generated code calls, [`track`] the same by hand; both begin a
//! [`live`] call, which stands on its thread's [`local`] stack while it runs and ends as a
//! [`record`] in the thread's [`ring`].

pub(crate) mod active;
mod around;
pub(crate) mod attributes;
mod capture;
pub(crate) mod captures;
pub(crate) mod clock;
#[cfg_attr(not(feature = "trace"), path = "no_context.rs")]
mod context;
mod current;
mod cut;
mod dates;
mod enabled;
mod failure;
#[cfg_attr(not(unix), path = "no_fork.rs")]
pub(crate) mod fork;
mod frame;
mod future;
mod judge;
mod later;
mod limits;
mod live;
mod local;
mod objective;
pub(crate) mod record;
pub(crate) mod ring;
mod site;
mod state;
mod stream;
mod suspended;
mod told;
pub(crate) mod tool;
mod track;
mod typed;
mod unit;

pub use around::{Around, Spans, around};
pub use capture::{Param, Params, nothing};
#[cfg(feature = "trace")]
pub(crate) use context::unseen;
pub use current::{Current, InCurrent, current};
pub use enabled::{Call, Guard, call, guard, ret};
pub use failure::{Failure, Message, Returned, returned};
pub use future::{call_async, call_async_around};
pub use judge::{ByDebug, ByDisplay, Judge, judge, map};
pub use later::{Boxed, FutureCall, call_future};
pub(crate) use limits::{Rules, with_rules};
pub(crate) use local::{Surroundings, surroundings};
pub(crate) use objective::Objective;
pub(crate) use record::{Outcome, Record};
pub use site::Site;
pub(crate) use state::State;
pub use stream::{BoxedStream, StreamCall, call_stream};
pub use suspended::params;
pub(crate) use tool::sample_rate;
pub use track::{ToolCall, track_tool_call};

/// What the configuration says of calls holds from now on.
pub(crate) fn configure(calls: &crate::config::Calls) {
    let calls = std::sync::Arc::new(calls.clone());
    ring::set_max_bytes(calls.queue_max_bytes);
    crate::collector::set_running_after(calls.running_after);
    limits::configure(std::sync::Arc::clone(&calls));
    crate::logs::configure(&calls);
    tool::configure(calls);
}
