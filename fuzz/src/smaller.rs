//! An input that fails, without what does not matter.

/// Attempts; each is a run of the target.
const ATTEMPTS: usize = 300;

/// As small as leaving out pieces makes it, halves first and single bytes last.
pub(super) fn smallest(input: &[u8], mut fails: impl FnMut(&[u8]) -> bool) -> Vec<u8> {
    let mut input = input.to_vec();
    let mut attempts = 0;
    let mut piece = input.len().div_ceil(2);
    while piece > 0 {
        let mut at = 0;
        while at < input.len() && attempts < ATTEMPTS {
            let mut without = input.clone();
            without.drain(at..(at + piece).min(input.len()));
            attempts += 1;
            if fails(&without) {
                input = without;
            } else {
                at += piece;
            }
        }
        piece /= 2;
    }
    input
}
