//! Lists the parts of calls in which a secret is allowed, and removes allowed secrets before the
//! search.

use local_cloud::canaries::SecretKind::{
    self, AccessKey, ClusterToken, PaletteKey, PrivateKey, Session, Token,
};
use local_cloud::{canaries::LeakSearcher, recorder::RecordedRequest};
use serde_json::Value;

/// The part of a call in which a secret is allowed.
enum CallPart {
    /// The header of this name.
    Header(&'static str),
    /// The member of the JSON body at this JSON Pointer.
    Body(&'static str),
}

use CallPart::{Body, Header};

/// The service that is called, the part of the call, and the kinds of secrets that are allowed
/// there. The service `aws` means every AWS service.
const ALLOWED_PLACES: &[(&str, CallPart, &[SecretKind])] = &[
    ("palette", Header("apikey"), &[PaletteKey]),
    ("aws", Header("x-amz-security-token"), &[Token]),
    ("kubernetes", Header("authorization"), &[ClusterToken, Token]),
    ("secretsmanager", Body("/SecretString"), &[AccessKey, PrivateKey]),
    ("palette", Body("/spec/secretKey"), &[AccessKey, Session]),
    ("palette", Body("/secretKey"), &[AccessKey, Session]),
    ("palette", Body("/account/secretKey"), &[AccessKey, Session]),
    ("palette", Body("/spec/secretToken"), &[Token]),
    ("palette", Body("/secretToken"), &[Token]),
    ("palette", Body("/account/secretToken"), &[Token]),
    ("palette", Body("/spec/secretSpec/tls/key"), &[PrivateKey]),
    ("palette", Body("/secretSpec/tls/key"), &[PrivateKey]),
    ("palette", Body("/account/secretSpec/tls/key"), &[PrivateKey]),
];

/// Removes the members of a body in which a secret is allowed. Returns their texts, each with the
/// allowed kinds.
pub(super) fn remove_allowed_members(
    body: &mut Value,
    service: &str,
) -> Vec<(String, &'static [SecretKind])> {
    let mut removed = Vec::new();
    for (_, place, kinds) in allowed_places(service) {
        if let Body(pointer) = place
            && let Some(value) = body.pointer_mut(pointer)
        {
            removed.push((value.take().as_str().unwrap_or_default().to_owned(), *kinds));
        }
    }
    removed
}

/// Returns the rows of [`ALLOWED_PLACES`] for a service.
fn allowed_places(
    service: &str,
) -> impl Iterator<Item = &'static (&'static str, CallPart, &'static [SecretKind])> {
    let is_aws = !["palette", "kubernetes", "cap", "scap"].contains(&service);
    ALLOWED_PLACES.iter().filter(move |(name, ..)| *name == service || (is_aws && *name == "aws"))
}

/// Removes the allowed secrets from a call. Returns the target with the headers, and the body.
///
/// # Errors
/// Describes the secret if a place holds a secret of a kind that is not allowed there.
pub(super) fn remove_allowed_secrets(
    mut sent: RecordedRequest,
    searcher: &LeakSearcher,
) -> Result<(String, String), String> {
    let mut removed = Vec::new();
    for (_, place, kinds) in allowed_places(&sent.service) {
        if let Header(name) = place {
            for (_, value) in sent.headers.iter_mut().filter(|(header, _)| header == name) {
                removed.push((std::mem::take(value), *kinds));
            }
        }
    }
    let mut body = String::from_utf8_lossy(&sent.body).into_owned();
    if let Ok(mut value) = serde_json::from_slice::<Value>(&sent.body) {
        removed.extend(remove_allowed_members(&mut value, &sent.service));
        body = value.to_string();
    }
    for (text, kinds) in removed {
        if let Some(wrong) =
            searcher.find(text.as_bytes()).iter().find(|secret| !kinds.contains(&secret.kind))
        {
            return Err(format!("{} {}: {wrong:?}", sent.service, sent.operation));
        }
    }
    Ok((format!("{}\n{:?}", sent.target, sent.headers), body))
}
