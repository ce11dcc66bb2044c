//! What stands behind the words.

use proc_macro2::Literal;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Expr, Ident, Lit, LitBool, LitStr, Token, parenthesized};

use crate::errors::Errors;
use crate::nearest::did_you_mean;

/// A tool's name: something that a person can read, that a metric's label can hold, and that a
/// query or a pattern of `tools` can name.
pub(super) fn named(name: LitStr) -> syn::Result<LitStr> {
    let value = name.value();
    let fault = if value.trim().is_empty() {
        "a tool's name cannot be empty; leave `name` out to take the function's"
    } else if value.trim() != value {
        "a tool's name cannot begin or end with a space"
    } else if value.chars().any(is_unseen) {
        "a tool's name is one line of printable characters"
    } else if value.contains(['"', '\\', '`']) {
        "a tool's name has no quotes and backslashes, which every query would have to escape; take another, such as `cache.get`"
    } else if value.contains(['*', '?']) {
        "`*` and `?` are for the patterns of the configuration's `tools`, which could not tell this name from others; take another, such as `cache.get`"
    } else if value == "_other" {
        "`_other` is the name of the tools beyond `max_tools`; take another"
    } else if value.len() > MAX_NAME {
        "a tool's name has at most 256 bytes; the rest would be cut off"
    } else {
        return Ok(name);
    };
    Err(syn::Error::new_spanned(name, fault))
}

/// Bytes; the runtime keeps no more.
const MAX_NAME: usize = 256;

/// Control characters, and those of Unicode that have no shape or turn the direction of a line.
fn is_unseen(char: char) -> bool {
    let is_format = matches!(char, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    char.is_control() || is_format
}

/// OpenTelemetry's kinds of spans.
const KINDS: [&str; 5] = ["internal", "server", "client", "producer", "consumer"];

pub(super) fn kind(kind: LitStr) -> syn::Result<LitStr> {
    one_of(&KINDS, kind, "a span's kind")
}

/// The levels of `log` and `tracing`.
const LEVELS: [&str; 5] = ["trace", "debug", "info", "warn", "error"];

pub(super) fn level(level: LitStr) -> syn::Result<LitStr> {
    one_of(&LEVELS, level, "a level")
}

fn one_of(known: &[&str], word: LitStr, what: &str) -> syn::Result<LitStr> {
    let value = word.value();
    if known.contains(&&*value) {
        return Ok(word);
    }
    let near = did_you_mean(&value.to_lowercase(), known.iter().copied());
    let message = format!("{what} is one of `{}`{near}", known.join("`, `"));
    Err(syn::Error::new_spanned(word, message))
}

/// A number, as an `f64`.
pub(super) fn milliseconds(number: &Lit) -> syn::Result<Literal> {
    bounded(
        number,
        |value| value > 0.0,
        "a number of milliseconds over 0",
    )
}

pub(super) fn ratio(number: &Lit) -> syn::Result<Literal> {
    bounded(number, |value| value <= 1.0, "a ratio between 0 and 1")
}

pub(super) fn bounded(
    number: &Lit,
    is_allowed: impl Fn(f64) -> bool,
    what: &str,
) -> syn::Result<Literal> {
    let value = match number {
        Lit::Int(number) => number.base10_parse::<f64>().ok(),
        Lit::Float(number) => number.base10_parse().ok(),
        _ => None,
    };
    let mut literal = match value {
        Some(value) if value.is_finite() && is_allowed(value) => Literal::f64_unsuffixed(value),
        _ => return Err(syn::Error::new_spanned(number, format!("expected {what}"))),
    };
    literal.set_span(number.span());
    Ok(literal)
}

/// How a value or an error is shown.
#[derive(Clone)]
pub(crate) enum Shown {
    No,
    /// As parameters are.
    Plain,
    Debug,
    Display,
    /// As what this function makes of it.
    By(Expr),
}

impl Parse for Shown {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.is_empty() {
            return Ok(Self::Plain);
        }
        if input.parse::<Option<Token![=]>>()?.is_some() {
            let is_shown = input.parse::<LitBool>()?.value;
            return Ok(if is_shown { Self::Plain } else { Self::No });
        }
        let content;
        parenthesized!(content in input);
        let by: Expr = content.parse()?;
        Ok(match &by {
            Expr::Path(path) if path.path.is_ident("Debug") => Self::Debug,
            Expr::Path(path) if path.path.is_ident("Display") => Self::Display,
            _ => Self::By(by),
        })
    }
}

/// `key = expression`
#[derive(Clone)]
pub(crate) struct Field {
    pub(crate) key: LitStr,
    pub(crate) value: Expr,
}

impl Parse for Field {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let key = match input.peek(LitStr) {
            true => input.parse()?,
            false => dotted(input)?,
        };
        input.parse::<Token![=]>()?;
        Ok(Self {
            key,
            value: input.parse()?,
        })
    }
}

/// `user.id`
fn dotted(input: ParseStream<'_>) -> syn::Result<LitStr> {
    let first = input.call(Ident::parse_any)?;
    let mut key = first.unraw().to_string();
    while input.parse::<Option<Token![.]>>()?.is_some() {
        let next = input.call(Ident::parse_any)?;
        key = format!("{key}.{}", next.unraw());
    }
    Ok(LitStr::new(&key, first.span()))
}

/// Refuses keys that mean something else, or the same twice.
pub(super) fn check_fields(fields: &[Field], errors: &mut Errors) {
    for (at, Field { key, .. }) in fields.iter().enumerate() {
        let value = key.value();
        let is_given = |before: &Field| before.key.value() == value;
        if value.trim().is_empty() || value.chars().any(char::is_control) {
            errors.at(key, "a field's key is one line of printable characters");
        } else if value.starts_with("tool.") || value.starts_with("error.") {
            errors.at(
                key,
                "keys that begin with `tool.` or `error.` are telemetry's own; take another",
            );
        } else if fields[..at].iter().any(is_given) {
            errors.at(key, format!("the field `{value}` is given twice; keep one"));
        }
    }
}
