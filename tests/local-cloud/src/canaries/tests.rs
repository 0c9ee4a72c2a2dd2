use super::*;
use crate::certificates::{CertificateIssuer, CertificateSpec};

const SECRET: &str = "9rZq/VbT0cXn+Lw3KdPe5GsHa7UyMf1oJi8QtB2E";

fn searcher() -> LeakSearcher {
    LeakSearcher::new(vec![Canary::new(SecretKind::AccessKey, "somebody", SECRET)], &[])
}

#[test]
fn every_encoding_is_found_by_any_fragment() {
    let searcher = searcher();
    for Encoding { name, text, min_length } in encodings(SECRET) {
        assert!(text.is_ascii(), "{name}");
        for start in 0..=text.len() - min_length {
            let around =
                format!("{{\"member\":\"{}\"}}", text.get(start..start + min_length).unwrap());
            assert!(!searcher.find(around.as_bytes()).is_empty(), "{name} from {start}: {around}");
        }
        let short = format!(" {} ", text.get(..7).unwrap());
        assert_eq!(searcher.find(short.as_bytes()), [], "{name}");
    }
}

#[test]
fn base64_is_found_at_any_offset() {
    use base64::{Engine as _, prelude::*};
    let searcher = searcher();
    for before in 0..9 {
        let whole = format!("{}{SECRET}, and more", "x".repeat(before));
        for text in [BASE64_STANDARD.encode(&whole), BASE64_URL_SAFE_NO_PAD.encode(&whole)] {
            assert!(!searcher.find(text.as_bytes()).is_empty(), "{before}");
        }
    }
}

#[test]
fn private_key_lines_are_found_and_certificates_are_not() {
    let chain = CertificateIssuer::new("Authority");
    let issued = chain.issue(&CertificateSpec::client("somebody"));
    let other = chain.issue(&CertificateSpec::client("other"));
    let canary = Canary::new(SecretKind::PrivateKey, "somebody", &issued.key);
    let public = [issued.certificate.clone(), other.certificate, other.key, chain.pem()];
    let searcher = LeakSearcher::new(vec![canary], &public);
    assert_eq!(searcher.find(issued.certificate.as_bytes()), []);
    assert_eq!(searcher.find(chain.pem().as_bytes()), []);
    let whole = searcher.find(issued.key.as_bytes());
    assert!(!whole.is_empty());
    let lines =
        issued.key.lines().filter(|line| !searcher.find(line.as_bytes()).is_empty()).count();
    assert!(lines >= 1, "the lines with the private half");
}

#[test]
fn other_text_is_not_found() {
    let searcher = searcher();
    let text = include_str!("../../../../README.md");
    assert_eq!(searcher.find(text.as_bytes()), []);
    let debug = format!("{:?}", Canary::new(SecretKind::AccessKey, "somebody", SECRET));
    assert_eq!(searcher.find(debug.as_bytes()), []);
}
