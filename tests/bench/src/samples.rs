//! Repeated measurements of one value.

use std::time::Duration;

use serde_json::{Value, json};

#[derive(Clone, Debug, Default)]
pub(crate) struct Samples(Vec<f64>);

impl Samples {
    pub(crate) fn push(&mut self, figure: f64) {
        self.0.push(figure);
    }

    /// Adds a duration, in milliseconds.
    pub(crate) fn push_duration(&mut self, took: Duration) {
        self.push(took.as_secs_f64() * 1e3);
    }

    /// Returns the median.
    pub(crate) fn median(&self) -> f64 {
        self.sorted_sample(self.0.len() / 2)
    }

    /// Returns the minimum.
    pub(crate) fn minimum(&self) -> f64 {
        self.sorted_sample(0)
    }

    /// Returns the sample at this place of the sorted samples.
    fn sorted_sample(&self, place: usize) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(place).copied().unwrap_or_default()
    }

    pub(crate) fn to_json(&self) -> Value {
        let last = self.0.len().saturating_sub(1);
        json!({
            "median": round_to_thousandths(self.median()),
            "least": round_to_thousandths(self.minimum()),
            "most": round_to_thousandths(self.sorted_sample(last)),
            "runs": self.0.len(),
        })
    }
}

/// Rounds to three decimal places.
pub(crate) fn round_to_thousandths(figure: f64) -> f64 {
    (figure * 1e3).round() / 1e3
}

/// Converts a count to `f64`.
pub(crate) fn to_f64(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_summarized_as_median_minimum_and_maximum() {
        let mut samples = Samples::default();
        for figure in [5.0, 1.0, 100.0, 3.0, 4.0] {
            samples.push(figure);
        }
        assert_eq!(
            samples.to_json(),
            json!({"median": 4.0, "least": 1.0, "most": 100.0, "runs": 5})
        );
        assert_eq!(Samples::default().to_json()["runs"], 0);
    }
}
