//! A library that annotates its functions and leaves all else to the programs it is in.

use std::collections::HashMap;

use telemetry_runtime::tool;

/// The words of a text, in lower case.
///
/// ```
/// assert_eq!(word_counts::words("One, two!"), ["one", "two"]);
/// ```
#[tool]
pub fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// The word that a text has most often, of several the first in the alphabet; `None` without
/// any words.
///
/// ```
/// assert_eq!(word_counts::most_common("b a b"), Some("b".to_owned()));
/// assert_eq!(word_counts::most_common("."), None);
/// ```
#[tool]
pub fn most_common(text: &str) -> Option<String> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for word in words(text) {
        *counts.entry(word).or_default() += 1;
    }
    let all = counts.into_iter();
    all.max_by(|(a, of_a), (b, of_b)| of_a.cmp(of_b).then_with(|| b.cmp(a)))
        .map(|(word, _)| word)
}

/// A number that changes with its argument: so little work that the attribute would show.
#[tool]
#[must_use]
pub fn step(number: u64) -> u64 {
    number
        .wrapping_mul(6_364_136_223_846_793_005)
        .rotate_left(17)
}

/// [`step`] without the attribute, to compare with.
#[must_use]
pub fn plain_step(number: u64) -> u64 {
    number
        .wrapping_mul(6_364_136_223_846_793_005)
        .rotate_left(17)
}
