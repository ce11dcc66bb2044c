//! How alike two files are, without keeping their text.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use telemetry_runtime::tool;

use super::text::Tokens;

/// Tokens in a row that make one feature.
const ROW: usize = 5;
/// So many of a file's features stand for all.
const KEPT: usize = 1024;

/// How many of them are looked at when two files are compared.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Look {
    /// 256: the estimate is off by some 1/√256 = 6 %.
    Glance,
    /// All 1,024: off by some 3 %.
    Close,
}

impl Look {
    const fn features(self) -> usize {
        match self {
            Self::Glance => 256,
            Self::Close => KEPT,
        }
    }
}

/// The smallest hashes of a file's features, sorted, each once.
///
/// A bottom-k sketch: Cohen and Kaplan, "Summarizing data using bottom-k sketches", 2007.
pub(crate) struct Fingerprint(Vec<u64>);

#[tool(skip(tokens))]
pub(crate) fn fingerprint(tokens: &Tokens) -> Fingerprint {
    let mut features: Vec<u64> = tokens.hashes.windows(ROW).map(feature).collect();
    features.sort_unstable();
    features.dedup();
    features.truncate(KEPT);
    features.shrink_to_fit();
    Fingerprint(features)
}

fn feature(row: &[u64]) -> u64 {
    let mut hasher = DefaultHasher::new();
    row.hash(&mut hasher);
    hasher.finish()
}

impl Fingerprint {
    /// There is enough to compare from close by.
    pub(crate) fn is_full(&self) -> bool {
        self.0.len() == KEPT
    }

    /// The share of features that both have, among those that either has: 0 to 1.
    pub(crate) fn resemblance(&self, other: &Self, look: Look) -> f64 {
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        let (mut seen, mut common) = (0_u32, 0_u32);
        while seen < look.features() as u32 {
            match (left.peek(), right.peek()) {
                (Some(a), Some(b)) if a == b => {
                    common += 1;
                    (left.next(), right.next())
                }
                (Some(a), Some(b)) if a < b => (left.next(), None),
                (Some(_), None) => (left.next(), None),
                (_, Some(_)) => (None, right.next()),
                (None, None) => break,
            };
            seen += 1;
        }
        f64::from(common) / f64::from(seen.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(hashes: std::ops::Range<u64>) -> Fingerprint {
        fingerprint(&Tokens {
            hashes: hashes.collect(),
            deepest: 0,
        })
    }

    #[test]
    fn equal_files_are_alike_and_others_are_not() {
        for look in [Look::Glance, Look::Close] {
            assert_eq!(of(0..900).resemblance(&of(0..900), look), 1.0);
            assert_eq!(of(0..900).resemblance(&of(2_000..3_000), look), 0.0);
            assert_eq!(of(0..0).resemblance(&of(0..0), look), 0.0);
        }
    }

    /// Of 1,500 features in all, 500 are in both.
    #[test]
    fn a_third_in_common_is_found_as_about_a_third() {
        for look in [Look::Glance, Look::Close] {
            let found = of(0..1_004).resemblance(&of(500..1_504), look);
            assert!((0.2..0.47).contains(&found), "{found}");
        }
    }
}
