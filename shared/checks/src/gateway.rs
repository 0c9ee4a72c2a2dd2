//! Checks of the private cloud gateway that a request names.

use gangway_model::{Check, Finding, Uid, UidOrName, UpstreamError};
use gangway_palette::{PrivateCloudGateway, ScopedClient};

use crate::catalogue::palette::{GATEWAY_PROXY, GATEWAY_REGISTERED, GATEWAY_RUNNING};

/// The requested gateway, if any, and the findings about it.
#[derive(Clone, Debug)]
pub struct GatewayCheck {
    /// `None` if no gateway is requested, or if it does not exist: then a finding blocks.
    pub uid: Option<Uid>,
    /// Findings of [`GATEWAY_REGISTERED`], [`GATEWAY_RUNNING`] and [`GATEWAY_PROXY`].
    pub findings: Vec<Finding>,
}

/// Checks the requested gateway. Makes no call if none is requested.
///
/// If Palette denies access to the API key, the result is a failed finding, not an error.
pub async fn check(
    palette: &ScopedClient<'_>,
    requested: Option<&UidOrName>,
) -> Result<GatewayCheck, UpstreamError> {
    let Some(requested) = requested else { return Ok(none_requested()) };
    match palette.gateways().await {
        Ok(gateways) => Ok(check_requested(requested, &gateways)),
        Err(UpstreamError::AccessDenied { reason, .. }) => Ok(inaccessible(&reason)),
        Err(error) => Err(error),
    }
}

fn matches(gateway: &PrivateCloudGateway, requested: &UidOrName) -> bool {
    match requested {
        UidOrName::Uid(uid) => gateway.uid == *uid,
        UidOrName::Name(name) => gateway.name == *name,
    }
}

fn none_requested() -> GatewayCheck {
    let finding =
        |check: &'static Check| check.not_applicable("no private cloud gateway was requested");
    let findings = [&GATEWAY_REGISTERED, &GATEWAY_RUNNING, &GATEWAY_PROXY].map(finding).into();
    GatewayCheck { uid: None, findings }
}

/// Returns a blocking finding: an account must not be registered without its gateway.
fn inaccessible(reason: &str) -> GatewayCheck {
    let registered = GATEWAY_REGISTERED.failed(
        format!("Palette does not list its gateways for Gangway's API key: {reason}"),
        "fix palette.session: Gangway's API key must be that of a tenant administrator",
    );
    GatewayCheck { uid: None, findings: unknown(registered) }
}

fn unknown(registered: Finding) -> Vec<Finding> {
    let unknown = |check: &'static Check| check.not_applicable("the gateway is not known");
    vec![registered, unknown(&GATEWAY_RUNNING), unknown(&GATEWAY_PROXY)]
}

fn check_requested(requested: &UidOrName, gateways: &[PrivateCloudGateway]) -> GatewayCheck {
    let matching: Vec<_> = gateways.iter().filter(|gateway| matches(gateway, requested)).collect();
    let [gateway] = matching.as_slice() else {
        let listed: Vec<_> =
            gateways.iter().map(|gateway| format!("{} ({})", gateway.name, gateway.uid)).collect();
        let listed = if listed.is_empty() { "none".to_owned() } else { listed.join(", ") };
        let registered = if matching.is_empty() {
            GATEWAY_REGISTERED.failed(
                format!("Palette has no such gateway; it has: {listed}"),
                "choose one of these, or register one at Tenant Settings, Private Cloud Gateways",
            )
        } else {
            GATEWAY_REGISTERED.failed(
                format!("several gateways have this name; Palette has: {listed}"),
                "name the gateway by its uid",
            )
        };
        return GatewayCheck { uid: None, findings: unknown(registered) };
    };
    let PrivateCloudGateway { uid, name, state, .. } = gateway;
    let running = if gateway.is_running() {
        GATEWAY_RUNNING.passed(if state.is_empty() { name } else { state })
    } else {
        let state = if state.is_empty() { "not reported" } else { state };
        GATEWAY_RUNNING.failed(
            format!("its state is: {state}"),
            "start the gateway: Tenant Settings, Private Cloud Gateways shows its problems",
        )
    };
    let proxy = GATEWAY_PROXY.unverified(
        "Gangway cannot see whether the gateway uses a proxy with a CA certificate of its own; clusters receive the \
         address of the proxy, but not its CA certificate",
        "if it does, add the CA certificate at Tenant Settings, Certificates or to the cluster's OS; for EKS, to the workload",
    );
    let registered = GATEWAY_REGISTERED.passed(format!("{name} ({uid})"));
    GatewayCheck { uid: Some(uid.clone()), findings: vec![registered, running, proxy] }
}

#[cfg(test)]
mod tests {
    use gangway_model::Outcome;

    use super::*;

    fn gateways() -> Vec<PrivateCloudGateway> {
        let system = "System Private Gateway";
        [
            ("a1", "east", "Running"),
            ("a2", "west", "Provisioning"),
            ("a3", system, ""),
            ("a4", "shared", "Running"),
            ("a5", "shared", "Running"),
        ]
        .map(|(uid, name, state)| PrivateCloudGateway {
            uid: uid.parse().unwrap(),
            name: name.to_owned(),
            state: state.to_owned(),
            healthy: None,
        })
        .into()
    }

    #[test]
    fn a_gateway_must_be_registered_and_running() {
        let named = |name: &str| UidOrName::Name(name.to_owned());
        let by_uid = |uid: &str| UidOrName::Uid(uid.parse().unwrap());
        for (requested, uid, blocked) in [
            (named("east"), Some("a1"), false),
            (by_uid("a1"), Some("a1"), false),
            (named("west"), Some("a2"), true),
            (named("System Private Gateway"), Some("a3"), false),
            (named("shared"), None, true),
            (by_uid("a5"), Some("a5"), false),
            (named("north"), None, true),
        ] {
            let gateway = check_requested(&requested, &gateways());
            assert_eq!(gateway.uid.as_ref().map(Uid::as_str), uid, "{requested}");
            assert_eq!(gateway.findings.iter().any(Finding::is_blocking), blocked, "{requested}");
            assert_eq!(gateway.findings.len(), 3);
        }
    }

    #[test]
    fn an_unknown_gateway_is_reported_with_the_known_ones() {
        let gateway = check_requested(&UidOrName::Name("north".to_owned()), &gateways());
        let observed = &gateway.findings[0].observed;
        assert!(observed.contains("east (a1)") && observed.contains("west (a2)"), "{observed}");
    }

    #[test]
    fn checks_do_not_apply_without_a_gateway() {
        let findings = none_requested().findings;
        assert!(findings.iter().all(|finding| finding.outcome == Outcome::NotApplicable));
    }
}
