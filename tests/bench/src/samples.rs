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
    pub(crate) fn time(&mut self, took: Duration) {
        self.push(took.as_secs_f64() * 1e3);
    }

    /// The median, which outliers do not affect.
    pub(crate) fn median(&self) -> f64 {
        self.at(self.0.len() / 2)
    }

    /// The minimum: the value on an otherwise idle machine.
    pub(crate) fn least(&self) -> f64 {
        self.at(0)
    }

    fn at(&self, place: usize) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(place).copied().unwrap_or_default()
    }

    pub(crate) fn json(&self) -> Value {
        let last = self.0.len().saturating_sub(1);
        json!({
            "median": rounded(self.median()),
            "least": rounded(self.least()),
            "most": rounded(self.at(last)),
            "runs": self.0.len(),
        })
    }
}

/// Rounds to three decimal places.
pub(crate) fn rounded(figure: f64) -> f64 {
    (figure * 1e3).round() / 1e3
}

/// Converts a count to `f64`.
pub(crate) fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_was_measured() {
        let mut samples = Samples::default();
        for figure in [5.0, 1.0, 100.0, 3.0, 4.0] {
            samples.push(figure);
        }
        assert_eq!(samples.json(), json!({"median": 4.0, "least": 1.0, "most": 100.0, "runs": 5}));
        assert_eq!(Samples::default().json()["runs"], 0);
    }
}
