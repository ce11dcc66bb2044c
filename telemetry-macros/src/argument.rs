//! One argument: a word, and what follows it up to the next comma.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{LitBool, LitStr, Token, parenthesized};

use crate::args::{Field, Part, known, usage};
use crate::errors::Errors;

/// The arguments between the commas, none of them read.
pub(crate) fn split(tokens: TokenStream) -> Vec<TokenStream> {
    let mut arguments = Vec::new();
    let mut current = TokenStream::new();
    for token in tokens {
        match &token {
            TokenTree::Punct(punct) if punct.as_char() == ',' && current.is_empty() => {
                arguments.push(token.into());
            }
            TokenTree::Punct(punct) if punct.as_char() == ',' => {
                arguments.push(std::mem::take(&mut current))
            }
            _ => current.extend([token]),
        }
    }
    if !current.is_empty() {
        arguments.push(current);
    }
    arguments
}

/// A word and what follows it up to the next comma.
pub(crate) struct Argument {
    pub(crate) key: Ident,
    rest: TokenStream,
}

impl Parse for Argument {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if let Ok(name) = input.fork().parse::<LitStr>() {
            return Err(syn::Error::new_spanned(
                &name,
                format!("write `name = {}`", name.to_token_stream()),
            ));
        }
        match input.call(Ident::parse_any) {
            Ok(key) => Ok(Self {
                key,
                rest: input.parse()?,
            }),
            Err(error) => Err(syn::Error::new(
                error.span(),
                format!("expected an argument; {}", known()),
            )),
        }
    }
}

/// Something of which several stand in the brackets of an argument.
pub(crate) trait Listed: Sized {
    fn one(input: ParseStream<'_>) -> syn::Result<Self>;
}

impl Listed for Ident {
    fn one(input: ParseStream<'_>) -> syn::Result<Self> {
        input.call(Self::parse_any)
    }
}

impl Listed for Field {
    fn one(input: ParseStream<'_>) -> syn::Result<Self> {
        input.parse()
    }
}

impl Listed for Part {
    fn one(input: ParseStream<'_>) -> syn::Result<Self> {
        input.parse()
    }
}

impl Argument {
    /// The value of `key = value`.
    pub(crate) fn assigned<T: Parse>(&self) -> syn::Result<T> {
        let parser = |input: ParseStream<'_>| {
            input.parse::<Token![=]>()?;
            input.parse()
        };
        self.read(parser)
    }

    /// What stands in `key(…, …)`, at least one.
    pub(crate) fn listed<T: Listed>(&self) -> syn::Result<Vec<T>> {
        self.read(|input: ParseStream<'_>| {
            let content;
            parenthesized!(content in input);
            let all = Punctuated::<T, Token![,]>::parse_terminated_with(&content, T::one)?;
            if all.is_empty() {
                Err(content.error(""))
            } else {
                Ok(all.into_iter().collect())
            }
        })
    }

    /// The key, where nothing follows it.
    pub(crate) fn alone(&self) -> syn::Result<Ident> {
        self.read(|_: ParseStream<'_>| Ok(self.key.clone()))
    }

    /// `key`, or `key = false`.
    pub(crate) fn switched(&self) -> syn::Result<bool> {
        match self.is_alone() {
            true => Ok(true),
            false => self.assigned::<LitBool>().map(|value| value.value),
        }
    }

    /// All that follows the key.
    pub(crate) fn whole<T: Parse>(&self) -> syn::Result<T> {
        self.read(T::parse)
    }

    /// Whether nothing follows the word.
    pub(crate) fn is_alone(&self) -> bool {
        self.rest.is_empty()
    }

    /// Any fault is told as what to write, under what was written instead.
    fn read<T>(&self, parser: impl FnOnce(ParseStream<'_>) -> syn::Result<T>) -> syn::Result<T> {
        let found = if self.rest.is_empty() {
            self.key.to_token_stream()
        } else {
            self.rest.clone()
        };
        syn::parse::Parser::parse2(parser, self.rest.clone())
            .map_err(|_| syn::Error::new_spanned(found, format!("write `{}`", usage(&self.key))))
    }
}

/// Fills `slot`; one that is already full is a fault.
pub(crate) fn once<T>(
    slot: &mut Option<T>,
    argument: &Argument,
    value: syn::Result<T>,
    errors: &mut Errors,
) {
    match value {
        Ok(_) if slot.is_some() => errors.at(
            &argument.key,
            format!("`{}` is given twice; keep one", argument.key),
        ),
        Ok(value) => *slot = Some(value),
        Err(error) => errors.push(error),
    }
}
