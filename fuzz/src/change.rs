//! An input made from those that were kept.

use fastrand::Rng;

use super::{Inputs, LONGEST, protobuf};

/// Numbers at which something ends.
const EDGES: [&str; 12] = [
    "0",
    "-1",
    "127",
    "128",
    "255",
    "65536",
    "2147483648",
    "4294967296",
    "9223372036854775807",
    "18446744073709551616",
    "1e999",
    "NaN",
];
/// What texts break at.
const TEXTS: [&str; 8] = [
    "\0",
    "\n",
    "\r\n",
    "é",
    "\u{2028}",
    "\u{feff}",
    "\u{1b}[31m",
    "\\",
];

pub(super) struct Changes<'a> {
    inputs: Inputs<'a>,
    longest: usize,
}

impl<'a> Changes<'a> {
    pub(super) fn new(inputs: Inputs<'a>) -> Self {
        let longest = inputs.seeds.iter().map(|seed| seed.len()).max();
        Self {
            inputs,
            longest: LONGEST.0 * longest.unwrap_or(0) + LONGEST.1,
        }
    }

    /// A seed, or one of those that were kept, with one change or some. Three of four keep the lengths of
    /// messages right, where it is a message of protobuf.
    pub(super) fn made_from(&self, kept: &[Vec<u8>], random: &mut Rng) -> Vec<u8> {
        let mut input = self.pick(kept, random).to_vec();
        let mut change = |input: &mut Vec<u8>, random: &mut Rng| self.change(input, kept, random);
        let raw = random.u8(..4) == 0;
        for _ in 0..=random.u16(..).trailing_zeros() {
            if raw {
                change(&mut input, random);
            } else {
                protobuf::change(&mut input, random, &mut change);
            }
        }
        input.truncate(self.longest);
        input
    }

    fn pick<'b>(&'b self, kept: &'b [Vec<u8>], random: &mut Rng) -> &'b [u8] {
        let kept = kept.iter().map(Vec::as_slice);
        if random.bool() {
            random.choice(self.inputs.seeds.iter().copied())
        } else {
            random.choice(kept)
        }
        .unwrap_or_default()
    }

    fn change(&self, input: &mut Vec<u8>, kept: &[Vec<u8>], random: &mut Rng) {
        let at = random.usize(..=input.len());
        let reach = 1 << random.u32(0..8);
        let to = (at + random.usize(1..=reach)).min(input.len());
        match random.u8(..10) {
            0 => drop(input.drain(at..to)),
            1 => {
                let copy = input[at..to].to_vec();
                let target = random.usize(..=input.len());
                input.splice(target..target, copy);
            }
            2 if at < input.len() => input[at] = random.u8(..),
            3 if at < input.len() => input[at] ^= 1 << random.u8(..8),
            4 if at < input.len() => input[at] = input[at].wrapping_add(random.u8(..)),
            5 => {
                let other = self.pick(kept, random);
                let from = random.usize(..=other.len());
                let until = (from + random.usize(1..=reach)).min(other.len());
                input.splice(at..to, other[from..until].iter().copied());
            }
            6 => {
                // All bits of a number.
                let number = u64::MAX >> random.u32(..64);
                let bytes = number.to_le_bytes();
                input.splice(at..to, bytes[..random.usize(1..=8)].iter().copied());
            }
            7 => insert(input, at, EDGES[random.usize(..EDGES.len())]),
            8 => insert(input, at, TEXTS[random.usize(..TEXTS.len())]),
            _ => match random.choice(self.inputs.words) {
                Some(word) => insert(input, at, word),
                None => input.insert(at, random.u8(..)),
            },
        }
    }
}

fn insert(input: &mut Vec<u8>, at: usize, text: &str) {
    input.splice(at..at, text.bytes());
}
