//! What is written in the brackets of `#[tool(...)]`.

use std::{mem, vec};

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::{Attribute, LitStr, Meta, Path};

use crate::argument::{Argument, once, split};
use crate::errors::Errors;
use crate::function::{Function, no_parameter};
use crate::nearest::did_you_mean;

/// Each argument and how it is written.
const ARGUMENTS: [(&str, &str); 5] = [
    ("crate", "crate = path::to::telemetry_runtime"),
    ("future", "future"),
    ("name", "name = \"…\""),
    ("skip", "skip(parameter, …)"),
    ("skip_all", "skip_all"),
];

/// Those that can hold for every function of an `impl`, a `trait` or a `mod`.
const FOR_ALL: [&str; 3] = ["crate", "skip", "skip_all"];

#[derive(Clone, Default)]
pub(crate) struct Args {
    /// Every argument's word, in order.
    given: Vec<Ident>,
    /// `skip` without names: not measured at all.
    left_out: Option<Ident>,
    krate: Option<Path>,
    pub(crate) name: Option<LitStr>,
    /// Whether it gives a future, where its type does not say so.
    pub(crate) future: Option<bool>,
    /// Parameters that are not captured.
    pub(crate) skip: Option<Vec<Ident>>,
    /// None is captured. The word itself, for messages.
    pub(crate) skip_all: Option<Ident>,
}

impl Args {
    /// Reads all of `tokens`: a fault in one argument does not hide the next.
    pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Self {
        let args = Self::of_member(tokens, errors);
        if let Some(word) = &args.left_out {
            errors.at(
                word,
                "write `skip(parameter, …)`; alone it leaves a function out of an `impl`, `trait` or `mod` with `#[tool]`",
            );
        }
        args
    }

    /// The same for what stands inside of something with the attribute.
    fn of_member(tokens: TokenStream, errors: &mut Errors) -> Self {
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

    /// The attribute of a member, taken off; `self` is that of what is around it.
    pub(crate) fn take_own(&self, attrs: &mut Vec<Attribute>, errors: &mut Errors) -> Option<Self> {
        let (own, rest) = mem::take(attrs)
            .into_iter()
            .partition(|attr| self.is_attribute(attr.path()));
        *attrs = rest;
        let mut own: vec::IntoIter<Attribute> = Vec::into_iter(own);
        let first = own.next()?;
        for second in own {
            errors.at(second, "`#[tool]` is given twice; keep one");
        }
        Some(match first.meta {
            Meta::List(list) => {
                let args = Self::of_member(list.tokens, errors);
                if let (Some(word), [_, _, ..]) = (&args.left_out, &*args.given) {
                    errors.at(
                        word,
                        "`skip` alone leaves the function out; nothing else can be said of it",
                    );
                }
                args
            }
            Meta::Path(_) => Self::default(),
            Meta::NameValue(value) => {
                errors.at(value, "write `#[tool(…)]`");
                Self::default()
            }
        })
    }

    /// Whether this is the path of `#[tool]` itself.
    fn is_attribute(&self, path: &Path) -> bool {
        let written = |path: &dyn ToTokens| {
            let text = path.to_token_stream().to_string().replace(' ', "");
            text.trim_start_matches("::").to_owned()
        };
        path.is_ident("tool") || written(path) == format!("{}::tool", written(&self.krate()))
    }

    /// Whether this is `#[tool(skip)]`.
    pub(crate) fn leaves_out(&self) -> bool {
        self.left_out.is_some()
    }

    /// Refuses what cannot hold for more than one function.
    pub(crate) fn check_container(&self, errors: &mut Errors) {
        for word in self
            .given
            .iter()
            .filter(|word| !FOR_ALL.contains(&word.to_string().as_str()))
        {
            errors.at(
                word,
                format!(
                    "`{word}` cannot hold for every function in here; put it on one: `#[tool({})]`",
                    usage(word)
                ),
            );
        }
    }

    /// Refuses names that are a parameter of none of `functions`.
    pub(crate) fn check_names(&self, functions: &[&Function], errors: &mut Errors) {
        let mut names: Vec<_> = functions
            .iter()
            .flat_map(|function| function.bindings())
            .collect();
        names.dedup();
        for name in self
            .skip
            .iter()
            .flatten()
            .filter(|name| !names.contains(name))
        {
            errors.at(name, no_parameter(name, &names));
        }
    }

    /// These, and where they say nothing, those of `around`.
    pub(crate) fn over(self, around: &Self) -> Self {
        let own_choice = self.skip.is_some() || self.skip_all.is_some();
        let (skip, skip_all) = match own_choice {
            true => (self.skip, self.skip_all),
            false => (around.skip.clone(), around.skip_all.clone()),
        };
        Self {
            krate: self.krate.or_else(|| around.krate.clone()),
            skip,
            skip_all,
            ..self
        }
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
            "future" => once(&mut self.future, argument, argument.switched(), errors),
            "name" => once(
                &mut self.name,
                argument,
                argument.assigned().and_then(named),
                errors,
            ),
            "skip" if argument.is_alone() => {
                once(&mut self.left_out, argument, argument.alone(), errors);
            }
            "skip" => once(&mut self.skip, argument, argument.listed(), errors),
            "skip_all" => once(&mut self.skip_all, argument, argument.alone(), errors),
            unknown => return errors.at(&argument.key, unknown_argument(unknown)),
        }
        self.given.push(argument.key.clone());
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

fn unknown_argument(found: &str) -> String {
    format!(
        "unknown argument `{found}`{}; {}",
        did_you_mean(found, ARGUMENTS.map(|(key, _)| key)),
        known()
    )
}

/// How the argument of this name is written.
pub(crate) fn usage(word: &Ident) -> &'static str {
    ARGUMENTS
        .iter()
        .find(|(key, _)| word == key)
        .map_or("", |(_, usage)| usage)
}

pub(crate) fn known() -> String {
    let usages: Vec<_> = ARGUMENTS
        .iter()
        .map(|(_, usage)| format!("`{usage}`"))
        .collect();
    format!("known: {}", usages.join(", "))
}
