//! Tests that the `Debug` output of types that hold secrets does not contain the secret.

use std::collections::BTreeSet;

use gangway_certificates::{CaChain, ClientCertificate, PrivateKey};
use gangway_model::{
    AccessKey, AccessPortalCredential, ClientTlsIdentity, Credential, Partition, PermissionProfile,
    Registration, RolePrefix, Scope, SecretAccessKey, TemporaryCredentials,
};
use local_cloud::{
    canaries::{Canary, LeakSearcher, SecretKind},
    certificates::{CertificateIssuer, CertificateSpec},
};
use secrecy::SecretString;

use crate::secret_types::{DebugImpl, find_secret_types, find_secret_types_in};

const SECRET: &str = "9rZqVbT0cXnLw3KdPe5GsHa7UyMf1oJi8QtB2Exx";
const TOKEN: &str = "Wq2m8LkZ0vRtX5yBnC7dFgHj4sPaUe1i3oTq6wEr9zYx";

/// The public types that hold a secret and implement `Debug`. [`create_samples`] prints a value of
/// each.
const PRINTABLE_TYPES: [&str; 8] = [
    "certificates::PrivateKey",
    "model::AccessPortalCredential",
    "model::ClientTlsIdentity",
    "model::Credential",
    "model::Registration",
    "model::SecretAccessKey",
    "model::TemporaryCredentials",
    "model::AccessKey",
];

struct Samples {
    /// The name of a type, and the `Debug` output of a value of it.
    printed: Vec<(&'static str, String)>,
    /// The private key of the client certificate in the values, in PEM.
    private_key: String,
    /// Public texts that have parts in common with the private key.
    public_texts: Vec<String>,
}

fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> T {
    text.parse().unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Creates a value of each of [`PRINTABLE_TYPES`] and prints it.
fn create_samples() -> Samples {
    let chain = CertificateIssuer::new("Test CA");
    let issued = chain.issue(&CertificateSpec::client("somebody"));
    let secret = || SecretAccessKey::try_from(SecretString::from(SECRET)).expect("a secret key");
    let key = || PrivateKey::try_from(SecretString::from(issued.key.as_str())).expect("a key");
    let identity = || ClientTlsIdentity {
        certificate_authority: parse::<CaChain>(&chain.pem()),
        certificate: parse::<ClientCertificate>(&issued.certificate),
        key: key(),
    };
    let temporary_credentials = || TemporaryCredentials {
        id: "ASIAEXAMPLEEXAMPLE12".to_owned(),
        secret: SecretString::from(SECRET),
        token: Some(SecretString::from(TOKEN)),
        expires: None,
    };
    let portal_credential = || AccessPortalCredential {
        agency: parse("agency"),
        account: parse("account"),
        role: parse("role"),
        prefix: RolePrefix::default(),
        permission_boundary: None,
        identity: identity(),
        session: Some(temporary_credentials()),
    };
    let access_key = || AccessKey {
        id: parse("AKIAEXAMPLEEXAMPLE12"),
        secret: secret(),
        certificate_authority: Some(parse(&chain.pem())),
    };
    let registration = Registration {
        name: parse("prod"),
        description: None,
        partition: Partition::AwsIsoB,
        account: parse("123456789012"),
        scope: Scope::Tenant,
        policies: Vec::new(),
        gateway: None,
        profile: PermissionProfile::Core,
        region: None,
        waived_checks: Vec::new(),
        credential: Credential::AccessPortal(Box::new(portal_credential())),
        incoming_secret: None,
    };
    let printed = vec![
        ("certificates::PrivateKey", format!("{0:?} {0:#?}", key())),
        ("model::AccessPortalCredential", format!("{0:?} {0:#?}", portal_credential())),
        ("model::ClientTlsIdentity", format!("{0:?} {0:#?}", identity())),
        ("model::Credential", format!("{0:?} {0:#?}", Credential::AccessKey(access_key()))),
        ("model::Registration", format!("{registration:?} {registration:#?}")),
        ("model::SecretAccessKey", format!("{0:?} {0:#?}", secret())),
        ("model::TemporaryCredentials", format!("{0:?} {0:#?}", temporary_credentials())),
        ("model::AccessKey", format!("{0:?} {0:#?}", access_key())),
    ];
    let public_texts = vec![
        issued.certificate.clone(),
        chain.pem(),
        chain.issue(&CertificateSpec::client("other")).key,
    ];
    Samples { printed, private_key: issued.key, public_texts }
}

/// Acceptance rows: F95.
#[test]
fn debug_output_of_secret_types_hides_the_secret() {
    let Samples { printed, private_key, public_texts } = create_samples();
    let canaries = vec![
        Canary::new(SecretKind::AccessKey, "somebody", SECRET),
        Canary::new(SecretKind::Token, "somebody", TOKEN),
        Canary::new(SecretKind::PrivateKey, "somebody", &private_key),
    ];
    let searcher = LeakSearcher::new(canaries, &public_texts);
    for (name, text) in &printed {
        assert!(text.len() > 10, "{name} prints as {text}");
        assert_eq!(searcher.find(text.as_bytes()), [], "{name}");
    }
    // The search finds the secret in the `Debug` output of types that do not hide their content.
    for unprotected in [
        format!("{:?}", Some(SECRET)),
        format!("{:?}", TOKEN.as_bytes()),
        format!("{private_key:#?}"),
    ] {
        assert_ne!(searcher.find(unprotected.as_bytes()), [], "{unprotected}");
    }
    let names: BTreeSet<_> = printed.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, BTreeSet::from(PRINTABLE_TYPES));
}

#[test]
fn every_printable_type_that_holds_a_secret_has_a_sample() {
    let secret_types = find_secret_types();
    assert!(secret_types.len() > 20, "{secret_types:#?}");
    let mut printed = BTreeSet::new();
    for secret_type in &secret_types {
        let name = format!("{}::{}", secret_type.crate_name, secret_type.name);
        match secret_type.debug_impl {
            DebugImpl::None => {}
            DebugImpl::Derived => {
                assert!(
                    !secret_type.has_zeroizing_field,
                    "{name} derives Debug, and prints the content of Zeroizing: implement it by hand"
                );
                // A derived `Debug` prints a contained type as that type's own `Debug` does. So
                // only a type that holds a secret directly needs a sample.
                if secret_type.is_public && secret_type.holds_secret_directly {
                    printed.insert(name);
                }
            }
            DebugImpl::Manual => drop(printed.insert(name)),
        }
    }
    let known: BTreeSet<_> = PRINTABLE_TYPES.iter().map(|name| (*name).to_owned()).collect();
    let missing: Vec<_> = printed.difference(&known).collect();
    assert!(missing.is_empty(), "each needs a line in PRINTABLE_TYPES and a sample: {missing:?}");
    let existing: BTreeSet<_> = secret_types
        .iter()
        .map(|secret_type| format!("{}::{}", secret_type.crate_name, secret_type.name))
        .collect();
    let stale: Vec<_> = known.difference(&existing).collect();
    assert!(stale.is_empty(), "types in PRINTABLE_TYPES that hold no secret: {stale:?}");
}

#[test]
fn types_that_hold_a_secret_through_another_type_are_found() {
    let source = "
        #[derive(Debug)] pub struct Outer { inner: Vec<Inner> }
        #[derive(Clone)] enum Inner { No, Yes(Box<Innermost>) }
        struct Innermost { key: Option<SecretString> }
        #[derive(Clone, Debug)] struct Raw(Zeroizing<String>);
        impl fmt::Debug for Inner { }
        #[derive(Debug)] struct Plain { name: String }
    ";
    let found = find_secret_types_in(vec![("here".to_owned(), source.to_owned())]);
    let found: Vec<_> = found
        .iter()
        .map(|it| (it.name.as_str(), it.debug_impl, it.has_zeroizing_field, it.is_public))
        .collect();
    let expected = [
        ("Inner", DebugImpl::Manual, false, false),
        ("Innermost", DebugImpl::None, false, false),
        ("Outer", DebugImpl::Derived, false, true),
        ("Raw", DebugImpl::Derived, true, false),
    ];
    assert_eq!(found, expected);
}
