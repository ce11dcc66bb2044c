//! Third to fifth pass: which files are alike, at a glance, from close by, and at a glance again.

use std::fmt;
use std::path::PathBuf;
use std::thread;

use telemetry_runtime::{current, tool};

use super::super::units::{count, several};
use super::fingerprint::{Fingerprint, Look};
use super::study::{Study, cores};

/// Pairs grow with the square of the files.
const MOST_PAIRS: usize = 4_000;
/// Less is chance, and what all code of a language has in common.
const ALIKE: f64 = 0.1;
const SHOWN: usize = 3;

/// Two files and how alike they are, 0 to 1.
pub(crate) struct Pair {
    pub(crate) left: PathBuf,
    pub(crate) right: PathBuf,
    pub(crate) similarity: f64,
}

/// The most similar pairs.
#[derive(Default)]
pub(crate) struct Comparison {
    pub(crate) alike: Vec<Pair>,
    pub(crate) compared: usize,
    pub(crate) left_out: usize,
}

/// Compares files of about the same size first, on several threads: `current().run` takes
/// this call along, so that what they do belongs to its trace.
#[tool(skip(files))]
pub(crate) fn compare_files(files: &[Study], look: Look) -> Comparison {
    let (pairs, left_out) = choose_pairs(files);
    let here = current();
    let compare = |pairs: &[(&Study, &Study)]| here.run(|| compare_pairs(pairs, look));
    let mut alike: Vec<Pair> = thread::scope(|scope| {
        let threads: Vec<_> = pairs
            .chunks(pairs.len().div_ceil(cores()).max(1))
            .map(|pairs| scope.spawn(move || compare(pairs)))
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap_or_default())
            .collect()
    });
    alike.sort_by(|a, b| b.similarity.total_cmp(&a.similarity));
    alike.truncate(SHOWN);
    here.set_attribute("pairs.compared", pairs.len())
        .set_attribute("pairs.left_out", left_out);
    Comparison {
        alike,
        compared: pairs.len(),
        left_out,
    }
}

/// Neighbours in the order of size, then those two apart, and so on; and how many pairs
/// there would be beyond.
#[tool(skip(files))]
fn choose_pairs(files: &[Study]) -> (Vec<(&Study, &Study)>, usize) {
    let mut files: Vec<_> = files
        .iter()
        .filter(|file| file.fingerprint.is_full())
        .collect();
    files.sort_by_key(|file| file.tokens);
    let all = files.len() * files.len().saturating_sub(1) / 2;
    let at_distance = |distance| files.iter().zip(&files[distance..]);
    let pairs: Vec<_> = (1..files.len())
        .flat_map(at_distance)
        .map(|(left, right)| (*left, *right))
        .take(MOST_PAIRS)
        .collect();
    let left_out = all - pairs.len();
    (pairs, left_out)
}

fn compare_pairs(pairs: &[(&Study, &Study)], look: Look) -> Vec<Pair> {
    pairs
        .iter()
        .map(|(left, right)| Pair {
            similarity: similarity(&left.fingerprint, &right.fingerprint, look),
            left: left.path.clone(),
            right: right.path.clone(),
        })
        .filter(|pair| pair.similarity >= ALIKE)
        .collect()
}

#[tool(skip_all)]
fn similarity(left: &Fingerprint, right: &Fingerprint, look: Look) -> f64 {
    let similarity = left.resemblance(right, look);
    current().set_attribute("similarity", similarity);
    similarity
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} compared", several(self.compared, "pair"))?;
        match self.left_out {
            0 => Ok(()),
            left_out => write!(
                f,
                ", {} of less equal size left out",
                count(left_out as u64)
            ),
        }
    }
}
