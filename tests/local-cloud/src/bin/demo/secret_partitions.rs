//! The secret partitions: keys of a user with their CA certificate, and keys of the access portal, each broken in several ways.

use gangway_model::{AuthMethod, Partition};
use local_cloud::{
    certificates::{CertificateSpec, Chain},
    world::Customer,
};
use serde_json::{Value, json};

use crate::{
    show::{Portal, Surprise, blocked, expect},
    wizard,
};

/// What to break, and the request that is so.
type Broken = (&'static str, Value);

/// The whole way of one method in one partition.
pub(crate) async fn visit(
    portal: &Portal<'_>,
    method: AuthMethod,
    customer: &Customer,
) -> Result<(), Surprise> {
    let name = format!("demo-{}-{method}", portal.realm.partition);
    let (good, broken) = if method == AuthMethod::Scap {
        through_portal(portal, customer, &name)?
    } else {
        keys(portal, customer, &name)
    };
    let validate = format!("/v1/accounts/{method}/validate");
    for (step, members) in broken {
        let request = with(&good, &members);
        let report = portal.call(step, 200, "POST", &validate, Some(&request)).await?;
        blocked(&report)?;
    }
    let uid = wizard::mended(portal, method, &good, &name).await?;
    if method == AuthMethod::Scap {
        let renewed = with(&good, &renewed(portal, customer)?);
        let path = format!("/v1/accounts/{method}/{uid}");
        let put = portal.call("put a new certificate", 200, "PUT", &path, Some(&renewed)).await?;
        expect(put.get("outcome") == Some(&json!("updated")), || format!("not updated: {put}"))?;
    }
    wizard::removed(portal, &uid, &name).await
}

fn keys(portal: &Portal<'_>, customer: &Customer, name: &str) -> (Value, Vec<Broken>) {
    let keys = &customer.keys;
    let good = json!({
        "name": name, "accessKeyId": keys.id, "secretAccessKey": keys.secret,
        "certificateAuthority": portal.realm.certificate_authority,
    });
    let old = Chain::of(
        &CertificateSpec::authority("Old Root").days(-900, -2),
        &CertificateSpec::authority("Old").days(-900, -2),
    );
    let root = customer.account.root_keys();
    let of_root = json!({"accessKeyId": root.id, "secretAccessKey": root.secret});
    let broken = vec![
        ("validate, old authority", json!({"certificateAuthority": old.pem()})),
        ("validate, keys of root", of_root),
    ];
    (good, broken)
}

fn through_portal(
    portal: &Portal<'_>,
    customer: &Customer,
    name: &str,
) -> Result<(Value, Vec<Broken>), Surprise> {
    let (there, access) = (portal.realm.portal.as_ref(), customer.access.as_ref());
    let (Some(there), Some(access)) = (there, access) else { return Err(NO_PORTAL.to_owned()) };
    let account = match portal.realm.partition {
        Partition::AwsIso => "mission",
        Partition::Aws | Partition::AwsUsGov | Partition::AwsIsoB => "accountName",
    };
    let good = json!({
        "name": name, "agency": access.agency, account: access.account_name, "role": access.role_name,
        "certificateAuthority": there.ca_pem(), "userCertificate": access.identity.certificate,
        "userKey": access.identity.key,
    });
    let entity = CertificateSpec::client(&access.entity);
    let (swapped, old) = (there.issue(&entity), there.issue(&entity.days(-400, -3)));
    let stranger = there.issue(&CertificateSpec::client("somebody.else.npe"));
    let shown = |one: &local_cloud::certificates::Issued| json!({"userCertificate": one.certificate, "userKey": one.key});
    let broken = vec![
        ("validate, keys swapped", json!({"userKey": swapped.key})),
        ("validate, old certificate", shown(&old)),
        (
            "validate, wrong authority",
            json!({"certificateAuthority": Chain::new("Another Authority").pem()}),
        ),
        ("validate, somebody else's", shown(&stranger)),
    ];
    Ok((good, broken))
}

const NO_PORTAL: &str = "there is no access portal here";

/// A certificate that was issued just now.
fn renewed(portal: &Portal<'_>, customer: &Customer) -> Result<Value, Surprise> {
    let (there, access) = (portal.realm.portal.as_ref(), customer.access.as_ref());
    let (Some(there), Some(access)) = (there, access) else { return Err(NO_PORTAL.to_owned()) };
    let fresh = there.issue(&CertificateSpec::client(&access.entity));
    Ok(json!({"userCertificate": fresh.certificate, "userKey": fresh.key}))
}

fn with(request: &Value, members: &Value) -> Value {
    let mut changed = request.clone();
    if let (Some(all), Some(more)) = (changed.as_object_mut(), members.as_object()) {
        all.extend(more.clone());
    }
    changed
}
