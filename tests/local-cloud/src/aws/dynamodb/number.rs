//! Numbers: up to 38 significant digits, from 1E-130 to 9.99…E+125.
use std::cmp::Ordering;

use super::validation;
use crate::aws::error::AwsError;

const MAX_DIGITS: usize = 38;
const MAX_EXPONENT: i64 = 125;
const MIN_EXPONENT: i64 = -130;

/// A decimal number without rounding. Zero has no digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decimal {
    negative: bool,
    /// Significant digits: neither the first nor the last is 0.
    digits: Vec<u8>,
    /// Power of ten of the first digit.
    exponent: i64,
}

impl Decimal {
    pub(super) fn parse(text: &str) -> Result<Decimal, AwsError> {
        if text.is_empty() {
            return Err(validation("The parameter cannot be converted to a numeric value"));
        }
        let number = Self::read(text).ok_or_else(|| {
            validation(format!("The parameter cannot be converted to a numeric value: {text}"))
        })?;
        if number.exponent > MAX_EXPONENT {
            return Err(validation(
                "Number overflow. Attempting to store a number with magnitude larger than supported range",
            ));
        }
        if number.exponent < MIN_EXPONENT {
            return Err(validation(
                "Number underflow. Attempting to store a number with magnitude smaller than supported range",
            ));
        }
        if number.digits.len() > MAX_DIGITS {
            return Err(validation(
                "Attempting to store more than 38 significant digits in a Number",
            ));
        }
        Ok(number)
    }

    fn read(text: &str) -> Option<Decimal> {
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (mantissa, power) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
        let power: i64 = power.parse().ok()?;
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        if all.is_empty() || !all.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let leading = all.iter().take_while(|digit| **digit == b'0').count();
        let mut digits: Vec<u8> = all.iter().skip(leading).map(|digit| digit - b'0').collect();
        while digits.last() == Some(&0) {
            digits.pop();
        }
        if digits.is_empty() {
            return Some(Decimal { negative: false, digits, exponent: 0 });
        }
        let places = i64::try_from(whole.len()).ok()? - i64::try_from(leading).ok()?;
        let exponent = (places - 1).checked_add(power)?;
        Some(Decimal { negative: text.starts_with('-'), digits, exponent })
    }

    /// Returns the number as DynamoDB returns it: without exponent and without unnecessary zeros.
    pub(super) fn to_text(&self) -> String {
        if self.digits.is_empty() {
            return "0".to_owned();
        }
        let mut text = if self.negative { "-".to_owned() } else { String::new() };
        let digits = self.digits.iter().map(|digit| char::from(b'0' + digit));
        let Ok(exponent) = usize::try_from(self.exponent) else {
            text.push_str("0.");
            text.extend((self.exponent + 1..0).map(|_| '0'));
            text.extend(digits);
            return text;
        };
        text.extend(digits.clone().chain(std::iter::repeat('0')).take(exponent + 1));
        if self.digits.len() > exponent + 1 {
            text.push('.');
            text.extend(digits.skip(exponent + 1));
        }
        text
    }

    /// Returns the size in bytes: two digits a byte.
    pub(super) fn size(&self) -> usize {
        self.digits.len().div_ceil(2) + 1 + usize::from(self.negative)
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = |number: &Self| match (number.digits.is_empty(), number.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        sign(self).cmp(&sign(other)).then_with(|| {
            let magnitude =
                self.exponent.cmp(&other.exponent).then_with(|| self.digits.cmp(&other.digits));
            if self.negative { magnitude.reverse() } else { magnitude }
        })
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_written_without_exponent_and_zeros() {
        for (text, written) in [
            ("0", "0"),
            ("-0.0", "0"),
            ("007", "7"),
            ("+1.50", "1.5"),
            ("-12.340", "-12.34"),
            ("1e3", "1000"),
            ("0.001", "0.001"),
            ("12E-4", "0.0012"),
            ("100", "100"),
            (".5", "0.5"),
            ("1795486506", "1795486506"),
        ] {
            assert_eq!(Decimal::parse(text).unwrap().to_text(), written, "{text}");
        }
    }

    #[test]
    fn a_number_has_limits() {
        let digits = |count: usize| "9".repeat(count);
        for (text, message) in [
            (String::new(), "The parameter cannot be converted to a numeric value"),
            ("1x".to_owned(), "The parameter cannot be converted to a numeric value: 1x"),
            (".".to_owned(), "The parameter cannot be converted to a numeric value: ."),
            (digits(39), "Attempting to store more than 38 significant digits in a Number"),
            (
                "1e126".to_owned(),
                "Number overflow. Attempting to store a number with magnitude larger than supported range",
            ),
            (
                "1e-131".to_owned(),
                "Number underflow. Attempting to store a number with magnitude smaller than supported range",
            ),
        ] {
            assert_eq!(Decimal::parse(&text).unwrap_err().message, message);
        }
        assert!(Decimal::parse(&(digits(38) + "00")).is_ok());
    }

    #[test]
    fn numbers_are_compared_by_value() {
        let number = |text| Decimal::parse(text).unwrap();
        let sorted = ["-100", "-20", "-1.5", "0", "0.01", "0.5", "9", "10", "99", "1e3"];
        for pair in sorted.windows(2) {
            assert!(number(pair[0]) < number(pair[1]), "{pair:?}");
        }
        assert_eq!(number("1.0"), number("1"));
    }
}
