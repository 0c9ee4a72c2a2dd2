//! The certification authorities that keys of a classified partition come with (S07, S08).

use std::time::SystemTime;

use crate::Clients;
use ::gangway_certificates::CaChain;
use gangway_http::{Roots, TlsRefusal, Unreached, handshake};
use gangway_model::{Check, Finding, Severity, StaticKeys};

use crate::{certificates, enclave};

static SIGNS_STS: Check = Check {
    id: "certificates.authority-signs-aws",
    title: "The certification authorities are those of the partition's endpoints",
    severity: Severity::Blocker,
    covers: &["S07"],
};

static NO_PORTAL: Check = Check {
    id: "palette.portal-toggle-off",
    title: "Secure Compliance Validation is off: these keys come from no access portal",
    severity: Severity::Info,
    covers: &["S08"],
};

/// Looks at what was sent, and reaches AWS STS with nothing else to trust. Nothing outside of these partitions.
pub async fn examine(keys: &StaticKeys, clients: &Clients, now: SystemTime) -> Vec<Finding> {
    if !enclave::is_one(clients.partition) {
        return Vec::new();
    }
    let off = NO_PORTAL.passed("Palette is told isCapValidationEnabled: false");
    let Some(chain) = &keys.certificate_authority else {
        let missing = SIGNS_STS.failed(
            "no certification authority is kept with these keys",
            "PUT the account with its keys and certificateAuthority",
        );
        return vec![missing, off];
    };
    let mut findings = certificates::of_authority(chain, now);
    findings.push(signs_sts(chain, &clients.sts_address).await);
    findings.push(off);
    findings
}

const REMEDY: &str = "send the chain that signs the partition's endpoints, root and intermediates: the security team or the cloud's administrator has it";

async fn signs_sts(chain: &CaChain, address: &str) -> Finding {
    let roots = Roots::only(chain.pem().as_bytes());
    let client = match roots.and_then(|roots| gangway_http::client(&roots)) {
        Ok(client) => client,
        Err(unusable) => return SIGNS_STS.failed(unusable.to_string(), REMEDY),
    };
    let Some(url) = address.parse().ok().filter(|_| address.starts_with("https:")) else {
        return SIGNS_STS.unverified(
            "AWS STS has no https address here",
            "remove AWS_ENDPOINT_URL, or set it to an https address",
        );
    };
    match handshake(&client, url).await {
        Ok(()) => SIGNS_STS.passed(format!("{address} is trusted by them alone")),
        Err(Unreached::Tls(why @ TlsRefusal::UnknownIssuer)) => {
            SIGNS_STS.failed(format!("{address}: {why}"), REMEDY)
        }
        Err(Unreached::Tls(why)) => SIGNS_STS.failed(
            format!("{address}: {why}"),
            "have the operators of the endpoint correct its certificate, or name the right endpoint",
        ),
        Err(why @ (Unreached::TimedOut | Unreached::NoConnection)) => SIGNS_STS.unverified(
            format!("{address}: {why}"),
            "let the function reach the endpoint: a VPC endpoint, a route, or a proxy",
        ),
    }
}
