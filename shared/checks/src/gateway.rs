use gangway_model::{Check, Finding, Uid, UidOrName, UpstreamError};
use gangway_palette::{PrivateCloudGateway, ScopedClient};

use crate::catalogue::palette::{GATEWAY_PROXY, GATEWAY_REGISTERED, GATEWAY_RUNNING};

/// The uid of the requested private cloud gateway, and the findings about the gateway.
#[derive(Clone, Debug)]
pub struct GatewayCheck {
    /// The uid of the gateway. `None` if the request names no gateway, or if Palette has no such
    /// gateway. In the second case, a failed finding prevents the registration.
    pub uid: Option<Uid>,
    /// The findings of [`GATEWAY_REGISTERED`], [`GATEWAY_RUNNING`] and [`GATEWAY_PROXY`].
    pub findings: Vec<Finding>,
}

/// Checks the requested private cloud gateway. Makes no call if `requested` is `None`.
///
/// If Palette does not let the API key list gateways, the result is a failed finding, not an error.
pub async fn check(
    palette: &ScopedClient<'_>,
    requested: Option<&UidOrName>,
) -> Result<GatewayCheck, UpstreamError> {
    let Some(requested) = requested else { return Ok(gateway_not_requested()) };
    match palette.gateways().await {
        Ok(gateways) => Ok(check_requested(requested, &gateways)),
        Err(UpstreamError::AccessDenied { reason, .. }) => Ok(gateways_inaccessible(&reason)),
        Err(error) => Err(error),
    }
}

fn is_requested_gateway(gateway: &PrivateCloudGateway, requested: &UidOrName) -> bool {
    match requested {
        UidOrName::Uid(uid) => gateway.uid == *uid,
        UidOrName::Name(name) => gateway.name == *name,
    }
}

fn gateway_not_requested() -> GatewayCheck {
    let finding =
        |check: &'static Check| check.not_applicable("no private cloud gateway was requested");
    let findings = [&GATEWAY_REGISTERED, &GATEWAY_RUNNING, &GATEWAY_PROXY].map(finding).into();
    GatewayCheck { uid: None, findings }
}

/// Returns a failed finding that prevents the registration, because Palette does not let Gangway
/// list its gateways.
fn gateways_inaccessible(reason: &str) -> GatewayCheck {
    let registered_finding = GATEWAY_REGISTERED.failed(
        format!("Palette does not list its gateways for Gangway's API key: {reason}"),
        "fix palette.session: Gangway's API key must be that of a tenant administrator",
    );
    GatewayCheck { uid: None, findings: findings_without_gateway(registered_finding) }
}

/// Returns the findings if no gateway was found: the given one and two that are not applicable.
fn findings_without_gateway(registered_finding: Finding) -> Vec<Finding> {
    let not_applicable = |check: &'static Check| check.not_applicable("the gateway is not known");
    vec![registered_finding, not_applicable(&GATEWAY_RUNNING), not_applicable(&GATEWAY_PROXY)]
}

fn check_requested(requested: &UidOrName, gateways: &[PrivateCloudGateway]) -> GatewayCheck {
    let matching: Vec<_> =
        gateways.iter().filter(|gateway| is_requested_gateway(gateway, requested)).collect();
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
        return GatewayCheck { uid: None, findings: findings_without_gateway(registered) };
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
    fn requested_gateway_must_be_registered_and_running() {
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
    fn error_for_an_unknown_gateway_lists_the_existing_gateways() {
        let gateway = check_requested(&UidOrName::Name("north".to_owned()), &gateways());
        let observed = &gateway.findings[0].observed;
        assert!(observed.contains("east (a1)") && observed.contains("west (a2)"), "{observed}");
    }

    #[test]
    fn gateway_checks_do_not_apply_if_no_gateway_is_requested() {
        let findings = gateway_not_requested().findings;
        assert!(findings.iter().all(|finding| finding.outcome == Outcome::NotApplicable));
    }
}
