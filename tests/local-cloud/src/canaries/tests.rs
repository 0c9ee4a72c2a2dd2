//! Tests of the search for leaked secrets.

use super::*;
use crate::certificates::{CertificateIssuer, CertificateSpec};

const SECRET: &str = "9rZq/VbT0cXn+Lw3KdPe5GsHa7UyMf1oJi8QtB2E";

/// Returns a searcher for `SECRET` only.
fn create_searcher() -> LeakSearcher {
    LeakSearcher::new(vec![Canary::new(SecretKind::AccessKey, "somebody", SECRET)], &[])
}

#[test]
fn fragment_of_12_characters_is_found_in_every_encoding() {
    let searcher = create_searcher();
    for Encoding { name, text, min_length } in encodings(SECRET) {
        assert!(text.is_ascii(), "{name}");
        for start in 0..=text.len() - min_length {
            let json_text =
                format!("{{\"member\":\"{}\"}}", text.get(start..start + min_length).unwrap());
            assert!(
                !searcher.find(json_text.as_bytes()).is_empty(),
                "{name} from {start}: {json_text}"
            );
        }
        let short = format!(" {} ", text.get(..7).unwrap());
        assert_eq!(searcher.find(short.as_bytes()), [], "{name}");
    }
}

#[test]
fn secret_in_base64_is_found_at_any_offset() {
    use base64::{Engine as _, prelude::*};
    let searcher = create_searcher();
    for offset in 0..9 {
        let whole = format!("{}{SECRET}, and more", "x".repeat(offset));
        for text in [BASE64_STANDARD.encode(&whole), BASE64_URL_SAFE_NO_PAD.encode(&whole)] {
            assert!(!searcher.find(text.as_bytes()).is_empty(), "{offset}");
        }
    }
}

#[test]
fn line_of_a_private_key_is_found_and_a_certificate_is_not() {
    let chain = CertificateIssuer::new("Test CA");
    let issued = chain.issue(&CertificateSpec::client("somebody"));
    let other = chain.issue(&CertificateSpec::client("other"));
    let canary = Canary::new(SecretKind::PrivateKey, "somebody", &issued.key);
    let public = [issued.certificate.clone(), other.certificate, other.key, chain.pem()];
    let searcher = LeakSearcher::new(vec![canary], &public);
    assert_eq!(searcher.find(issued.certificate.as_bytes()), []);
    assert_eq!(searcher.find(chain.pem().as_bytes()), []);
    let leaks = searcher.find(issued.key.as_bytes());
    assert!(!leaks.is_empty());
    let found_lines =
        issued.key.lines().filter(|line| !searcher.find(line.as_bytes()).is_empty()).count();
    assert!(found_lines >= 1, "a line with a part of the private key is found");
}

#[test]
fn text_without_secret_has_no_leaks() {
    let searcher = create_searcher();
    let text = include_str!("../../../../README.md");
    assert_eq!(searcher.find(text.as_bytes()), []);
    let debug_output = format!("{:?}", Canary::new(SecretKind::AccessKey, "somebody", SECRET));
    assert_eq!(searcher.find(debug_output.as_bytes()), []);
}
