//! An `impl`, a `trait` or a `mod`: the functions in it, and the rest as it stands.

use proc_macro2::{Span, TokenStream};
use syn::ext::IdentExt;
use syn::parse::discouraged::Speculative;
use syn::parse::{Parse, ParseStream};
use syn::{
    Attribute, Generics, Ident, ImplItem, Lifetime, Signature, Token, TraitItem, Type,
    TypeParamBound, Visibility, WhereClause, token,
};

use crate::args::Args;
use crate::errors::Errors;
use crate::function::{Function, is_plain};
use crate::item::{keyword, since, skip};

pub(crate) struct Container {
    pub(crate) attrs: Vec<Attribute>,
    /// All from its visibility to its braces, which is not changed.
    pub(crate) head: TokenStream,
    kind: Kind,
    /// What stands before `::` in the names of its functions.
    name: Option<String>,
    /// Of the braces.
    pub(crate) span: Span,
    pub(crate) inner_attrs: Vec<Attribute>,
    pub(crate) members: Vec<Member>,
}

pub(crate) enum Member {
    Function(Box<Method>),
    Container(Container),
    /// Everything else, and whatever cannot be read yet.
    Other(TokenStream),
}

/// A function with a body.
pub(crate) struct Method {
    pub(crate) function: Function,
    /// `None`: it is left out.
    pub(crate) args: Option<Args>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Impl,
    Trait,
    Mod,
}

impl Kind {
    fn of(word: &Ident) -> Option<Self> {
        match word.to_string().as_str() {
            "impl" => Some(Self::Impl),
            "trait" => Some(Self::Trait),
            "mod" => Some(Self::Mod),
            _ => None,
        }
    }
}

impl Container {
    pub(crate) fn starts(input: ParseStream<'_>) -> bool {
        keyword(input).is_some_and(|word| Kind::of(&word).is_some())
    }

    /// Decides which functions are measured and how: by their own `#[tool(…)]`, which is
    /// taken off, over `args`.
    pub(crate) fn decide(&mut self, args: &Args, errors: &mut Errors) {
        let (kind, name) = (self.kind, self.name.take());
        // In a public trait an `async fn` is what a lint looks for.
        let is_looked_at = kind == Kind::Trait || !self.attrs.iter().all(is_plain);
        for member in &mut self.members {
            match member {
                Member::Function(method) => {
                    method.function.within_attribute = is_looked_at;
                    method.decide(args, kind, name.as_deref(), errors);
                }
                Member::Container(inside) => {
                    let own = args.take_own(&mut inside.attrs, errors);
                    if own.as_ref().is_some_and(Args::leaves_out) {
                        continue;
                    }
                    let own = own.map(|own| {
                        own.check_container(errors);
                        own.over(args)
                    });
                    inside.decide(own.as_ref().unwrap_or(args), errors);
                }
                Member::Other(_) => {}
            }
        }
    }

    /// Every name of a parameter of a function that is measured, nested ones too.
    pub(crate) fn bindings(&self) -> Vec<Ident> {
        let of = |member: &Member| match member {
            Member::Function(method) if method.args.is_some() => method.function.bindings(),
            Member::Container(inside) => inside.bindings(),
            Member::Function(_) | Member::Other(_) => Vec::new(),
        };
        self.members.iter().flat_map(of).collect()
    }
}

impl Method {
    fn decide(&mut self, args: &Args, kind: Kind, name: Option<&str>, errors: &mut Errors) {
        let own = args.take_own(&mut self.function.attrs, errors);
        let is_left_out = match &own {
            Some(own) => own.leaves_out(),
            None => self.function.cannot_be_measured() || self.is_main(kind),
        };
        if is_left_out {
            return;
        }
        self.function.of = name.map(str::to_owned);
        self.function.line = line(&self.function.sig.ident);
        let own = own.unwrap_or_default();
        self.function.check(&own, errors);
        let args = own.over(args);
        self.args = Some(match self.function.gives_stream(&args) {
            true => args.without_value(),
            false => args,
        });
    }

    fn is_main(&self, kind: Kind) -> bool {
        kind == Kind::Mod && self.function.sig.ident == "main"
    }
}

/// Where it stands; `None` where that is not in the attribute's file, which is the one that is told.
fn line(name: &Ident) -> Option<u32> {
    let span = proc_macro::is_available().then(|| name.span().unwrap())?;
    (span.file() == proc_macro::Span::call_site().file())
        .then(|| u32::try_from(span.line()).unwrap_or(u32::MAX))
}

impl Parse for Container {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let begin = input.cursor();
        let (kind, name) = head(input)?;
        let head = since(begin, input);
        let body;
        let braces = syn::braced!(body in input);
        let inner_attrs = body.call(Attribute::parse_inner)?;
        let mut members = Vec::new();
        while !body.is_empty() {
            members.push(member(&body, kind));
        }
        Ok(Self {
            attrs,
            head,
            kind,
            name,
            span: braces.span.join(),
            inner_attrs,
            members,
        })
    }
}

/// Up to the braces. Gives what its functions are named after.
fn head(input: ParseStream<'_>) -> syn::Result<(Kind, Option<String>)> {
    input.parse::<Visibility>()?;
    input.parse::<Option<Token![unsafe]>>()?;
    if input.peek(Token![impl]) {
        return Ok((Kind::Impl, impl_head(input)?));
    }
    if input.peek(Token![trait]) {
        return Ok((Kind::Trait, Some(trait_head(input)?)));
    }
    input.parse::<Token![mod]>()?;
    let name: Ident = input.parse()?;
    if input.peek(Token![;]) {
        return Err(syn::Error::new_spanned(
            name,
            "a macro does not see what is in the file of a module; put `#[tool]` on the functions, `impl`s and `trait`s there",
        ));
    }
    Ok((Kind::Mod, None))
}

fn impl_head(input: ParseStream<'_>) -> syn::Result<Option<String>> {
    input.parse::<Token![impl]>()?;
    let generics = match starts_generics(input) {
        true => input.parse()?,
        false => Generics::default(),
    };
    input.parse::<Option<Token![const]>>()?;
    input.parse::<Option<Token![!]>>()?;
    let first: Type = input.parse()?;
    let (of_trait, of_type) = match input.parse::<Option<Token![for]>>()? {
        Some(_) => (Some(first), input.parse()?),
        None => (None, first),
    };
    input.parse::<Option<WhereClause>>()?;
    let name = last_segment(&of_type, &generics);
    Ok(name.or_else(|| last_segment(&of_trait?, &generics)))
}

fn trait_head(input: ParseStream<'_>) -> syn::Result<String> {
    input.parse::<Token![trait]>()?;
    let name: Ident = input.parse()?;
    input.parse::<Generics>()?;
    if input.parse::<Option<Token![:]>>()?.is_some() {
        while !input.peek(Token![where]) && !input.peek(token::Brace) {
            input.parse::<TypeParamBound>()?;
            input.parse::<Option<Token![+]>>()?;
        }
    }
    input.parse::<Option<WhereClause>>()?;
    Ok(name.unraw().to_string())
}

/// `<` of parameters, not of a path such as `<T as Trait>::Type`.
fn starts_generics(input: ParseStream<'_>) -> bool {
    let named = input.peek2(Lifetime) || input.peek2(Ident);
    let goes_on = input.peek3(Token![:])
        || input.peek3(Token![,])
        || input.peek3(Token![>])
        || input.peek3(Token![=]);
    input.peek(Token![<])
        && (input.peek2(Token![>])
            || input.peek2(Token![#])
            || input.peek2(Token![const])
            || named && goes_on)
}

/// `Type` of `&path::Type<T>`. A generic parameter has no name of its own.
fn last_segment(ty: &Type, generics: &Generics) -> Option<String> {
    match ty {
        Type::Path(path) => {
            let is_parameter =
                |ident: &Ident| generics.type_params().any(|param| param.ident == *ident);
            let is_named = !path.path.get_ident().is_some_and(is_parameter);
            let last = path.path.segments.last().filter(|_| is_named)?;
            Some(last.ident.unraw().to_string())
        }
        Type::Reference(reference) => last_segment(&reference.elem, generics),
        Type::Paren(paren) => last_segment(&paren.elem, generics),
        Type::Group(group) => last_segment(&group.elem, generics),
        Type::TraitObject(object) => object.bounds.iter().find_map(|bound| match bound {
            TypeParamBound::Trait(bound) => {
                let last = bound.path.segments.last()?;
                Some(last.ident.unraw().to_string())
            }
            _ => None,
        }),
        _ => None,
    }
}

/// Never fails: what cannot be read is for the compiler to refuse.
fn member(input: ParseStream<'_>, kind: Kind) -> Member {
    let begin = input.cursor();
    if starts_function(input) {
        let ahead = input.fork();
        if let Ok(function) = Function::parse(&ahead, |_| None) {
            input.advance_to(&ahead);
            let method = Method {
                function,
                args: None,
            };
            return Member::Function(Box::new(method));
        }
    } else if kind == Kind::Mod && Container::starts(input) {
        let ahead = input.fork();
        if let Ok(container) = ahead.parse() {
            input.advance_to(&ahead);
            return Member::Container(container);
        }
    }
    let is_known = match kind {
        Kind::Impl => skip::<ImplItem>(input),
        Kind::Trait => skip::<TraitItem>(input),
        Kind::Mod => skip::<syn::Item>(input),
    };
    Member::Other(match is_known {
        true => since(begin, input),
        false => input.parse().unwrap_or_default(),
    })
}

fn starts_function(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    ahead.call(Attribute::parse_outer).is_ok()
        && ahead.parse::<Visibility>().is_ok()
        && ahead.parse::<Signature>().is_ok()
}
