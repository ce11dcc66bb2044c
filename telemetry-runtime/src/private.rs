//! All that generated code may name. Any release may change it.

pub use crate::call::{
    AsyncCall, Call, Failure, Guard, Message, Params, Site, call, call_async, guard,
};
