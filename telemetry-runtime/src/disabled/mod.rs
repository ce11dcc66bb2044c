//! Without any signal: generated code comes down to the body, and the API does nothing.

mod by_hand;
pub(crate) mod captures;
mod generated;
mod guard;

#[path = "../call/failure.rs"]
mod failure;
#[path = "../call/judge.rs"]
mod judge;

pub use by_hand::{Current, InCurrent, ToolCall, current, track_tool_call};
pub use failure::{Failure, Message, Returned, returned};
pub use generated::{
    Around, Call, FutureCall, Guard, Param, Params, Site, StreamCall, around, call, call_async,
    call_async_around, call_future, call_stream, guard, nothing, params, ret,
};
pub use guard::{Builder, Reload, Telemetry, health, init, statistics};
pub use judge::{ByDebug, ByDisplay, Judge, judge, map};
