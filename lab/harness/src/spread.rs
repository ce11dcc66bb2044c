//! Many measurements of one thing, in a few numbers.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Of a machine that is shared, the lower ones say what the thing costs, the upper ones what
/// the neighbours did.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Spread {
    /// The least.
    pub min: f64,
    /// A tenth are below.
    pub p10: f64,
    /// Half are below.
    pub median: f64,
    /// Nine tenths are below.
    pub p90: f64,
    /// Of all.
    pub mean: f64,
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
            mean: values.iter().sum::<f64>() / values.len() as f64,
        }
    }

    /// What is more than the other, number by number: the least of one is compared with the
    /// least of the other, when nothing came between.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self {
            min: self.min - other.min,
            p10: self.p10 - other.p10,
            median: self.median - other.median,
            p90: self.p90 - other.p90,
            mean: self.mean - other.mean,
        }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            p10, p90, median, ..
        } = self;
        write!(f, "{median:.1} ({p10:.1}–{p90:.1})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_of_sorted_values() {
        let spread = Spread::of((0..=100).rev().map(f64::from).collect());
        let of = |spread: Spread| {
            (
                spread.min,
                spread.p10,
                spread.median,
                spread.p90,
                spread.mean,
            )
        };
        assert_eq!(of(spread), (0.0, 10.0, 50.0, 90.0, 50.0));
        let five = Spread::of(vec![5.0]);
        assert_eq!(of(spread.minus(five)), (-5.0, 5.0, 45.0, 85.0, 45.0));
    }

    #[test]
    fn one_value_is_all_of_them() {
        let spread = Spread::of(vec![7.0]);
        assert_eq!((spread.min, spread.median, spread.p90), (7.0, 7.0, 7.0));
    }
}
