//! Many measurements of one thing, in a few numbers.

use std::fmt;

/// Of a machine that is shared, the lower ones say what the thing costs, the upper ones what
/// the neighbours did.
#[derive(Clone, Copy, Debug)]
pub struct Spread {
    /// The least.
    pub min: f64,
    /// A tenth are below.
    pub p10: f64,
    /// Half are below.
    pub median: f64,
    /// Nine tenths are below.
    pub p90: f64,
}

impl Spread {
    /// Of these, in any order.
    ///
    /// # Panics
    ///
    /// When there are none.
    #[must_use]
    pub fn of(mut values: Vec<f64>) -> Self {
        assert!(!values.is_empty(), "nothing was measured");
        values.sort_by(f64::total_cmp);
        let last = values.len() - 1;
        let at = |share: f64| values[(share * last as f64).round() as usize];
        Self {
            min: values[0],
            p10: at(0.1),
            median: at(0.5),
            p90: at(0.9),
        }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            min,
            p10,
            median,
            p90,
        } = self;
        write!(f, "{median:8.1} ({min:.1} {p10:.1}–{p90:.1})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_of_sorted_values() {
        let spread = Spread::of((0..=100).rev().map(f64::from).collect());
        assert_eq!(
            (spread.min, spread.p10, spread.median, spread.p90),
            (0.0, 10.0, 50.0, 90.0)
        );
    }

    #[test]
    fn one_value_is_all_of_them() {
        let spread = Spread::of(vec![7.0]);
        assert_eq!((spread.min, spread.median, spread.p90), (7.0, 7.0, 7.0));
    }
}
