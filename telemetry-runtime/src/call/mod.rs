//! One call, start to end.

mod disabled;

pub use disabled::{AsyncCall, Call, Guard, Params, Site, call, call_async, guard};

mod failure;
pub use failure::{Failure, Message};
