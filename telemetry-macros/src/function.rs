//! A function: its signature read, its body raw.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Attribute, FnArg, Meta, Receiver, ReceiverKind, ReturnType, Signature, Token, Type, Visibility,
    parse_quote,
};

use crate::args::Args;
use crate::errors::Errors;
use crate::parameter::Parameter;
use crate::returns::{Polled, Returns};

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
    /// What it is a function of: the type or trait around it, where that has the attribute.
    pub(crate) of: Option<String>,
    /// Where it stands, if that is not where the attribute does.
    pub(crate) line: Option<u32>,
    /// What is around it is looked at as well: by another attribute, or a lint.
    pub(crate) within_attribute: bool,
}

impl Function {
    /// Refuses what cannot be measured, and names in `args` that are no parameters.
    pub(crate) fn check(&self, args: &Args, errors: &mut Errors) {
        if let Some(token) = &self.sig.constness {
            errors.at(token, "a `const fn` can run while compiling and cannot be measured; remove `const` or `#[tool]`");
        }
        if let Some(token) = &self.sig.asyncness {
            let said = [("future", args.future), ("stream", args.stream)];
            for (word, _) in said.into_iter().filter(|(_, is)| is.is_some()) {
                errors.at(
                    token,
                    format!("an `async fn` gives a future anyway; leave `{word}` out"),
                );
            }
        }
        let unseen = match &self.sig.output {
            _ if self.tracks_caller() => Some(
                "of a `#[track_caller]` function no value is seen, since no closure can have a caller",
            ),
            ReturnType::Type(_, ty) if matches!(**ty, Type::Never(_)) => {
                Some("this function never gives a value to look at")
            }
            _ => None,
        };
        if let (Some(word), true) = (args.shown_value(), self.gives_stream(args)) {
            errors.at(
                word,
                "a stream gives many values and none at the end; leave `ret` out",
            );
        }
        for word in args.of_the_output().filter(|_| unseen.is_some()) {
            errors.at(
                word,
                format!("{}; leave `{word}` out", unseen.unwrap_or_default()),
            );
        }
        args.check_names(&self.bindings(), errors);
    }

    /// Its own name, after that of its type.
    pub(crate) fn name(&self) -> String {
        let name = self.sig.ident.unraw();
        match &self.of {
            Some(of) => format!("{of}::{name}"),
            None => name.to_string(),
        }
    }

    /// Whether it is no tool although its surroundings are: a `const fn`, a test, one
    /// without a frame of its own.
    pub(crate) fn cannot_be_measured(&self) -> bool {
        const APART: [&str; 4] = ["test", "bench", "naked", "panic_handler"];
        let is_apart = |attr: &Attribute| match &attr.meta {
            Meta::List(list) if list.path.is_ident("unsafe") => {
                list.tokens.to_string().starts_with("naked")
            }
            meta => {
                let last = meta.path().segments.last();
                last.is_some_and(|last| APART.iter().any(|apart| last.ident == apart))
            }
        };
        self.sig.constness.is_some() || self.attrs.iter().any(is_apart)
    }

    /// Every name that a parameter's pattern binds.
    pub(crate) fn bindings(&self) -> Vec<Ident> {
        let parameters = self.parameters().into_iter();
        parameters
            .flat_map(|parameter| parameter.bindings)
            .collect()
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
        erase_impl_trait(&mut output);
        output
    }

    /// What it gives, by its type and by what the attribute says of it. A caller that is tracked is
    /// worth more than the future.
    pub(crate) fn returns(&self, args: &Args) -> Returns<'_> {
        if self.sig.asyncness.is_some() || self.tracks_caller() {
            return Returns::Value;
        }
        match Returns::of(&self.sig.output) {
            Returns::Polled(Polled::Future, _) | Returns::Boxed(Polled::Future)
                if args.future == Some(false) =>
            {
                Returns::Value
            }
            Returns::Polled(Polled::Stream, _) | Returns::Boxed(Polled::Stream)
                if args.stream == Some(false) =>
            {
                Returns::Value
            }
            Returns::Value if args.future == Some(true) => Returns::Boxed(Polled::Future),
            Returns::Value if args.stream == Some(true) => Returns::Boxed(Polled::Stream),
            found => found,
        }
    }

    /// Whether an `async fn` has to stay one, although its future holds the parameters twice then:
    /// where another attribute looks at it, where a lint does (`must_use` holds for what the
    /// future gives), and where its future gives what a plain function cannot name.
    pub(crate) fn keeps_async(&self) -> bool {
        self.within_attribute
            || !self.attrs.iter().all(is_plain)
            || matches!(&self.sig.output, ReturnType::Type(_, ty) if matches!(**ty, Type::Never(_)))
    }

    pub(crate) fn gives_stream(&self, args: &Args) -> bool {
        matches!(
            self.returns(args),
            Returns::Polled(Polled::Stream, _) | Returns::Boxed(Polled::Stream)
        )
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

impl Function {
    /// Reads one; `otherwise` knows what to say of an item that is none.
    pub(crate) fn parse(
        input: ParseStream<'_>,
        otherwise: impl FnOnce(ParseStream<'_>) -> Option<syn::Error>,
    ) -> syn::Result<Self> {
        let begin = input.fork();
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let sig: Signature = input
            .parse()
            .map_err(|error| otherwise(&begin).unwrap_or(error))?;
        if input.peek(Token![;]) || input.is_empty() {
            return Err(syn::Error::new_spanned(
                sig.ident,
                "this function has no body to measure; put `#[tool]` where it is implemented",
            ));
        }
        let body = braces(input.parse()?)?;
        let (inner_attrs, body) = split_inner_attributes(&body)?;
        Ok(Self {
            attrs,
            vis,
            sig,
            inner_attrs,
            body,
            of: None,
            line: None,
            within_attribute: false,
        })
    }
}

/// Whether an attribute is the compiler's, and says nothing that an `async fn` needs.
pub(crate) fn is_plain(attr: &Attribute) -> bool {
    const PLAIN: [&str; 12] = [
        "allow",
        "cfg",
        "cold",
        "deny",
        "deprecated",
        "doc",
        "expect",
        "export_name",
        "forbid",
        "inline",
        "no_mangle",
        "warn",
    ];
    PLAIN.iter().any(|plain| attr.path().is_ident(plain))
}

impl ToTokens for Function {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self {
            attrs,
            vis,
            sig,
            inner_attrs,
            body,
            of: _,
            line: _,
            within_attribute: _,
        } = self;
        let rest = body.stream();
        let mut body_as_written = Group::new(Delimiter::Brace, quote!(#(#inner_attrs)* #rest));
        body_as_written.set_span(body.span());
        tokens.extend(quote!(#(#attrs)* #vis #sig #body_as_written));
    }
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

/// `_` for each `impl Trait`, which an expression cannot name.
pub(crate) fn erase_impl_trait(ty: &mut Type) {
    EraseImplTrait.visit_type_mut(ty);
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
