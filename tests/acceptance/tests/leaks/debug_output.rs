//! The `Debug` output of types that hold secrets, and a search for such types.

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

use crate::secret_types::{self as sources, Print};

const SECRET: &str = "9rZqVbT0cXnLw3KdPe5GsHa7UyMf1oJi8QtB2Exx";
const TOKEN: &str = "Wq2m8LkZ0vRtX5yBnC7dFgHj4sPaUe1i3oTq6wEr9zYx";

/// Public types that hold a secret and can be printed, each with a sample in [`samples`].
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
    printed: Vec<(&'static str, String)>,
    key: String,
    public: Vec<String>,
}

fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> T {
    text.parse().unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn samples() -> Samples {
    let chain = CertificateIssuer::new("Test CA");
    let issued = chain.issue(&CertificateSpec::client("somebody"));
    let secret = || SecretAccessKey::try_from(SecretString::from(SECRET)).expect("a secret key");
    let key = || PrivateKey::try_from(SecretString::from(issued.key.as_str())).expect("a key");
    let identity = || ClientTlsIdentity {
        certificate_authority: parse::<CaChain>(&chain.pem()),
        certificate: parse::<ClientCertificate>(&issued.certificate),
        key: key(),
    };
    let session = || TemporaryCredentials {
        id: "ASIAEXAMPLEEXAMPLE12".to_owned(),
        secret: SecretString::from(SECRET),
        token: Some(SecretString::from(TOKEN)),
        expires: None,
    };
    let portal = || AccessPortalCredential {
        agency: parse("agency"),
        account: parse("account"),
        role: parse("role"),
        prefix: RolePrefix::default(),
        permission_boundary: None,
        identity: identity(),
        session: Some(session()),
    };
    let keys = || AccessKey {
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
        credential: Credential::AccessPortal(Box::new(portal())),
        incoming_secret: None,
    };
    let printed = vec![
        ("certificates::PrivateKey", format!("{0:?} {0:#?}", key())),
        ("model::AccessPortalCredential", format!("{0:?} {0:#?}", portal())),
        ("model::ClientTlsIdentity", format!("{0:?} {0:#?}", identity())),
        ("model::Credential", format!("{0:?} {0:#?}", Credential::AccessKey(keys()))),
        ("model::Registration", format!("{registration:?} {registration:#?}")),
        ("model::SecretAccessKey", format!("{0:?} {0:#?}", secret())),
        ("model::TemporaryCredentials", format!("{0:?} {0:#?}", session())),
        ("model::AccessKey", format!("{0:?} {0:#?}", keys())),
    ];
    let public = vec![
        issued.certificate.clone(),
        chain.pem(),
        chain.issue(&CertificateSpec::client("other")).key,
    ];
    Samples { printed, key: issued.key, public }
}

/// Acceptance rows: F95.
#[test]
fn debug_output_of_secret_types_hides_the_secret() {
    let Samples { printed, key, public } = samples();
    let canaries = vec![
        Canary::new(SecretKind::AccessKey, "somebody", SECRET),
        Canary::new(SecretKind::Token, "somebody", TOKEN),
        Canary::new(SecretKind::PrivateKey, "somebody", &key),
    ];
    let searcher = LeakSearcher::new(canaries, &public);
    for (name, text) in &printed {
        assert!(text.len() > 10, "{name} prints as {text}");
        assert_eq!(searcher.find(text.as_bytes()), [], "{name}");
    }
    // The search finds the output of an unprotected type.
    for unprotected in
        [format!("{:?}", Some(SECRET)), format!("{:?}", TOKEN.as_bytes()), format!("{key:#?}")]
    {
        assert_ne!(searcher.find(unprotected.as_bytes()), [], "{unprotected}");
    }
    let names: BTreeSet<_> = printed.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, BTreeSet::from(PRINTABLE_TYPES));
}

#[test]
fn every_type_with_a_secret_is_listed() {
    let secret_types = sources::find();
    assert!(secret_types.len() > 20, "{secret_types:#?}");
    let mut printed = BTreeSet::new();
    for secret_type in &secret_types {
        let name = format!("{}::{}", secret_type.crate_name, secret_type.name);
        match secret_type.print {
            Print::Never => {}
            Print::Derived => {
                assert!(
                    !secret_type.wiped,
                    "{name} derives Debug, and prints the content of Zeroizing: implement it by hand"
                );
                // A type that only contains such a type prints as that type does.
                if secret_type.public && secret_type.direct {
                    printed.insert(name);
                }
            }
            Print::ByHand => drop(printed.insert(name)),
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
fn nested_secret_types_are_found() {
    let source = "
        #[derive(Debug)] pub struct Outer { inner: Vec<Inner> }
        #[derive(Clone)] enum Inner { No, Yes(Box<Innermost>) }
        struct Innermost { key: Option<SecretString> }
        #[derive(Clone, Debug)] struct Raw(Zeroizing<String>);
        impl fmt::Debug for Inner { }
        #[derive(Debug)] struct Plain { name: String }
    ";
    let found = sources::find_in(vec![("here".to_owned(), source.to_owned())]);
    let found: Vec<_> =
        found.iter().map(|it| (it.name.as_str(), it.print, it.wiped, it.public)).collect();
    let expected = [
        ("Inner", Print::ByHand, false, false),
        ("Innermost", Print::Never, false, false),
        ("Outer", Print::Derived, false, true),
        ("Raw", Print::Derived, true, false),
    ];
    assert_eq!(found, expected);
}
