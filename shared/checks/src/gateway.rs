//! Private cloud gateways: which there are, and whether the one that was chosen will do.

use gangway_model::{
    Check, Finding, Severity, Uid, UidOrName, UpstreamError, stores::ApiKeyProvider,
};

use crate::{
    ScopedClient,
    api_request::ApiRequest,
    response::{Overlords, non_empty, uid},
};

pub static GATEWAY_REGISTERED: Check = Check {
    id: "palette.gateway-registered",
    title: "The private cloud gateway is registered in this tenant",
    severity: Severity::Blocker,
    covers: &["G01", "G02"],
    remedy: "Choose a gateway that `GET /v1/private-cloud-gateways` lists.",
};

pub static GATEWAY_RUNNING: Check = Check {
    id: "palette.gateway-running",
    title: "The private cloud gateway is running",
    severity: Severity::Blocker,
    covers: &["G01"],
    remedy: "Start the gateway: Tenant Settings, Private Cloud Gateways.",
};

pub static GATEWAY_PROXY: Check = Check {
    id: "palette.gateway-proxy-authority",
    title: "Clusters trust the proxy of the private cloud gateway",
    severity: Severity::Info,
    covers: &["G03"],
    remedy: "Put the CA certificate of the proxy into the cluster profiles.",
};

/// The gateway that comes with a self-hosted Palette, which reports no state of its own.
const SYSTEM: &str = "System Private Gateway";

/// A gateway that was chosen, or none, and what is to be said of it.
#[derive(Clone, Debug)]
pub struct GatewayCheck {
    /// What Palette calls it. `None` if none was chosen or there is no such gateway; then a finding blocks.
    pub uid: Option<Uid>,
    /// The answers to [`GATEWAY_REGISTERED`], [`GATEWAY_RUNNING`] and [`GATEWAY_PROXY`].
    pub findings: Vec<Finding>,
}

/// A gateway that Palette has.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PrivateCloudGateway {
    /// What Palette calls it.
    pub uid: Uid,
    /// What people call it.
    pub name: String,
    /// In Palette's words; empty if it does not say.
    pub state: String,
    /// Whether its cluster is healthy, where Palette says.
    pub healthy: Option<bool>,
}

impl PrivateCloudGateway {
    /// Whether accounts can be reached through it.
    pub fn is_running(&self) -> bool {
        self.state == "Running" || self.name == SYSTEM
    }

    fn is(&self, wish: &UidOrName) -> bool {
        match wish {
            UidOrName::Uid(uid) => self.uid == *uid,
            UidOrName::Name(name) => self.name == *name,
        }
    }
}

impl<K: ApiKeyProvider + Sync> ScopedClient<'_, K> {
    /// Every gateway that accounts of this scope can be given.
    pub async fn gateways(&self) -> Result<Vec<PrivateCloudGateway>, UpstreamError> {
        let what = "list of private cloud gateways";
        let answer = self
            .palette
            .send(&ApiRequest::get("/v1/overlords"), &self.scope)
            .await
            .map_err(|fault| fault.into_upstream(what))?;
        let Overlords { items } = answer.json().map_err(|fault| fault.into_upstream(what))?;
        let gateway = |item: crate::response::Overlord| {
            Some(PrivateCloudGateway {
                uid: uid(&item.metadata.uid)?,
                name: item.metadata.name,
                state: item.status.state,
                healthy: non_empty(item.status.health.state)
                    .map(|state| state.eq_ignore_ascii_case("healthy")),
            })
        };
        Ok(items.into_iter().filter_map(gateway).collect())
    }

    /// Looks up the gateway that was chosen. No call is made if none was. A key that is not let in is a failed finding.
    pub async fn gateway(&self, wish: Option<&UidOrName>) -> Result<GatewayCheck, UpstreamError> {
        match wish {
            None => Ok(none()),
            Some(wish) => match self.gateways().await {
                Ok(all) => Ok(chosen(wish, &all)),
                Err(UpstreamError::AccessDenied { reason, .. }) => Ok(inaccessible(&reason)),
                Err(error) => Err(error),
            },
        }
    }
}

fn none() -> GatewayCheck {
    let answer =
        |check: &'static Check| check.not_applicable("no private cloud gateway was asked for");
    let findings = [&GATEWAY_REGISTERED, &GATEWAY_RUNNING, &GATEWAY_PROXY].map(answer).into();
    GatewayCheck { uid: None, findings }
}

/// Nothing is known of the gateway, so the account must not be made without it.
fn inaccessible(reason: &str) -> GatewayCheck {
    let registered = GATEWAY_REGISTERED.failed(
        format!("Palette does not show its gateways to Gangway: {reason}"),
        "mend palette.session: Gangway's API key must be that of a tenant administrator",
    );
    GatewayCheck { uid: None, findings: unknown(registered) }
}

fn unknown(registered: Finding) -> Vec<Finding> {
    let unknown = |check: &'static Check| check.not_applicable("it is not known which gateway");
    vec![registered, unknown(&GATEWAY_RUNNING), unknown(&GATEWAY_PROXY)]
}

fn chosen(wish: &UidOrName, all: &[PrivateCloudGateway]) -> GatewayCheck {
    let matching: Vec<_> = all.iter().filter(|gateway| gateway.is(wish)).collect();
    let [gateway] = matching.as_slice() else {
        let listed: Vec<_> =
            all.iter().map(|gateway| format!("{} ({})", gateway.name, gateway.uid)).collect();
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
        GATEWAY_RUNNING.passed(if state.is_empty() { SYSTEM } else { state })
    } else {
        let state = if state.is_empty() { "not told" } else { state };
        GATEWAY_RUNNING.failed(
            format!("its state is: {state}"),
            "bring the gateway up: Tenant Settings, Private Cloud Gateways shows what it lacks",
        )
    };
    let proxy = GATEWAY_PROXY.unverified(
        "whether the gateway goes through a proxy with a certificate authority of its own cannot be seen from here; \
         clusters are told the proxy, not its authority",
        "if it does, add the authority at Tenant Settings, Certificates or to the cluster's OS; for EKS, to the workload",
    );
    let registered = GATEWAY_REGISTERED.passed(format!("{name} ({uid})"));
    GatewayCheck { uid: Some(uid.clone()), findings: vec![registered, running, proxy] }
}

#[cfg(test)]
mod tests {
    use gangway_model::Outcome;

    use super::*;

    fn gateways() -> Vec<PrivateCloudGateway> {
        [
            ("a1", "east", "Running"),
            ("a2", "west", "Provisioning"),
            ("a3", SYSTEM, ""),
            ("a4", "twin", "Running"),
            ("a5", "twin", "Running"),
        ]
        .map(|(uid, name, state)| PrivateCloudGateway {
            uid: uid.parse().unwrap(),
            name: name.to_owned(),
            state: state.to_owned(),
            healthy: None,
        })
        .into()
    }

    /// Rows: F87.
    #[test]
    fn a_gateway_must_be_registered_and_running() {
        let named = |name: &str| UidOrName::Name(name.to_owned());
        let by_uid = |uid: &str| UidOrName::Uid(uid.parse().unwrap());
        for (wish, uid, blocked) in [
            (named("east"), Some("a1"), false),
            (by_uid("a1"), Some("a1"), false),
            (named("west"), Some("a2"), true),
            (named(SYSTEM), Some("a3"), false),
            (named("twin"), None, true),
            (by_uid("a5"), Some("a5"), false),
            (named("north"), None, true),
        ] {
            let gateway = chosen(&wish, &gateways());
            assert_eq!(gateway.uid.as_ref().map(Uid::as_str), uid, "{wish}");
            assert_eq!(gateway.findings.iter().any(Finding::is_blocking), blocked, "{wish}");
            assert_eq!(gateway.findings.len(), 3);
        }
    }

    /// Rows: F94.
    #[test]
    fn who_names_an_unknown_gateway_is_told_which_there_are() {
        let gateway = chosen(&UidOrName::Name("north".to_owned()), &gateways());
        let seen = &gateway.findings[0].observed;
        assert!(seen.contains("east (a1)") && seen.contains("west (a2)"), "{seen}");
    }

    #[test]
    fn without_a_gateway_the_questions_do_not_arise() {
        let findings = none().findings;
        assert!(findings.iter().all(|finding| finding.outcome == Outcome::NotApplicable));
    }
}
