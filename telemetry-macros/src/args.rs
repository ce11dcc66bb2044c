//! What is written in the brackets of `#[tool(...)]`.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{LitStr, Path, Token, parenthesized};

use crate::errors::Errors;
use crate::nearest::did_you_mean;

/// Each argument and how it is written.
const ARGUMENTS: [(&str, &str); 4] = [
    ("crate", "crate = path::to::telemetry_runtime"),
    ("name", "name = \"…\""),
    ("skip", "skip(parameter, …)"),
    ("skip_all", "skip_all"),
];

#[derive(Default)]
pub(crate) struct Args {
    krate: Option<Path>,
    pub(crate) name: Option<LitStr>,
    /// Parameters that are not captured.
    pub(crate) skip: Option<Vec<Ident>>,
    /// None is captured. The word itself, for messages.
    pub(crate) skip_all: Option<Ident>,
}

impl Args {
    /// Reads all of `tokens`: a fault in one argument does not hide the next.
    pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut args = Self::default();
        for argument in split(tokens) {
            match syn::parse2(argument) {
                Ok(argument) => args.set(&argument, errors),
                Err(error) => errors.push(error),
            }
        }
        if let (Some(_), Some(all)) = (&args.skip, &args.skip_all) {
            errors.at(
                all,
                "`skip_all` leaves nothing for `skip` to name; keep one of the two",
            );
        }
        args
    }

    /// The path of `telemetry-runtime` where the macro is used.
    pub(crate) fn krate(&self) -> TokenStream {
        match &self.krate {
            Some(path) => path.to_token_stream(),
            None => quote!(::telemetry_runtime),
        }
    }

    /// Whether the parameter of this name is left out.
    pub(crate) fn skips(&self, parameter: &Ident) -> bool {
        self.skip_all.is_some()
            || self
                .skip
                .iter()
                .flatten()
                .any(|skipped| skipped == parameter)
    }

    fn set(&mut self, argument: &Argument, errors: &mut Errors) {
        match argument.key.to_string().as_str() {
            "crate" => once(&mut self.krate, argument, argument.assigned(), errors),
            "name" => once(
                &mut self.name,
                argument,
                argument.assigned().and_then(named),
                errors,
            ),
            "skip" => once(&mut self.skip, argument, argument.listed(), errors),
            "skip_all" => once(&mut self.skip_all, argument, argument.alone(), errors),
            unknown => errors.at(&argument.key, unknown_argument(unknown)),
        }
    }
}

/// The arguments between the commas, none of them read.
fn split(tokens: TokenStream) -> Vec<TokenStream> {
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
struct Argument {
    key: Ident,
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

impl Argument {
    /// The value of `key = value`.
    fn assigned<T: Parse>(&self) -> syn::Result<T> {
        let parser = |input: ParseStream<'_>| {
            input.parse::<Token![=]>()?;
            input.parse()
        };
        self.read(parser)
    }

    /// The names of `key(name, …)`, at least one.
    fn listed(&self) -> syn::Result<Vec<Ident>> {
        self.read(|input: ParseStream<'_>| {
            let content;
            parenthesized!(content in input);
            let names =
                Punctuated::<Ident, Token![,]>::parse_terminated_with(&content, Ident::parse_any)?;
            if names.is_empty() {
                Err(content.error(""))
            } else {
                Ok(names.into_iter().collect())
            }
        })
    }

    /// The key, where nothing follows it.
    fn alone(&self) -> syn::Result<Ident> {
        self.read(|_: ParseStream<'_>| Ok(self.key.clone()))
    }

    /// Any fault is told as what to write, under what was written instead.
    fn read<T>(&self, parser: impl FnOnce(ParseStream<'_>) -> syn::Result<T>) -> syn::Result<T> {
        let found = if self.rest.is_empty() {
            self.key.to_token_stream()
        } else {
            self.rest.clone()
        };
        syn::parse::Parser::parse2(parser, self.rest.clone())
            .map_err(|_| syn::Error::new_spanned(found, format!("write `{}`", self.usage())))
    }

    fn usage(&self) -> &'static str {
        ARGUMENTS
            .iter()
            .find(|(key, _)| self.key == key)
            .map_or("", |(_, usage)| usage)
    }
}

/// A tool's name: something a person can read and a label can hold.
fn named(name: LitStr) -> syn::Result<LitStr> {
    let value = name.value();
    let fault = if value.trim().is_empty() {
        "a tool's name cannot be empty; leave `name` out to take the function's"
    } else if value.trim() != value {
        "a tool's name cannot begin or end with a space"
    } else if value.chars().any(char::is_control) {
        "a tool's name is one line of printable characters"
    } else {
        return Ok(name);
    };
    Err(syn::Error::new_spanned(name, fault))
}

/// Fills `slot`; one that is already full is a fault.
fn once<T>(slot: &mut Option<T>, argument: &Argument, value: syn::Result<T>, errors: &mut Errors) {
    match value {
        Ok(_) if slot.is_some() => errors.at(
            &argument.key,
            format!("`{}` is given twice; keep one", argument.key),
        ),
        Ok(value) => *slot = Some(value),
        Err(error) => errors.push(error),
    }
}

fn unknown_argument(found: &str) -> String {
    format!(
        "unknown argument `{found}`{}; {}",
        did_you_mean(found, ARGUMENTS.map(|(key, _)| key)),
        known()
    )
}

fn known() -> String {
    let usages: Vec<_> = ARGUMENTS
        .iter()
        .map(|(_, usage)| format!("`{usage}`"))
        .collect();
    format!("known: {}", usages.join(", "))
}
