//! Tests of PEM texts as people paste them into requests.

mod ca_chain;
mod client_certificate;
mod fixtures;
mod private_key;
mod validity;

use secrecy::SecretString;

use crate::{CaChain, ClientCertificate, ExpectedContent, PemError, PrivateKey};

/// The field of a request that a text is pasted into.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum PemField {
    Ca,
    Client,
    Key,
}

impl PemField {
    const fn expected(self) -> ExpectedContent {
        match self {
            Self::Ca => ExpectedContent::CaCertificates,
            Self::Client => ExpectedContent::Certificate,
            Self::Key => ExpectedContent::Key,
        }
    }

    fn parse(self, text: &str) -> Result<(), PemError> {
        match self {
            Self::Ca => text.parse::<CaChain>().map(drop),
            Self::Client => text.parse::<ClientCertificate>().map(drop),
            Self::Key => PrivateKey::try_from(SecretString::from(text)).map(drop),
        }
    }
}

/// Parses the text of each case and asserts the error. A case has a name, a field, a text, and the
/// expected error, or `None` for a text that is accepted.
fn assert_results(cases: &[(&str, PemField, &str, Option<PemError>)]) {
    for (case, field, text, error) in cases {
        let outcome = field.parse(text);
        assert_eq!(outcome.err(), *error, "{case}, as {field:?}");
        if let Some(error) = error {
            let message = error.to_string();
            assert!(
                message.starts_with("must ")
                    || message.starts_with("is ")
                    || message.starts_with("has ")
                    || message.starts_with("contains ")
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
fn each_kind_of_invalid_text_is_rejected_with_its_own_error() {
    use self::PemField::{Ca, Client, Key};
    let certificates = fixtures::TestCertificates::new();
    let (root, leaf, key) =
        (certificates.root.as_str(), certificates.leaf.as_str(), certificates.key.as_str());
    let base64_only =
        |pem: &str| pem.lines().filter(|line| !line.starts_with('-')).collect::<String>();
    let escaped = leaf.replace('\n', "\\n");
    let one_line = leaf.replace('\n', " ");
    let joined = leaf.replace('\n', "");
    let no_end = leaf.replace("-----END CERTIFICATE-----", "");
    let no_begin = leaf.replace("-----BEGIN CERTIFICATE-----", "");
    let half = leaf.get(..leaf.len() / 2).unwrap();
    let truncated_end_line = leaf.replace("-----END CERTIFICATE-----", "-----END CERT");
    let second_truncated = format!("{root}{half}");
    let wrong_end_label = leaf.replace("END CERTIFICATE", "END PRIVATE KEY");
    let not_base64 = "-----BEGIN CERTIFICATE-----\n<html>\n-----END CERTIFICATE-----\n";
    let empty = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n";
    let not_der = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let bad_padding = "-----BEGIN CERTIFICATE-----\nAAAAA\n-----END CERTIFICATE-----\n";
    let missing_line = fixtures::without_line(leaf, 3);
    let long = format!("{}{leaf}", "x".repeat(40_000));
    let truncated = |position| Some(PemError::Truncated { position });
    for field in [Ca, Client, Key] {
        let wanted = field.expected();
        assert_results(&[
            ("nothing", field, "", Some(PemError::Empty(wanted))),
            ("white space", field, " \r\n\t", Some(PemError::Empty(wanted))),
            ("a byte order mark alone", field, "\u{feff}", Some(PemError::Empty(wanted))),
            ("a sentence", field, "see attachment", Some(PemError::NotPem(wanted))),
            ("a path", field, "/etc/ssl/ca.pem", Some(PemError::NotPem(wanted))),
            ("DER read as text", field, "0\u{82}\u{3}é0\u{82}", Some(PemError::NotPem(wanted))),
            ("far too much", field, &long, Some(PemError::TooLong(wanted))),
            ("DER in Base64", field, &base64_only(leaf), Some(PemError::Binary(wanted))),
            ("a key's DER in Base64", field, &base64_only(key), Some(PemError::Binary(wanted))),
            ("line breaks as \\n", field, &escaped, Some(PemError::LineBreaks)),
            ("line breaks as spaces", field, &one_line, Some(PemError::LineBreaks)),
            ("no line breaks", field, &joined, Some(PemError::LineBreaks)),
            ("no end", field, &no_end, truncated(1)),
            ("no begin", field, &no_begin, truncated(1)),
            ("half of it", field, half, truncated(1)),
            ("half of its last line", field, &truncated_end_line, truncated(1)),
            ("the second half missing", field, &second_truncated, truncated(2)),
            ("another end", field, &wrong_end_label, truncated(1)),
        ]);
    }
    let not_x509 = |position| Some(PemError::NotX509 { position });
    for field in [Ca, Client] {
        assert_results(&[
            ("a page inside", field, not_base64, Some(PemError::NotBase64 { position: 1 })),
            ("nothing inside", field, empty, Some(PemError::NotBase64 { position: 1 })),
            (
                "Base64 that does not end",
                field,
                bad_padding,
                Some(PemError::NotBase64 { position: 1 }),
            ),
            ("no certificate inside", field, not_der, not_x509(1)),
            ("a line lost", field, &missing_line, not_x509(1)),
        ]);
    }
}

#[test]
fn a_block_with_a_damaged_begin_or_end_line_is_rejected() {
    use self::PemField::Ca;
    let valid = fixtures::TestCertificates::new().root;
    let second = fixtures::TestCertificates::new().root;
    let begin = |line: &str| second.replace("-----BEGIN CERTIFICATE-----", line);
    let end = |line: &str| second.replace("-----END CERTIFICATE-----", line);
    let foreign_character_error =
        |code_point| move |position| PemError::ForeignCharacter { position, code_point };
    let boundary_error = |position| PemError::BoundaryLine { position };
    let check = |damaged: &str, error: &dyn Fn(usize) -> PemError| {
        assert_results(&[
            ("alone", Ca, damaged, Some(error(1))),
            ("behind another", Ca, &format!("{valid}{damaged}"), Some(error(2))),
            ("before another", Ca, &format!("{damaged}{valid}"), Some(error(1))),
        ]);
    };
    for line in [
        "----BEGIN CERTIFICATE-----",
        "-----BEGIN CERTIFICATE----",
        "------BEGIN CERTIFICATE-----",
        "-----begin certificate-----",
        "-----Begin Certificate-----",
        "-----BEGINCERTIFICATE-----",
        "-----BEGIN  CERTIFICATE-----",
        "----- BEGIN CERTIFICATE -----",
        "> -----BEGIN CERTIFICATE----",
    ] {
        check(&begin(line), &boundary_error);
    }
    for line in
        ["----END CERTIFICATE-----", "-----end certificate-----", "-----END CERTIFICATE----"]
    {
        check(&end(line), &boundary_error);
    }
    for (line, code_point) in [
        ("-----BEGIN\u{a0}CERTIFICATE-----", 0xA0),
        ("\u{2013}\u{2013}\u{2013}BEGIN CERTIFICATE-----", 0x2013),
        ("\u{2014}\u{2014}-BEGIN CERTIFICATE-\u{2014}\u{2014}", 0x2014),
        ("-----BEGIN CERT\u{200b}IFICATE-----", 0x200B),
        ("--\u{2060}---BEGIN CERTIFICATE-----", 0x2060),
        ("-----BEGIN\tCERTIFICATE-----", 0x9),
    ] {
        check(&begin(line), &foreign_character_error(code_point));
        check(&end(&line.replace("BEGIN", "END")), &foreign_character_error(code_point));
    }
    let utf_16: String = second.chars().flat_map(|letter| [letter, '\0']).collect();
    assert_results(&[
        ("UTF-16", Ca, &utf_16, Some(foreign_character_error(0)(1))),
        (
            "UTF-16 behind another",
            Ca,
            &format!("{valid}{utf_16}"),
            Some(foreign_character_error(0)(2)),
        ),
    ]);
    let content: String = second.lines().filter(|line| !line.starts_with('-')).collect();
    for lost in [begin(""), begin("certificate of the root:"), format!("{content}\n")] {
        let truncated = |position| Some(PemError::Truncated { position });
        assert_results(&[("behind another", Ca, &format!("{valid}{lost}"), truncated(2))]);
        assert_results(&[("before another", Ca, &format!("{lost}{valid}"), truncated(1))]);
    }
    // A line that describes a block is not a damaged BEGIN or END line.
    for words in [
        "# begin certificate of the root",
        "=====================",
        "--- Our roots ---",
        "SHA1 Fingerprint=DA:39:A3:EE",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "Certificate:\n    Data:\n        Version: 3 (0x2)",
    ] {
        assert_results(&[(
            "words",
            Ca,
            &format!("{words}\n{valid}{words}\n{second}{words}"),
            None,
        )]);
    }
}
