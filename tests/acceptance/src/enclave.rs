//! Requests of the secret partitions, as a portal would send them.

use gangway_model::Partition;
use local_cloud::{
    portal::Portal,
    world::{Access, Customer, Realm},
};
use serde_json::{Value, json};

/// Secret, then Top Secret.
pub const ENCLAVES: [Partition; 2] = [Partition::AwsIsoB, Partition::AwsIso];

/// What the portal calls an account in a request: by name, or by mission.
pub fn account_member(partition: Partition) -> &'static str {
    if partition == Partition::AwsIso { "mission" } else { "accountName" }
}

/// The partition's access portal.
pub fn portal(realm: &Realm) -> &Portal {
    realm.portal.as_ref().expect("a portal")
}

/// A customer's way through it.
pub fn access(customer: &Customer) -> &Access {
    customer.access.as_ref().expect("a way through the portal")
}

/// The members of keys of a customer's user.
pub fn keys(realm: &Realm, customer: &Customer) -> Value {
    json!({
        "accessKeyId": customer.keys.id,
        "secretAccessKey": customer.keys.secret,
        "certificateAuthority": realm.certificate_authority,
    })
}

/// What a customer's non-person entity shows, and whom it trusts.
pub fn identity(realm: &Realm, customer: &Customer) -> Value {
    let identity = &access(customer).identity;
    json!({
        "certificateAuthority": portal(realm).ca_pem(),
        "userCertificate": identity.certificate,
        "userKey": identity.key,
    })
}

/// The members of a customer's way through the portal.
pub fn through_portal(realm: &Realm, customer: &Customer) -> Value {
    let access = access(customer);
    let wanted = json!({
        "agency": access.agency,
        account_member(realm.partition): access.account_name,
        "role": access.role_name,
    });
    crate::with(wanted, &identity(realm, customer))
}
