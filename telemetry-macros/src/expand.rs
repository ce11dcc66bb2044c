//! From the two token streams of an attribute to the one it becomes.

mod capture;
mod ending;
mod seen;

use proc_macro2::{Delimiter, Group, Ident, Literal, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{FnArg, ReturnType, Signature, Type, parse_quote};

use crate::args::{Args, Objective};
use crate::container::{Container, Member};
use crate::errors::Errors;
use crate::function::{Function, erase_impl_trait};
use crate::item::Item;
use crate::parameter::Parameter;
use crate::returns::{Polled, Returns};

/// The whole macro. Never panics; with faults it gives the function back as
/// written, so that its callers still resolve, and the faults beside it.
pub(crate) fn tool(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let args = Args::parse(args, &mut errors);
    let expanded = match syn::parse2::<Item>(item.clone()) {
        Ok(Item::Function(function)) => {
            function.check(&args, &mut errors);
            Expanded {
                measured: measured(&args, &function),
                as_written: item,
            }
        }
        Ok(Item::Container(mut container)) => {
            args.check_container(&mut errors);
            container.decide(&args, &mut errors);
            args.check_names(&container.bindings(), &mut errors);
            Expanded {
                measured: inside(&container, true),
                as_written: inside(&container, false),
            }
        }
        Err(error) => {
            errors.push(error);
            Expanded {
                measured: TokenStream::new(),
                as_written: item,
            }
        }
    };
    match errors.finish() {
        Ok(()) => expanded.measured,
        Err(faults) => {
            let (item, faults) = (expanded.as_written, faults.into_compile_error());
            quote!(#item #faults)
        }
    }
}

/// What an item becomes, and what it was.
struct Expanded {
    measured: TokenStream,
    /// Without the attributes of its members, whose faults are known.
    as_written: TokenStream,
}

/// All of an `impl`, a `trait` or a `mod`, its functions measured or as they were.
fn inside(container: &Container, measures: bool) -> TokenStream {
    let Container {
        attrs,
        head,
        inner_attrs,
        ..
    } = container;
    let members = container.members.iter().map(|member| match member {
        Member::Function(method) => match &method.args {
            Some(args) if measures => measured(args, &method.function),
            _ => method.function.to_token_stream(),
        },
        Member::Container(container) => inside(container, measures),
        Member::Other(tokens) => tokens.clone(),
    });
    let members = grouped(
        Delimiter::Brace,
        quote!(#(#inner_attrs)* #(#members)*),
        container.span,
    );
    quote!(#(#attrs)* #head #members)
}

/// The function, its body handed to the runtime in one call.
///
/// Three spans matter beside the names':
/// * The body's braces keep theirs: its last expression's temporaries live as its edition says.
/// * What is around the body has the macro's own, and so this crate's edition: those
///   temporaries are gone before the parameters are. Parentheses, because a block of one
///   line would be found to have needless braces.
/// * The function's block has the body's: by it the compiler knows the function whose
///   result a block without one fails to give, and points at the declared type.
fn measured(args: &Args, function: &Function) -> TokenStream {
    let parameters = function.parameters();
    let krate = args.krate();
    let shown = capture::lines(args, &parameters);
    let capture = capture::closure(&krate, &shown);
    let site = site(args, function, &parameters, shown.is_empty());
    let said = capture::said(args, &parameters);
    let site = capture::around(&krate, &said, &site);
    let arrive = arrive(function, &parameters);
    let used = used(args, &parameters);
    let arrive = quote!(#arrive #used);
    let body = function.body.span();
    let body = grouped(
        Delimiter::Parenthesis,
        function.body.to_token_stream(),
        Span::mixed_site().located_at(body),
    );
    let output = function.output();
    let ending = ending::closure(args, &krate, &output);

    let call = if function.tracks_caller() {
        quote_spanned! {Span::mixed_site()=>
            {
                let __guard = #krate::__private::guard(#site, #capture);
                #arrive
                #body
            }
        }
    } else if function.sig.asyncness.is_some() {
        let hint = output_hint(&krate, &output);
        let is_kept = function.keeps_async().then(|| quote!(.await));
        let in_order = in_order(args, function, &parameters);
        let call = match said.is_empty() {
            true => quote!(call_async),
            false => quote!(call_async_around),
        };
        let show = (!shown.is_empty())
            .then(|| quote_spanned!(Span::mixed_site()=> #krate::__private::params(#capture);));
        quote_spanned! {Span::mixed_site()=>
            #krate::__private::#call(
                #site,
                async move { #hint #in_order #show #arrive #body },
                #ending,
            ) #is_kept
        }
    } else {
        let make = quote_spanned!(Span::mixed_site()=> move || -> #output { #arrive #body });
        let (call, run) = match function.returns(args) {
            Returns::Value => (quote!(call), quote!(run)),
            Returns::Polled(what, gives) => (begin(what), run_polled(gives)),
            Returns::Boxed(what) => (begin(what), quote!(run_boxed)),
        };
        quote_spanned! {Span::mixed_site()=>
            #krate::__private::#call(#site, #capture).#run(#make, #ending)
        }
    };

    let Function {
        attrs,
        vis,
        inner_attrs,
        ..
    } = function;
    let mut sig = signature(function, &parameters);
    if sig.asyncness.is_some() && !function.keeps_async() {
        sig.asyncness = None;
        gives_future(&mut sig);
    }
    let block = grouped(
        Delimiter::Brace,
        quote!(#(#inner_attrs)* #call),
        function.body.span(),
    );
    quote!(#(#attrs)* #vis #sig #block)
}

fn grouped(delimiter: Delimiter, tokens: TokenStream, span: Span) -> Group {
    let mut group = Group::new(delimiter, tokens);
    group.set_span(span);
    group
}

/// The signature as written, but for the patterns, which go inside.
fn signature(function: &Function, parameters: &[Parameter]) -> Signature {
    let mut sig = function.sig.clone();
    let typed = sig.inputs.iter_mut().filter_map(|input| match input {
        FnArg::Typed(typed) => Some(typed),
        FnArg::Receiver(_) => None,
    });
    for (typed, parameter) in typed.zip(parameters) {
        let outer = &parameter.outer;
        *typed.pat = parse_quote!(#outer);
        typed.attrs = parameter
            .cfgs
            .iter()
            .chain(&parameter.attrs)
            .cloned()
            .collect();
    }
    sig
}

/// `-> T` of an `async fn` as the type of a plain one. The macro's own span makes it capture all
/// lifetimes, as an `async fn` does, in the edition 2021 too.
fn gives_future(sig: &mut Signature) {
    let output: Type = match &sig.output {
        ReturnType::Default => parse_quote!(()),
        ReturnType::Type(_, ty) => Type::clone(ty),
    };
    let future = quote_spanned!(Span::mixed_site()=> impl ::core::future::Future<Output = #output>);
    sig.output = parse_quote!(-> #future);
}

/// Makes the async block take the parameters in their order, which is the one in which it drops them
/// where it is never polled.
fn in_order(args: &Args, function: &Function, parameters: &[Parameter]) -> TokenStream {
    let is_seen = |it: &&Parameter| it.bindings.iter().any(|name| args.choice.shows(name));
    let seen = parameters.iter().filter(is_seen).count();
    let receiver = function.owned_receiver().map(|it| &it.self_token);
    if seen == parameters.len() && receiver.is_none() || seen == 0 && args.fields().is_empty() {
        return TokenStream::new();
    }
    let receiver = receiver.map(|it| quote_spanned!(Span::mixed_site()=> let _ = &#it;));
    let parameters = parameters.iter().map(|Parameter { outer, cfgs, .. }| {
        quote_spanned!(Span::mixed_site()=> #(#cfgs)* let _ = &#outer;)
    });
    quote!(#receiver #(#parameters)*)
}

/// The call site, told from all others by its address.
fn site(
    args: &Args,
    function: &Function,
    parameters: &[Parameter],
    shows_nothing: bool,
) -> TokenStream {
    let krate = args.krate();
    let function_name = function.name();
    let name = args.name.as_ref().map_or_else(
        || function_name.to_token_stream(),
        ToTokens::to_token_stream,
    );
    let count = parameters
        .iter()
        .filter(|parameter| parameter.cfgs.is_empty())
        .count();
    let count = Literal::u32_unsuffixed(u32::try_from(count).unwrap_or(u32::MAX));
    let conditional = parameters
        .iter()
        .filter(|parameter| !parameter.cfgs.is_empty())
        .map(|parameter| {
            let conditions = parameter
                .cfgs
                .iter()
                .filter_map(|cfg| cfg.parse_args::<TokenStream>().ok());
            quote!(+ ::core::cfg!(all(#(#conditions),*)) as u32)
        });
    let shows_nothing = shows_nothing && !parameters.is_empty();
    let captures = setting("captures", shows_nothing.then(|| quote!(false)));
    let settings = settings(args, function);
    quote_spanned! {Span::mixed_site()=>
        #krate::__private::site!(#name, #function_name, #count #(#conditional)* #captures #settings)
    }
}

/// What the attribute says of the tool itself.
fn settings(args: &Args, function: &Function) -> TokenStream {
    let fields = Some(args.fields().len()).filter(|count| *count > 0);
    let objective = |of: fn(&Objective) -> &Option<Literal>| {
        args.objective.as_ref().and_then(|it| of(it).as_ref())
    };
    let settings = [
        setting("line", function.line.map(Literal::u32_unsuffixed)),
        setting("fields", fields.map(Literal::usize_unsuffixed)),
        setting("kind", args.kind.as_ref()),
        setting("level", args.level.as_ref()),
        setting("drift", args.drift.as_ref()),
        setting("objective_success", objective(|it| &it.success)),
        setting("objective_latency_ms", objective(|it| &it.latency_ms)),
        setting("objective_quantile", objective(|it| &it.quantile)),
        setting("threshold_ms", args.threshold_ms.as_ref()),
        setting("sample", args.sample.as_ref()),
    ];
    settings.into_iter().collect()
}

fn setting(name: &str, value: Option<impl ToTokens>) -> TokenStream {
    let name = Ident::new(name, Span::mixed_site());
    value.map_or_else(TokenStream::new, |value| quote!(, #name = #value))
}

/// Moves every parameter to the body, whole and in order, so that it is dropped as
/// if it were still a parameter of it.
fn arrive(function: &Function, parameters: &[Parameter]) -> TokenStream {
    let mut lines = TokenStream::new();
    if let Some(receiver) = function.owned_receiver()
        && !function.tracks_caller()
    {
        // Else a closure takes only those fields that the body names.
        let itself = &receiver.self_token;
        lines.extend(quote_spanned!(Span::mixed_site()=> let _ = &#itself;));
    }
    let mut together = Together::default();
    for parameter in parameters {
        let Parameter {
            outer,
            inner,
            cfgs,
            lints,
            ..
        } = parameter;
        let pattern = if parameter.splits {
            outer.to_token_stream()
        } else {
            inner.to_token_stream()
        };
        if cfgs.is_empty() && lints.is_empty() {
            together.push(pattern, outer);
        } else {
            lines.extend(together.take());
            lines.extend(
                quote_spanned!(Span::mixed_site()=> #(#cfgs)* #(#lints)* let #pattern = #outer;),
            );
        }
        if parameter.splits {
            lines.extend(together.take());
            lines.extend(
                quote_spanned!(Span::mixed_site()=> #(#cfgs)* #(#lints)* let #inner = #outer;),
            );
        }
    }
    lines.extend(together.take());
    lines
}

/// What expressions of the attribute look at is not unused, though the body may leave it alone.
fn used(args: &Args, parameters: &[Parameter]) -> TokenStream {
    let spans = [&args.parent, &args.follows_from].into_iter().flatten();
    let expressions: Vec<_> = args
        .fields()
        .iter()
        .map(|it| &it.value)
        .chain(spans)
        .collect();
    let lines = parameters.iter().flat_map(|parameter| {
        let is_used = |name: &&Ident| expressions.iter().any(|it| seen::uses(it, name));
        let names = parameter.bindings.iter().filter(is_used);
        let cfgs = &parameter.cfgs;
        names.map(move |name| quote_spanned!(Span::mixed_site()=> #(#cfgs)* let _ = &#name;))
    });
    lines.collect()
}

/// Plain parameters that share one `let`.
#[derive(Default)]
struct Together {
    patterns: Vec<TokenStream>,
    values: Vec<Ident>,
}

impl Together {
    fn push(&mut self, pattern: TokenStream, value: &Ident) {
        self.patterns.push(pattern);
        self.values.push(value.clone());
    }

    fn take(&mut self) -> TokenStream {
        let Self { patterns, values } = std::mem::take(self);
        match (&*patterns, &*values) {
            ([], _) => TokenStream::new(),
            ([pattern], [value]) => quote_spanned!(Span::mixed_site()=> let #pattern = #value;),
            _ => quote_spanned!(Span::mixed_site()=> let (#(#patterns),*) = (#(#values),*);),
        }
    }
}

fn begin(what: Polled) -> TokenStream {
    match what {
        Polled::Future => quote!(call_future),
        Polled::Stream => quote!(call_stream),
    }
}

/// With what the future or stream gives: an async block alone does not know the type of its `?`.
fn run_polled(gives: Option<&Type>) -> TokenStream {
    match gives {
        Some(gives) => {
            let mut gives = gives.clone();
            erase_impl_trait(&mut gives);
            quote_spanned!(Span::mixed_site()=> run::<#gives, _, _>)
        }
        None => quote!(run),
    }
}

/// Says what a `return` or `?` in an async block gives, which it cannot say itself.
fn output_hint(krate: &TokenStream, output: &Type) -> TokenStream {
    match output {
        Type::Infer(_) | Type::Never(_) => TokenStream::new(),
        _ => quote_spanned!(Span::mixed_site()=> #krate::__private::returns!(#output);),
    }
}
