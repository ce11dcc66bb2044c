//! The closure that looks at what the body gave.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, Lit, Type};

use crate::args::{Args, Shown};

/// Gives the failure, if it is one.
pub(super) fn closure(args: &Args, krate: &TokenStream, output: &Type) -> TokenStream {
    if matches!(output, Type::Never(_)) {
        return quote!(|_| ::core::option::Option::None);
    }
    let found = quote_spanned!(Span::mixed_site()=> #krate::__private::failure!(output));
    let failure = match judged(args) {
        judged if judged.is_empty() => found,
        judged => {
            quote_spanned!(Span::mixed_site()=> #krate::__private::judge(output, #found) #judged.failure())
        }
    };
    match ret(args, krate) {
        Some(ret) => quote_spanned!(Span::mixed_site()=> |output| { #ret #failure }),
        None => quote_spanned!(Span::mixed_site()=> |output| #failure),
    }
}

/// A method for each argument; what is no failure in the end needs no name.
fn judged(args: &Args) -> TokenStream {
    let error_if = args.error_if.as_ref().map(|expr| with("error_if", expr));
    let ok_if = args.ok_if.as_ref().map(|expr| with("ok_if", expr));
    let error_type = args.error_type.as_ref().map(|expr| match expr {
        Expr::Lit(ExprLit {
            lit: Lit::Str(_), ..
        }) => with("error_named", expr),
        expr => with("error_type", expr),
    });
    let message = match &args.err {
        None | Some(Shown::Plain) => quote!(),
        Some(Shown::No) => quote!(.without_message()),
        Some(Shown::Debug) => quote!(.by_debug()),
        Some(Shown::Display) => quote!(.by_display()),
        Some(Shown::By(expr)) => with("message", expr),
    };
    quote!(#error_if #ok_if #error_type #message)
}

/// The method is where its argument is, for what the compiler says of the two.
fn with(method: &str, argument: &Expr) -> TokenStream {
    let method = Ident::new(method, Span::mixed_site().located_at(argument.span()));
    quote!(.#method(#argument))
}

/// Captures the value, of a `Result` that of an `Ok`.
fn ret(args: &Args, krate: &TokenStream) -> Option<TokenStream> {
    let value = match args.ret.as_ref()? {
        Shown::No => return None,
        Shown::Plain => quote_spanned!(Span::mixed_site()=> value),
        Shown::Debug => quote_spanned!(Span::mixed_site()=> &#krate::__private::ByDebug(value)),
        Shown::Display => quote_spanned!(Span::mixed_site()=> &#krate::__private::ByDisplay(value)),
        Shown::By(expr) => {
            quote_spanned!(Span::mixed_site()=> &#krate::__private::map(value, #expr))
        }
    };
    Some(quote_spanned! {Span::mixed_site()=>
        #krate::__private::ret(
            #krate::__private::returned(output).telemetry_value(),
            |value, __params| __params.value(#value).telemetry_capture(),
        );
    })
}
