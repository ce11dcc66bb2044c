//! Whatever reads bytes is tried with bytes that nobody should send.
//!
//! A target is a test like any other, in the room of what it tries: it gives [`fuzz`] a name, some inputs
//! that are as they should be, words of the format, and what to do with an input. In `cargo test`
//! it takes four thousand inputs, the same each time. For as long as wanted, with others each time:
//!
//! ```sh
//! TELEMETRY_FUZZ_SECONDS=600 cargo test --release -p telemetry-runtime --all-features --lib -- fuzz --nocapture
//! ```
//!
//! An input is made from one before it by a few changes. What the target gives says what became of the
//! input (the text of an error, how many items were found); an input of which something new becomes is kept,
//! and others are made from it, so that one step leads to the next. A fuzzer that watches the code's branches would see
//! more. Those were looked at:
//!
//! | | why not |
//! |---|---|
//! | cargo-fuzz, libfuzzer-sys | a nightly toolchain, a C++ compiler; NCSA licence |
//! | bolero 0.13 | holds back indexmap, trybuild and toml for all of the workspace, brings three of winnow |
//! | proptest, arbitrary | make inputs from a description: good for values, not for text and bytes that are nearly right |

mod change;
mod protobuf;
mod smaller;

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

use change::Changes;

/// Inputs in a test.
const INPUTS: u64 = 4000;
/// Kept of those of which something new became.
const KEPT: usize = 4096;
/// Longest input: so many times the longest seed, and so many bytes more.
const LONGEST: (usize, usize) = (2, 128);

/// What a target is tried with.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// As they should be. The target gets them first, as they are.
    pub seeds: &'a [&'a [u8]],
    /// Words of the format, put in anywhere.
    pub words: &'a [&'a str],
}

/// Tries `target` with inputs made from `inputs`; `name` is shown. `target` gives what became of one, and panics
/// where that is wrong: then the smallest such input that can be found is printed, and the test fails.
///
/// `TELEMETRY_FUZZ_SECONDS` says for how long, instead of 4,000 inputs; `TELEMETRY_FUZZ_SEED` which ones.
///
/// ```
/// use telemetry_fuzz::{Inputs, fuzz};
///
/// let inputs = Inputs { seeds: &[b"12", b"-7"], words: &["+", "00"] };
/// let tried = fuzz("numbers", inputs, |bytes| {
///     let number = str::from_utf8(bytes).ok().and_then(|text| text.parse::<i32>().ok());
///     if let Some(number) = number {
///         assert_eq!(number.to_string().parse(), Ok(number));
///     }
///     number.is_some()
/// });
/// assert!(tried.became.len() == 2, "both come about");
/// ```
///
/// # Panics
///
/// As `target` does.
pub fn fuzz<T: Hash>(name: &str, inputs: Inputs<'_>, mut target: impl FnMut(&[u8]) -> T) -> Tried {
    let effort = Effort::of(&|name| std::env::var(name).ok());
    let mut random = fastrand::Rng::with_seed(effort.seed);
    let changes = Changes::new(inputs);
    let mut kept = Vec::new();
    let mut tried = Tried::default();
    let start = Instant::now();
    while effort.goes_on(tried.inputs, start) {
        let input = match inputs.seeds.get(tried.inputs as usize) {
            Some(seed) => seed.to_vec(),
            None => changes.made_from(&kept, &mut random),
        };
        let began = Instant::now();
        let became = attempt(name, &input, effort.seed, &mut target);
        tried.took(began.elapsed(), input.len());
        if tried.became.insert(became) && kept.len() < KEPT {
            kept.push(input);
        }
    }
    if effort.time.is_some() {
        eprintln!("{name}: {tried}");
    }
    tried
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Tried {
    /// How many.
    pub inputs: u64,
    /// What became of them, hashed.
    pub became: HashSet<u64>,
    /// The longest that one took, and its bytes.
    slowest: (Duration, usize),
}

impl Tried {
    fn took(&mut self, time: Duration, bytes: usize) {
        self.inputs += 1;
        self.slowest = self.slowest.max((time, bytes));
    }
}

impl std::fmt::Display for Tried {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (time, bytes) = self.slowest;
        let (inputs, became) = (self.inputs, self.became.len());
        write!(
            f,
            "{inputs} inputs, {became} things that became of them, {time:.1?} at most (of {bytes} bytes)"
        )
    }
}

fn attempt<T: Hash>(
    name: &str,
    input: &[u8],
    seed: u64,
    target: &mut impl FnMut(&[u8]) -> T,
) -> u64 {
    let mut attempt = |input: &[u8]| catch_unwind(AssertUnwindSafe(|| target(input)));
    match attempt(input) {
        Ok(became) => {
            let mut hasher = DefaultHasher::new();
            became.hash(&mut hasher);
            hasher.finish()
        }
        Err(panic) => {
            let smallest = smaller::smallest(input, |input| attempt(input).is_err());
            eprintln!(
                "{name}: fails with b\"{}\" (seed {seed})",
                smallest.escape_ascii()
            );
            resume_unwind(panic)
        }
    }
}

/// How many inputs, and which.
struct Effort {
    time: Option<Duration>,
    seed: u64,
}

impl Effort {
    fn of(variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let number = |name: &str| variable(name).and_then(|text| text.parse().ok());
        let time = number("TELEMETRY_FUZZ_SECONDS").map(Duration::from_secs);
        let default = if time.is_some() { fastrand::u64(..) } else { 1 };
        Self {
            time,
            seed: number("TELEMETRY_FUZZ_SEED").unwrap_or(default),
        }
    }

    fn goes_on(&self, inputs: u64, start: Instant) -> bool {
        match self.time {
            Some(time) => start.elapsed() < time,
            None => inputs < INPUTS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INPUTS: Inputs<'_> = Inputs {
        seeds: &[b"let answer = 1"],
        words: &["42", "(", ")"],
    };

    /// An input with three words comes of those that had two.
    #[test]
    fn one_step_leads_to_the_next() {
        let mut most = 0;
        fuzz("steps", INPUTS, |bytes| {
            let text = String::from_utf8_lossy(bytes);
            let words = INPUTS.words.iter().filter(|word| text.contains(**word));
            most = most.max(words.count());
            most
        });
        assert_eq!(most, 3);
    }

    #[test]
    fn a_failure_is_made_small() {
        let mut last = Vec::new();
        let failed = catch_unwind(AssertUnwindSafe(|| {
            fuzz("fails on purpose", INPUTS, |bytes| {
                last = bytes.to_vec();
                assert!(!bytes.contains(&b'('), "on purpose");
            })
        }));
        assert!(failed.is_err());
        let small = smaller::smallest(b"abc(def)", |bytes| bytes.contains(&b'('));
        assert_eq!(small, b"(");
    }

    #[test]
    fn the_same_inputs_each_time() {
        let seen = || {
            let mut seen = Vec::new();
            fuzz("seen", INPUTS, |bytes| seen.push(bytes.to_vec()));
            seen
        };
        if std::env::var_os("TELEMETRY_FUZZ_SECONDS").is_none() {
            assert_eq!(seen(), seen());
        }
    }
}
