use crate::catalogue::certificates::CA_SIGNS_AWS;
use crate::catalogue::palette::PORTAL_TOGGLE_OFF;
use std::time::SystemTime;

use crate::Clients;
use ::gangway_certificates::CaChain;
use gangway_http::{ProbeError, RootStore, TlsFailure, probe};
use gangway_model::{AccessKey, Finding};

use crate::certificates;

/// Checks the CA chain that is stored with an access key of a classified partition. Connects to AWS
/// STS with a client that trusts only this chain. Returns no findings in the other partitions.
pub async fn run_checks(key: &AccessKey, clients: &Clients, now: SystemTime) -> Vec<Finding> {
    if !clients.partition.is_classified() {
        return Vec::new();
    }
    let toggle_off_finding =
        PORTAL_TOGGLE_OFF.passed("Gangway sends isCapValidationEnabled: false to Palette");
    let Some(chain) = &key.certificate_authority else {
        let missing_chain_finding = CA_SIGNS_AWS.failed(
            "no CA certificate is stored with these keys",
            "PUT the account with its keys and certificateAuthority",
        );
        return vec![missing_chain_finding, toggle_off_finding];
    };
    let connection = connect_to_sts(chain, &clients.sts_address).await;
    let mut findings = certificates::check_ca_chain(chain, now);
    findings.push(ca_signs_sts_finding(&clients.sts_address, connection));
    findings.push(toggle_off_finding);
    findings
}

const CHAIN_REMEDY: &str = "send the chain that signs the partition's endpoints, root and intermediates: ask the security team or the cloud's administrator for it";

/// The result of connecting to AWS STS with a client that trusts only the CA chain.
enum StsConnection {
    /// The CA chain cannot be used as trust roots. The value is the reason.
    UnusableChain(String),
    /// The address of AWS STS is not an https URL.
    AddressIsNotHttps,
    /// Gangway tried to connect. The value is the result.
    Tried(Result<(), ProbeError>),
}

async fn connect_to_sts(chain: &CaChain, address: &str) -> StsConnection {
    let roots = RootStore::from_pem(chain.pem().as_bytes());
    let client = match roots.and_then(|roots| gangway_http::build_client(&roots)) {
        Ok(client) => client,
        Err(unusable) => return StsConnection::UnusableChain(unusable.to_string()),
    };
    match address.parse().ok().filter(|_| address.starts_with("https:")) {
        Some(url) => StsConnection::Tried(probe(&client, url).await),
        None => StsConnection::AddressIsNotHttps,
    }
}

fn ca_signs_sts_finding(address: &str, connection: StsConnection) -> Finding {
    let result = match connection {
        StsConnection::UnusableChain(reason) => return CA_SIGNS_AWS.failed(reason, CHAIN_REMEDY),
        StsConnection::AddressIsNotHttps => {
            return CA_SIGNS_AWS.unverified(
                "the STS endpoint is not an https URL",
                "remove AWS_ENDPOINT_URL, or set it to an https address",
            );
        }
        StsConnection::Tried(result) => result,
    };
    match result {
        Ok(()) => CA_SIGNS_AWS.passed(format!("{address} has a certificate that this chain signs")),
        Err(ProbeError::Tls(why @ TlsFailure::UnknownIssuer)) => {
            CA_SIGNS_AWS.failed(format!("{address}: {why}"), CHAIN_REMEDY)
        }
        Err(ProbeError::Tls(why)) => CA_SIGNS_AWS.failed(
            format!("{address}: {why}"),
            "ask the operators of the endpoint to correct its certificate, or correct the endpoint",
        ),
        Err(why @ (ProbeError::TimedOut | ProbeError::ConnectionFailed)) => CA_SIGNS_AWS.unverified(
            format!("{address}: {why}"),
            "give the function a network path to the endpoint: a VPC endpoint, a route, or a proxy",
        ),
    }
}
