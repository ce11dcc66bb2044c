//! Counting and tokenising, whatever the language.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use telemetry_runtime::{current, tool};

/// A text's words and signs.
pub(crate) struct Tokens {
    /// One a token, equal for equal tokens.
    pub(crate) hashes: Vec<u64>,
    /// How many brackets are open at once, at most.
    pub(crate) deepest: usize,
}

#[tool(skip(text))]
pub(crate) fn count_lines(text: &str) -> usize {
    text.lines().filter(|line| !line.trim().is_empty()).count()
}

/// Splits at white space and between words and signs.
#[tool(skip(text))]
pub(crate) fn tokenise(text: &str) -> Tokens {
    let (mut hashes, mut depth, mut deepest) = (Vec::new(), 0_usize, 0);
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match is_word(first) {
            true => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            false => first.len_utf8(),
        };
        match first {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
        let (token, after) = rest.split_at(length);
        hashes.push(hash(token));
        rest = after.trim_start();
    }
    current().set_attribute("text.tokens", hashes.len());
    Tokens { hashes, deepest }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn hash(token: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    token.hash(&mut hasher);
    hasher.finish()
}
