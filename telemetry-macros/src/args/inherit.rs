//! An attribute inside of what has one itself.

use std::{mem, vec};

use quote::ToTokens;
use syn::{Attribute, Meta, Path};

use super::Args;
use super::words::{holds_for_all, usage};
use crate::errors::Errors;

impl Args {
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
        for word in self.given.iter().filter(|word| !holds_for_all(word)) {
            errors.at(
                word,
                format!(
                    "`{word}` cannot hold for every function in here; put it on one: `#[tool({})]`",
                    usage(word)
                ),
            );
        }
    }

    /// Without a `ret` that is meant for others.
    pub(crate) fn without_value(self) -> Self {
        Self { ret: None, ..self }
    }

    /// These, and where they say nothing, those of `around`.
    pub(crate) fn over(self, around: &Self) -> Self {
        Self {
            krate: self.krate.or_else(|| around.krate.clone()),
            choice: match self.choice.is_made() {
                true => self.choice,
                false => around.choice.clone(),
            },
            err: self.err.or_else(|| around.err.clone()),
            ret: self.ret.or_else(|| around.ret.clone()),
            kind: self.kind.or_else(|| around.kind.clone()),
            level: self.level.or_else(|| around.level.clone()),
            drift: self.drift.or_else(|| around.drift.clone()),
            objective: self.objective.or_else(|| around.objective.clone()),
            threshold_ms: self.threshold_ms.or_else(|| around.threshold_ms.clone()),
            sample: self.sample.or_else(|| around.sample.clone()),
            ..self
        }
    }
}
