//! What is written in the brackets of `#[tool(...)]`.

mod choice;
mod inherit;
mod objective;
mod values;
mod words;

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{ToTokens, quote};
use syn::{Expr, LitBool, LitStr, Path};

use crate::argument::{Argument, once, split};
use crate::errors::Errors;

pub(crate) use choice::{Captured, Choice};
pub(crate) use objective::{Objective, Part};
pub(crate) use values::{Field, Shown};
pub(crate) use words::{known, usage};

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
    /// The same of a stream.
    pub(crate) stream: Option<bool>,
    /// Which parameters are captured.
    pub(crate) choice: Choice,
    /// Further attributes of the span.
    pub(crate) fields: Option<Vec<Field>>,
    /// What counts as a failure, and how it is told.
    pub(crate) error_if: Option<Expr>,
    pub(crate) ok_if: Option<Expr>,
    pub(crate) error_type: Option<Expr>,
    pub(crate) err: Option<Shown>,
    /// Whether the value is an attribute.
    pub(crate) ret: Option<Shown>,
    /// Other spans it has to do with.
    pub(crate) parent: Option<Expr>,
    pub(crate) follows_from: Option<Expr>,
    pub(crate) kind: Option<LitStr>,
    /// Of its call logs.
    pub(crate) level: Option<LitStr>,
    /// Whether it is watched.
    pub(crate) drift: Option<LitBool>,
    /// What its calls should be.
    pub(crate) objective: Option<Objective>,
    pub(crate) threshold_ms: Option<Literal>,
    pub(crate) sample: Option<Literal>,
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
        args.choice.contradictions(errors);
        args.check_polled(errors);
        values::check_fields(args.fields(), errors);
        args
    }

    /// The path of `telemetry-runtime` where the macro is used.
    pub(crate) fn krate(&self) -> TokenStream {
        match &self.krate {
            Some(path) => path.to_token_stream(),
            None => quote!(::telemetry_runtime),
        }
    }

    /// The arguments that look at what the function gives.
    pub(crate) fn of_the_output(&self) -> impl Iterator<Item = &Ident> {
        self.given
            .iter()
            .filter(|word| words::is_of_the_output(word))
    }

    /// The word of `ret`.
    pub(crate) fn shown_value(&self) -> Option<&Ident> {
        let is_shown = self.ret.as_ref().is_some_and(|it| !matches!(it, Shown::No));
        self.given.iter().find(|word| is_shown && *word == "ret")
    }

    /// Refuses a future that is a stream.
    fn check_polled(&self, errors: &mut Errors) {
        if let (Some(true), Some(true)) = (self.future, self.stream) {
            for word in self.given.iter().filter(|word| *word == "stream") {
                errors.at(
                    word,
                    "a function gives a `future` or a `stream`; keep one of the two",
                );
            }
        }
    }

    pub(crate) fn fields(&self) -> &[Field] {
        self.fields.as_deref().unwrap_or_default()
    }

    fn set(&mut self, argument: &Argument, errors: &mut Errors) {
        match argument.key.to_string().as_str() {
            "crate" => once(&mut self.krate, argument, argument.assigned(), errors),
            "drift" => once(&mut self.drift, argument, argument.assigned(), errors),
            "err" => once(&mut self.err, argument, argument.whole(), errors),
            "error_if" => once(&mut self.error_if, argument, argument.assigned(), errors),
            "error_type" => once(&mut self.error_type, argument, argument.assigned(), errors),
            "ok_if" => once(&mut self.ok_if, argument, argument.assigned(), errors),
            "ret" => once(&mut self.ret, argument, argument.whole(), errors),
            "fields" => once(&mut self.fields, argument, argument.listed(), errors),
            "follows_from" => once(
                &mut self.follows_from,
                argument,
                argument.assigned(),
                errors,
            ),
            "parent" => once(&mut self.parent, argument, argument.assigned(), errors),
            "future" => once(&mut self.future, argument, argument.switched(), errors),
            "kind" => {
                let kind = argument.assigned().and_then(values::kind);
                once(&mut self.kind, argument, kind, errors);
            }
            "level" => {
                let level = argument.assigned().and_then(values::level);
                once(&mut self.level, argument, level, errors);
            }
            "name" => {
                let name = argument.assigned().and_then(values::named);
                once(&mut self.name, argument, name, errors);
            }
            "objective" => {
                let parts = argument.listed::<Part>();
                let objective = parts.map(|parts| Objective::of(parts, errors));
                once(&mut self.objective, argument, objective, errors);
            }
            "sample" => {
                let sample = argument.assigned().and_then(|it| values::ratio(&it));
                once(&mut self.sample, argument, sample, errors);
            }
            "skip" if argument.is_alone() => {
                once(&mut self.left_out, argument, argument.alone(), errors);
            }
            "stream" => once(&mut self.stream, argument, argument.switched(), errors),
            "threshold_ms" => {
                let limit = argument.assigned().and_then(|it| values::milliseconds(&it));
                once(&mut self.threshold_ms, argument, limit, errors);
            }
            word if !self.choice.set(argument, errors) => {
                return errors.at(&argument.key, words::unknown(word));
            }
            _ => {}
        }
        self.given.push(argument.key.clone());
    }
}
