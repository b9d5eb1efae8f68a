//! What many measurements of one thing come to.

/// The median, and where the middle 80 % lie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spread {
    pub low: f64,
    pub median: f64,
    pub high: f64,
}

impl Spread {
    pub(super) fn of(mut measured: Vec<f64>) -> Self {
        measured.sort_unstable_by(f64::total_cmp);
        let at = |tenths: usize| measured.get(measured.len() * tenths / 10).copied().unwrap_or_default();
        Self { low: at(1), median: at(5), high: at(9) }
    }

    /// How many times the other's median this one's is.
    pub(super) fn ratio(self, other: Self) -> f64 {
        self.median / other.median.max(f64::MIN_POSITIVE)
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.2} ({:.2} to {:.2})", self.median, self.low, self.high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle_and_ratios_are_of_medians() {
        let spread = Spread::of(vec![9.0, 1.0, 5.0, 3.0, 7.0, 100.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        assert_eq!(spread, Spread { low: 2.0, median: 6.0, high: 10.0 });
        assert!((spread.ratio(Spread::of(vec![3.0])) - 2.0).abs() < 1e-9);
        assert_eq!(spread.to_string(), "6.00 (2.00 to 10.00)");
    }
}
