//! All that generated code may name. Any release may change it.

#[cfg(feature = "_calls")]
pub use crate::call::{
    Around, Boxed, BoxedStream, ByDebug, ByDisplay, Call, Failure, FutureCall, Guard, Judge,
    Message, Param, Params, Returned, Site, Spans, StreamCall, around, call, call_async,
    call_async_around, call_future, call_stream, guard, judge, map, nothing, params, ret, returned,
};
#[cfg(not(feature = "_calls"))]
pub use crate::disabled::{
    Around, ByDebug, ByDisplay, Call, Failure, FutureCall, Guard, Judge, Message, Param, Params,
    Returned, Site, StreamCall, around, call, call_async, call_async_around, call_future,
    call_stream, guard, judge, map, nothing, params, ret, returned,
};
pub use crate::{__failure as failure, __returns as returns, __site as site};

/// Stands where a value of type `T` is named but never made.
#[must_use]
pub fn output<T>() -> T {
    unreachable!("generated code names this call in a branch that is never taken")
}

/// In an async block: what its `return` and `?` give, which the block cannot say itself.
#[doc(hidden)]
#[macro_export]
macro_rules! __returns {
    ($output:ty) => {
        if false {
            return $crate::__private::output::<$output>();
        }
    };
}

/// The failure that a call's output is, if it is one, by its type: see `call/failure.rs`.
#[doc(hidden)]
#[macro_export]
macro_rules! __failure {
    ($output:expr) => {
        $crate::__private::returned($output)
            .telemetry_error()
            .telemetry_failure()
    };
}

/// The static of one call site, in a block of its own so that nothing else sees its name.
#[doc(hidden)]
#[macro_export]
macro_rules! __site {
    ($name:literal, $function:literal, $params:expr $(, $setting:ident = $value:expr)*) => {{
        static SITE: $crate::__private::Site = $crate::__private::Site::new(
            $name,
            ::core::concat!(::core::module_path!(), "::", $function),
            ::core::file!(),
            ::core::line!(),
            $params,
        )
        $(.$setting($value))*;
        &SITE
    }};
}
