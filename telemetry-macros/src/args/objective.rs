//! `objective(…)`: what the attribute promises of a tool.

use proc_macro2::{Ident, Literal};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Lit, Token};

use super::values::{bounded, milliseconds};
use crate::errors::Errors;
use crate::nearest::did_you_mean;

#[derive(Clone, Default)]
pub(crate) struct Objective {
    pub(crate) success: Option<Literal>,
    pub(crate) latency_ms: Option<Literal>,
    pub(crate) quantile: Option<Literal>,
}

/// `key = number`
pub(crate) struct Part {
    key: Ident,
    value: Lit,
}

impl Parse for Part {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let key = input.call(Ident::parse_any)?;
        input.parse::<Token![=]>()?;
        let value = input.parse()?;
        Ok(Self { key, value })
    }
}

const KEYS: [&str; 3] = ["success", "latency_ms", "quantile"];

impl Objective {
    /// Every fault is told; what is right stands.
    pub(super) fn of(parts: Vec<Part>, errors: &mut Errors) -> Self {
        let mut objective = Self::default();
        let faults = parts.iter().filter_map(|part| objective.set(part).err());
        let faults: Vec<_> = faults.collect();
        let is_right = faults.is_empty();
        faults.into_iter().for_each(|fault| errors.push(fault));
        let given = |key| parts.iter().find(|part| part.key == key);
        match (given("latency_ms"), given("quantile")) {
            (Some(_), None) => {
                // What an objective for a latency mostly means.
                objective.quantile = Some(Literal::f64_unsuffixed(99.0));
            }
            (None, Some(quantile)) if is_right => errors.at(
                &quantile.key,
                "`quantile` says for how many calls `latency_ms` holds; add that, or leave this out",
            ),
            _ => {}
        }
        objective
    }

    fn set(&mut self, Part { key, value }: &Part) -> syn::Result<()> {
        let word = key.to_string();
        let slot = match word.as_str() {
            "success" => &mut self.success,
            "latency_ms" => &mut self.latency_ms,
            "quantile" => &mut self.quantile,
            _ => {
                let near = did_you_mean(&word, KEYS);
                let known = KEYS.join("`, `");
                let message = format!("an objective has no `{word}`{near}; it has `{known}`");
                return Err(syn::Error::new_spanned(key, message));
            }
        };
        if slot.is_some() {
            let message = format!("`{word}` is given twice; keep one");
            return Err(syn::Error::new_spanned(key, message));
        }
        *slot = Some(match word.as_str() {
            "latency_ms" => milliseconds(value)?,
            _ => percent(value)?,
        });
        Ok(())
    }
}

/// From 1 on, so that a ratio is not taken for one.
fn percent(number: &Lit) -> syn::Result<Literal> {
    let what = "a percentage from 1 to 100, such as `99.9`";
    bounded(number, |value| (1.0..=100.0).contains(&value), what)
}
