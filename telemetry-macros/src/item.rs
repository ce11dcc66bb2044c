//! What `#[tool]` stands on: a function, its signature read, its body raw.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::discouraged::Speculative;
use syn::parse::{Parse, ParseStream};
use syn::visit_mut::{self, VisitMut};
use syn::{
    Attribute, FnArg, Receiver, ReceiverKind, ReturnType, Signature, Token, Type, Visibility,
    parse_quote,
};

use crate::args::Args;
use crate::errors::Errors;
use crate::nearest::did_you_mean;
use crate::parameter::Parameter;

/// A function whose body stays raw tokens: the macro never reads it, and a
/// half-typed body still expands, so an editor keeps completing inside it.
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    /// `#![…]` at the top of the body: a block inside cannot have them.
    pub(crate) inner_attrs: Vec<Attribute>,
    /// In braces.
    pub(crate) body: Group,
}

impl Function {
    /// Refuses what cannot be measured, and names in `args` that are no parameters.
    pub(crate) fn check(&self, args: &Args, errors: &mut Errors) {
        if let Some(token) = &self.sig.constness {
            errors.at(token, "a `const fn` can run while compiling and cannot be measured; remove `const` or `#[tool]`");
        }
        let names: Vec<_> = self
            .parameters()
            .iter()
            .flat_map(|parameter| parameter.bindings.clone())
            .collect();
        let mut seen: Vec<&Ident> = Vec::new();
        for skipped in args.skip.iter().flatten() {
            if seen.contains(&skipped) {
                errors.at(skipped, format!("`{skipped}` is named twice; keep one"));
            } else if !names.contains(skipped) {
                errors.at(skipped, no_parameter(skipped, &names));
            }
            seen.push(skipped);
        }
    }

    /// All but `self`.
    pub(crate) fn parameters(&self) -> Vec<Parameter> {
        let typed = self.sig.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(typed) => Some(typed),
            FnArg::Receiver(_) => None,
        });
        typed
            .enumerate()
            .map(|(index, typed)| Parameter::new(index, typed))
            .collect()
    }

    /// A receiver that the body owns, other than by a plain reference.
    pub(crate) fn owned_receiver(&self) -> Option<&Receiver> {
        self.sig
            .receiver()
            .filter(|receiver| !matches!(receiver.kind, ReceiverKind::Reference(..)))
    }

    /// The type a call gives, as an expression may name it: `()` where none is
    /// written, and `_` for each `impl Trait`.
    pub(crate) fn output(&self) -> Type {
        let mut output = match &self.sig.output {
            ReturnType::Default => return parse_quote!(()),
            ReturnType::Type(_, ty) => Type::clone(ty),
        };
        EraseImplTrait.visit_type_mut(&mut output);
        output
    }

    /// Under `#[track_caller]` the place of a panic is the caller's, which no closure can keep.
    /// An `async fn` has no such place.
    pub(crate) fn tracks_caller(&self) -> bool {
        self.sig.asyncness.is_none()
            && self
                .attrs
                .iter()
                .any(|attr| attr.path().is_ident("track_caller"))
    }
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let ahead = input.fork();
        let sig: Signature = ahead
            .parse()
            .map_err(|error| not_a_function(input).unwrap_or(error))?;
        input.advance_to(&ahead);
        if input.peek(Token![;]) || input.is_empty() {
            return Err(syn::Error::new_spanned(
                sig.ident,
                "this function has no body to measure; put `#[tool]` where it is implemented",
            ));
        }
        let body = braces(input.parse()?)?;
        if !input.is_empty() {
            return Err(input.error("expected nothing after the function's body"));
        }
        let (inner_attrs, body) = split_inner_attributes(&body)?;
        Ok(Self {
            attrs,
            vis,
            sig,
            inner_attrs,
            body,
        })
    }
}

impl ToTokens for Function {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self {
            attrs,
            vis,
            sig,
            inner_attrs: _,
            body,
        } = self;
        tokens.extend(quote!(#(#attrs)* #vis #sig #body));
    }
}

/// What to do with an item that is none, by its keyword.
fn not_a_function(input: ParseStream<'_>) -> Option<syn::Error> {
    let keyword: Ident = input.fork().call(syn::ext::IdentExt::parse_any).ok()?;
    let message = match keyword.to_string().as_str() {
        "impl" | "trait" | "mod" => "put `#[tool]` on the functions inside",
        "struct" | "enum" | "union" | "type" | "const" | "static" | "use" | "macro_rules" => {
            "`#[tool]` measures the calls of a function; put it on a `fn`"
        }
        _ => return None,
    };
    Some(syn::Error::new_spanned(keyword, message))
}

/// The braces of a body, which `macro_rules!` may have put into a group without any.
fn braces(token: TokenTree) -> syn::Result<Group> {
    match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Ok(group),
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
            let mut inside = group.stream().into_iter();
            match (inside.next(), inside.next()) {
                (Some(token), None) => braces(token),
                _ => Err(syn::Error::new_spanned(group, "expected a function body")),
            }
        }
        other => Err(syn::Error::new_spanned(other, "expected a function body")),
    }
}

/// `#![…]` and the rest, which is not read.
fn split_inner_attributes(body: &Group) -> syn::Result<(Vec<Attribute>, Group)> {
    let split = |input: ParseStream<'_>| {
        Ok((
            input.call(Attribute::parse_inner)?,
            input.parse::<TokenStream>()?,
        ))
    };
    let (attrs, rest) = syn::parse::Parser::parse2(split, body.stream())?;
    let mut rest = Group::new(Delimiter::Brace, rest);
    rest.set_span(body.span());
    Ok((attrs, rest))
}

fn no_parameter(name: &Ident, names: &[Ident]) -> String {
    if name == "self" {
        return "`self` is never captured; leave it out".to_owned();
    }
    let names: Vec<_> = names.iter().map(ToString::to_string).collect();
    let near = did_you_mean(&name.to_string(), names.iter().map(String::as_str));
    if names.is_empty() {
        return format!("no parameter is called `{name}`: there are none");
    }
    format!(
        "no parameter is called `{name}`{near}; there are `{}`",
        names.join("`, `")
    )
}

struct EraseImplTrait;

impl VisitMut for EraseImplTrait {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        match ty {
            Type::ImplTrait(_) => *ty = parse_quote!(_),
            _ => visit_mut::visit_type_mut(self, ty),
        }
    }
}
