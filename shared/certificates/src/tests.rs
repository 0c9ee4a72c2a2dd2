//! Tests of pasted text: each mistake has its own error, and text that is merely untidy is
//! accepted.

mod authority;
mod client;
mod key;
mod maker;
mod validity;

use secrecy::SecretString;

use crate::{CaChain, ClientCertificate, Expected, PemError, PrivateKey};

/// The field that a text is pasted into.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Place {
    Authority,
    Certificate,
    Key,
}

impl Place {
    const fn wanted(self) -> Expected {
        match self {
            Self::Authority => Expected::CaCertificates,
            Self::Certificate => Expected::Certificate,
            Self::Key => Expected::Key,
        }
    }

    fn outcome(self, text: &str) -> Result<(), PemError> {
        match self {
            Self::Authority => text.parse::<CaChain>().map(drop),
            Self::Certificate => text.parse::<ClientCertificate>().map(drop),
            Self::Key => PrivateKey::try_from(SecretString::from(text)).map(drop),
        }
    }
}

/// Asserts the result for each case: name of the case, field, text, and expected error.
fn judge(cases: &[(&str, Place, &str, Option<PemError>)]) {
    for (case, into, text, fault) in cases {
        let outcome = into.outcome(text);
        assert_eq!(outcome.err(), *fault, "{case}, as {into:?}");
        if let Some(fault) = fault {
            let message = fault.to_string();
            assert!(
                message.starts_with("must ")
                    || message.starts_with("is ")
                    || message.starts_with("has ")
                    || message.starts_with("holds ")
                    || message.starts_with("cannot "),
                "{message}"
            );
            // The message contains no line of the pasted text.
            for line in
                text.lines().map(str::trim).filter(|line| line.len() > 24 && !line.starts_with('-'))
            {
                assert!(!message.contains(line), "{case}: {message}");
            }
        }
    }
}

#[test]
fn texts_that_are_not_pem_have_different_faults() {
    use self::Place::{Authority, Certificate, Key};
    let made = maker::Made::new();
    let (root, leaf, key) = (made.root.as_str(), made.leaf.as_str(), made.key.as_str());
    let flat = |pem: &str| pem.lines().filter(|line| !line.starts_with('-')).collect::<String>();
    let escaped = leaf.replace('\n', "\\n");
    let one_line = leaf.replace('\n', " ");
    let glued = leaf.replace('\n', "");
    let no_end = leaf.replace("-----END CERTIFICATE-----", "");
    let no_begin = leaf.replace("-----BEGIN CERTIFICATE-----", "");
    let half = leaf.get(..leaf.len() / 2).unwrap();
    let half_armour = leaf.replace("-----END CERTIFICATE-----", "-----END CERT");
    let second_cut = format!("{root}{half}");
    let other_end = leaf.replace("END CERTIFICATE", "END PRIVATE KEY");
    let no_base64 = "-----BEGIN CERTIFICATE-----\n<html>\n-----END CERTIFICATE-----\n";
    let empty = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n";
    let no_der = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let bad_padding = "-----BEGIN CERTIFICATE-----\nAAAAA\n-----END CERTIFICATE-----\n";
    let shortened = maker::without_line(leaf, 3);
    let long = format!("{}{leaf}", "x".repeat(40_000));
    let cut = |position| Some(PemError::Truncated { position });
    for into in [Authority, Certificate, Key] {
        let wanted = into.wanted();
        judge(&[
            ("nothing", into, "", Some(PemError::Empty(wanted))),
            ("white space", into, " \r\n\t", Some(PemError::Empty(wanted))),
            ("a byte order mark alone", into, "\u{feff}", Some(PemError::Empty(wanted))),
            ("a sentence", into, "see attachment", Some(PemError::NotPem(wanted))),
            ("a path", into, "/etc/ssl/ca.pem", Some(PemError::NotPem(wanted))),
            ("DER read as text", into, "0\u{82}\u{3}é0\u{82}", Some(PemError::NotPem(wanted))),
            ("far too much", into, &long, Some(PemError::TooLong(wanted))),
            ("DER in Base64", into, &flat(leaf), Some(PemError::Binary(wanted))),
            ("a key's DER in Base64", into, &flat(key), Some(PemError::Binary(wanted))),
            ("line breaks as \\n", into, &escaped, Some(PemError::LineBreaks)),
            ("line breaks as spaces", into, &one_line, Some(PemError::LineBreaks)),
            ("no line breaks", into, &glued, Some(PemError::LineBreaks)),
            ("no end", into, &no_end, cut(1)),
            ("no begin", into, &no_begin, cut(1)),
            ("half of it", into, half, cut(1)),
            ("half of its last line", into, &half_armour, cut(1)),
            ("the second half missing", into, &second_cut, cut(2)),
            ("another end", into, &other_end, cut(1)),
        ]);
    }
    let at = |position| Some(PemError::NotX509 { position });
    for into in [Authority, Certificate] {
        judge(&[
            ("a page inside", into, no_base64, Some(PemError::NotBase64 { position: 1 })),
            ("nothing inside", into, empty, Some(PemError::NotBase64 { position: 1 })),
            (
                "Base64 that does not end",
                into,
                bad_padding,
                Some(PemError::NotBase64 { position: 1 }),
            ),
            ("no certificate inside", into, no_der, at(1)),
            ("a line lost", into, &shortened, at(1)),
        ]);
    }
}
