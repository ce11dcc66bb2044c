//! The `#[tool]` attribute of `telemetry-runtime`. Use it from there.
//!
//! `expand::tool` is the whole macro: `args::Args` and `item::Function` are parsed, their
//! faults gathered in `errors::Errors`, and the call wrapped. What a call *does* is in
//! `telemetry_runtime::__private`, not in the tokens written here.

#![forbid(unsafe_code)]

mod args;
mod errors;
mod expand;
mod item;
mod nearest;
mod parameter;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

/// Measures each call of a function.
#[proc_macro_attribute]
pub fn tool(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::tool(args.into(), item.into()).into()
}
