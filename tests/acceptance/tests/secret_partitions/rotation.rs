//! F86: Palette fetches new keys before the old ones end, for as long as the certificate is good; then comes a new one.

use acceptance::{
    Stage,
    enclave::{access, portal},
    with,
};
use local_cloud::{certificates::Wish, palette::Token};
use serde_json::{Value, json};

use crate::way::{Way, play};

/// What came of Palette's last try.
fn refreshed(stage: &Stage) -> Option<Token> {
    let records = stage.cloud().palette().records();
    records.account_named("prod").expect("an account").refreshed.clone().expect("a try")
}

#[tokio::test]
async fn f86_a_new_certificate_is_put_before_the_old_one_ends_and_palette_goes_on() {
    play(&[Way::Portal], |stage: Stage, way: Way| async move {
        let (customer, portal) = (stage.customer(), portal(stage.realm()));
        let entity = &access(customer).entity;
        let short = portal.issue(&Wish::client(entity).days(-300, 12));
        let shown = |issued: &local_cloud::certificates::Issued| {
            json!({"userCertificate": issued.certificate, "userKey": issued.key})
        };
        let first = with(way.request(&stage, customer, "prod"), &shown(&short));
        let receipt = way.registered(&stage, &first).await;
        receipt.assert_check("certificates.client-lasts", "failed", "expires on", "PUT the account");
        let (uid, palette) = (receipt.uid().to_owned(), stage.cloud().palette());
        let before = refreshed(&stage).expect("keys");

        let fresh = portal.issue(&Wish::client(entity));
        let renewed = with(first.clone(), &shown(&fresh));
        stage.realm().functions.kill();
        let path = format!("/v1/accounts/scap/{uid}");
        let put = stage.put(&path, &renewed).await;
        put.assert_status(200);
        assert_eq!((put.outcome(), put.uid()), ("updated", &*uid), "{:#}", put.body);
        put.assert_check("certificates.client-lasts", "passed", "", "");
        let again = stage.put(&path, &renewed).await;
        assert_eq!((again.status, again.outcome()), (200, "unchanged"), "{:#}", again.body);

        // One account, one secret, and the old value only as the previous one.
        assert_eq!((stage.registered().len(), stage.kept().len()), (1, 1));
        let secret = stage.realm().deployment.secret(&stage.kept()[0]).expect("a secret");
        let current = secret.current.expect("a value");
        let kept: Value = serde_json::from_str(&current).expect("JSON");
        assert_eq!(kept["userKey"], *fresh.key);
        // The version in use may keep the label with which it waited.
        assert!(secret.pending.is_none_or(|pending| pending == current));
        assert_eq!(secret.tags["gangway:palette-uid"], uid);
        assert_eq!(stage.in_palette("prod")["spec"]["secretSpec"]["tls"]["key"], *fresh.key);

        // The old certificate is withdrawn, and Palette's next try is with the new one.
        portal.revoke(&short);
        assert!(palette.refresh(&uid).await);
        let after = refreshed(&stage).expect("keys");
        assert!(after.generated >= before.generated);
        portal.revoke(&fresh);
        assert!(!palette.refresh(&uid).await && refreshed(&stage).is_none());
        let report = way.blocked_put(&stage, &path, &renewed).await;
        report.assert_check("portal.keys", "failed", "page (HTTP 200)", "identity team");
    })
    .await;
}

#[tokio::test]
async fn a_portal_in_the_place_of_keys_is_noted_on_their_secret() {
    play(&[Way::Portal], |stage: Stage, way: Way| async move {
        let customer = stage.customer();
        let keys = Way::Keys.request(&stage, customer, "prod");
        let receipt = Way::Keys.registered(&stage, &keys).await;
        let noted = || {
            let kept = stage.kept();
            let [name] = kept.as_slice() else { panic!("one secret: {kept:?}") };
            let secret = stage.realm().deployment.secret(name).expect("a secret");
            secret.tags["gangway:method"].clone()
        };
        assert_eq!(noted(), "static-credentials");
        stage.realm().functions.kill();
        let path = format!("/v1/accounts/scap/{}", receipt.uid());
        let put = stage.put(&path, &way.request(&stage, customer, "prod")).await;
        put.assert_status(200);
        assert_eq!(noted(), "scap");
    })
    .await;
}

#[tokio::test]
async fn f86_what_the_portal_says_of_the_end_is_in_the_report_and_in_palettes_status() {
    play(&[Way::Portal], |stage: Stage, way: Way| async move {
        portal(stage.realm()).behave(|behaviour| behaviour.lifetime = 900);
        stage.cloud().clock().stop();
        let request = way.request(&stage, stage.customer(), "prod");
        let receipt = way.registered(&stage, &request).await;
        let seen = receipt.check("portal.key-lifetime");
        let told = seen["observed"].as_str().expect("text");
        let known = ["13", "14", "15"].map(|left| format!("they end in {left} minutes"));
        assert!(known.iter().any(|known| known == told), "{told}");
        let token = refreshed(&stage).expect("keys");
        assert_eq!(token.expires, local_cloud::clock::iso8601(token.generated + 900));
        portal(stage.realm()).behave(|behaviour| behaviour.lifetime = 0);
        let report = way.validate(&stage, &with(request, &json!({"name": "other"}))).await;
        report.assert_check("portal.key-lifetime", "failed", "had ended", "NTP");
        report.assert_check("aws.identity-valid", "failed", "", "");
    })
    .await;
}

impl Way {
    /// A PUT that is refused with a report, and changes nothing.
    async fn blocked_put(self, stage: &Stage, path: &str, request: &Value) -> acceptance::Answer {
        let before = stage.in_palette("prod");
        stage.realm().functions.kill();
        let refused = stage.put(path, request).await;
        refused.assert_status(422);
        assert_eq!(stage.in_palette("prod"), before);
        refused
    }
}
