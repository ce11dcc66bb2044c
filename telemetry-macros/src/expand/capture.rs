//! The closure that looks at the parameters before the body has them.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::seen::{mentions, seeing};
use crate::args::{Args, Captured, Field};
use crate::parameter::{Parameter, hygienic};

/// What is in it.
pub(super) fn lines(args: &Args, parameters: &[Parameter]) -> TokenStream {
    let seen = parameters.iter().map(|it| captured(args, it));
    let fields = args.fields().iter().map(|it| field(it, parameters));
    seen.chain(fields).collect()
}

pub(super) fn closure(krate: &TokenStream, lines: &TokenStream) -> TokenStream {
    match lines.is_empty() {
        true => quote!(&mut #krate::__private::nothing),
        false => quote_spanned!(Span::mixed_site()=> &mut |__params| { #lines }),
    }
}

/// What is said of the call's surroundings.
pub(super) fn said(args: &Args, parameters: &[Parameter]) -> TokenStream {
    let said = [
        ("parent", &args.parent),
        ("follows_from", &args.follows_from),
    ];
    let said = said.into_iter().filter_map(|(method, spans)| {
        let spans = spans.as_ref()?;
        let method = Ident::new(method, Span::mixed_site().located_at(spans.span()));
        let parts = parameters
            .iter()
            .filter(|it| it.bindings.iter().any(|name| mentions(spans, name)));
        let parts = parts.map(parts_of);
        let spans = seeing(spans, parameters);
        Some(quote_spanned!(Span::mixed_site()=> #(#parts)* __around.#method(#spans);))
    });
    said.collect()
}

/// The call site, with that.
pub(super) fn around(krate: &TokenStream, said: &TokenStream, site: &TokenStream) -> TokenStream {
    match said.is_empty() {
        true => site.clone(),
        false => {
            quote_spanned!(Span::mixed_site()=> #krate::__private::around(#site, |__around| { #said }))
        }
    }
}

/// A line for each name of the parameter that is not left out.
fn captured(args: &Args, parameter: &Parameter) -> TokenStream {
    let Parameter { outer, cfgs, .. } = parameter;
    let lines = parameter.bindings.iter().map(|name| {
        let key = format!("tool.param.{}", name.unraw());
        let value = match parameter.splits {
            true => hygienic(name).into_token_stream(),
            false => quote!(&#outer),
        };
        match args.choice.of(name) {
            Captured::No => TokenStream::new(),
            Captured::Value => {
                quote_spanned!(Span::mixed_site()=> #(#cfgs)* __params.param(#key, #value).telemetry_capture();)
            }
            Captured::Named => {
                quote_spanned!(Span::mixed_site()=> #(#cfgs)* __params.named(#key, #value).telemetry_capture();)
            }
            Captured::Redacted => {
                quote_spanned!(Span::mixed_site()=> #(#cfgs)* __params.redacted(#key);)
            }
        }
    });
    let lines: TokenStream = lines.collect();
    let is_seen = |name| {
        let captured = args.choice.of(name);
        let is_a_field = || {
            args.fields()
                .iter()
                .any(|field| mentions(&field.value, name))
        };
        matches!(captured, Captured::Value | Captured::Named) || is_a_field()
    };
    let parts = parameter
        .bindings
        .iter()
        .any(is_seen)
        .then(|| parts_of(parameter));
    quote!(#parts #lines)
}

/// The names of a pattern, each a reference.
fn parts_of(parameter: &Parameter) -> TokenStream {
    let Parameter {
        outer,
        borrowed,
        cfgs,
        ..
    } = parameter;
    match parameter.splits {
        true => quote_spanned!(Span::mixed_site()=> #(#cfgs)* let #borrowed = &#outer;),
        false => TokenStream::new(),
    }
}

/// A line for a field, which is evaluated only where the span is sent.
fn field(field: &Field, parameters: &[Parameter]) -> TokenStream {
    let key = &field.key;
    let value = seeing(&field.value, parameters);
    quote_spanned!(Span::mixed_site()=> __params.field(#key, &(#value)).telemetry_capture();)
}
