//! The certification authorities that keys of a classified partition come with (S07, S08).

use std::time::SystemTime;

use crate::Clients;
use ::gangway_certificates::CaChain;
use gangway_http::{ProbeError, RootStore, TlsFailure, probe};
use gangway_model::{AccessKey, Check, Finding, Severity};

use crate::{certificates, classified};

static CA_SIGNS_STS: Check = Check {
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
pub async fn run_checks(keys: &AccessKey, clients: &Clients, now: SystemTime) -> Vec<Finding> {
    if !classified::is_classified(clients.partition) {
        return Vec::new();
    }
    let off = NO_PORTAL.passed("Palette is told isCapValidationEnabled: false");
    let Some(chain) = &keys.certificate_authority else {
        let missing = CA_SIGNS_STS.failed(
            "no certification authority is kept with these keys",
            "PUT the account with its keys and certificateAuthority",
        );
        return vec![missing, off];
    };
    let mut findings = certificates::check_ca_chain(chain, now);
    findings.push(check_ca_signs_sts(chain, &clients.sts_address).await);
    findings.push(off);
    findings
}

const REMEDY: &str = "send the chain that signs the partition's endpoints, root and intermediates: the security team or the cloud's administrator has it";

async fn check_ca_signs_sts(chain: &CaChain, address: &str) -> Finding {
    let roots = RootStore::from_pem(chain.pem().as_bytes());
    let client = match roots.and_then(|roots| gangway_http::build_client(&roots)) {
        Ok(client) => client,
        Err(unusable) => return CA_SIGNS_STS.failed(unusable.to_string(), REMEDY),
    };
    let Some(url) = address.parse().ok().filter(|_| address.starts_with("https:")) else {
        return CA_SIGNS_STS.unverified(
            "AWS STS has no https address here",
            "remove AWS_ENDPOINT_URL, or set it to an https address",
        );
    };
    match probe(&client, url).await {
        Ok(()) => CA_SIGNS_STS.passed(format!("{address} is trusted by them alone")),
        Err(ProbeError::Tls(why @ TlsFailure::UnknownIssuer)) => {
            CA_SIGNS_STS.failed(format!("{address}: {why}"), REMEDY)
        }
        Err(ProbeError::Tls(why)) => CA_SIGNS_STS.failed(
            format!("{address}: {why}"),
            "have the operators of the endpoint correct its certificate, or name the right endpoint",
        ),
        Err(why @ (ProbeError::TimedOut | ProbeError::ConnectionFailed)) => CA_SIGNS_STS.unverified(
            format!("{address}: {why}"),
            "let the function reach the endpoint: a VPC endpoint, a route, or a proxy",
        ),
    }
}
