//! Which parameters are captured, and how.

use syn::Ident;

use super::Args;
use crate::argument::{Argument, once};
use crate::errors::Errors;
use crate::nearest::did_you_mean;

#[derive(Clone, Default)]
pub(crate) struct Choice {
    skip: Option<Vec<Ident>>,
    /// The word itself, for messages.
    skip_all: Option<Ident>,
    only: Option<Vec<Ident>>,
    redact: Option<Vec<Ident>>,
}

/// What is captured of one parameter.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Captured {
    No,
    Value,
    /// The value, whatever the configuration says of parameters.
    Named,
    /// That it is there.
    Redacted,
}

impl Choice {
    /// Whether the argument is about parameters.
    pub(super) fn set(&mut self, argument: &Argument, errors: &mut Errors) -> bool {
        let slot = match argument.key.to_string().as_str() {
            "skip" => &mut self.skip,
            "only" => &mut self.only,
            "redact" => &mut self.redact,
            "skip_all" => {
                once(&mut self.skip_all, argument, argument.alone(), errors);
                return true;
            }
            _ => return false,
        };
        once(slot, argument, argument.listed(), errors);
        true
    }

    pub(super) fn is_made(&self) -> bool {
        self.skip.is_some()
            || self.skip_all.is_some()
            || self.only.is_some()
            || self.redact.is_some()
    }

    pub(crate) fn of(&self, parameter: &Ident) -> Captured {
        let among =
            |names: &Option<Vec<Ident>>| names.iter().flatten().any(|name| name == parameter);
        if among(&self.redact) {
            Captured::Redacted
        } else if among(&self.only) {
            Captured::Named
        } else if self.skip_all.is_some() || self.only.is_some() || among(&self.skip) {
            Captured::No
        } else {
            Captured::Value
        }
    }

    /// Whether its value is looked at.
    pub(crate) fn shows(&self, parameter: &Ident) -> bool {
        matches!(self.of(parameter), Captured::Value | Captured::Named)
    }

    /// Refuses words that leave each other nothing.
    pub(super) fn contradictions(&self, errors: &mut Errors) {
        if let Some(all) = &self.skip_all {
            for (other, given) in [
                ("skip", &self.skip),
                ("only", &self.only),
                ("redact", &self.redact),
            ] {
                if given.is_some() {
                    errors.at(
                        all,
                        format!(
                            "`skip_all` leaves nothing for `{other}` to name; keep one of the two"
                        ),
                    );
                }
            }
        }
        let lists = [
            ("skip", &self.skip),
            ("only", &self.only),
            ("redact", &self.redact),
        ];
        for (at, (word, names)) in lists.iter().enumerate() {
            for name in names.iter().flatten() {
                let mut before = lists[..at]
                    .iter()
                    .filter(|(_, names)| names.iter().flatten().any(|other| other == name));
                if let Some((other, _)) = before.next() {
                    errors.at(
                        name,
                        format!("`{name}` is in `{other}` and in `{word}`; keep one"),
                    );
                }
            }
        }
        if let (Some(only), Some([first, ..])) = (&self.only, self.skip.as_deref())
            && !only.contains(first)
        {
            errors.at(first, "`only` leaves out all others anyway; remove `skip`");
        }
    }

    /// Refuses names that are none of `parameters`, or that are given twice.
    fn check(&self, parameters: &[Ident], errors: &mut Errors) {
        for names in [&self.skip, &self.only, &self.redact] {
            let mut seen: Vec<&Ident> = Vec::new();
            for name in names.iter().flatten() {
                if seen.contains(&name) {
                    errors.at(name, format!("`{name}` is named twice; keep one"));
                } else if !parameters.contains(name) {
                    errors.at(name, no_parameter(name, parameters));
                }
                seen.push(name);
            }
        }
    }
}

impl Args {
    /// Refuses names that are none of `parameters`, those of one function or of many.
    pub(crate) fn check_names(&self, parameters: &[Ident], errors: &mut Errors) {
        self.choice.check(parameters, errors);
    }
}

fn no_parameter(name: &Ident, names: &[Ident]) -> String {
    if name == "self" {
        return "`self` is never captured; leave it out".to_owned();
    }
    let mut all: Vec<String> = Vec::new();
    for name in names.iter().map(Ident::to_string) {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    if all.is_empty() {
        return format!("no parameter is called `{name}`: there are none");
    }
    let near = did_you_mean(&name.to_string(), all.iter().map(String::as_str));
    format!(
        "no parameter is called `{name}`{near}; there are `{}`",
        all.join("`, `")
    )
}
