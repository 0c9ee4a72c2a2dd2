//! Runs the checks that every account in a classified partition needs, with any method.

use crate::catalogue::eks::{IMAGE_FAMILY, IMAGE_SWAP, WORKER_NODE_TRUST};
use crate::catalogue::palette::{
    EDITION, ENDPOINT_OVERRIDES, PORTAL_ADDRESS, SECRET_PARTITION_FLAG,
};
use crate::{Clients, PortalConfig, RequiredPermissions, ScopedClient};
use futures_util::future::join_all;
use gangway_http::{ProbeError, deadline, probe};
use gangway_model::{Finding, Partition, PermissionProfile, UpstreamError};
use gangway_palette::{EndpointOverrides, RegionOverrides, SecretPartitionFlag};
use tokio::join;

/// Returns notices about the limits of Palette in a classified partition. Returns an empty list for
/// other partitions.
pub fn notices(partition: Partition) -> Vec<String> {
    if !partition.is_classified() {
        return Vec::new();
    }
    let label = partition.info().label;
    vec![
        format!("{label} is a tech preview of Palette VerteX: do not rely on it for production."),
        "Palette does not put your CA certificates on EKS worker nodes: mount them into workloads (sidecar, Secret volume, or in the image).".to_owned(),
        "Machine images: older documents of Palette allow Amazon Linux 2 only; see the release notes of your version. Use Linux-based container images for workloads, which fit the nodes' operating system.".to_owned(),
        "Public registries cannot be reached: configure Image Swap in the Kubernetes layer of EKS cluster profiles.".to_owned(),
    ]
}

/// Checks Palette's settings for the classified partition, and the AWS endpoints that Palette uses.
/// Returns no findings in other partitions.
pub async fn run_checks(
    palette: &ScopedClient<'_>,
    clients: &Clients,
    RequiredPermissions { profile, region, .. }: RequiredPermissions<'_>,
) -> Result<Vec<Finding>, UpstreamError> {
    let partition = clients.partition;
    if !partition.is_classified() {
        return Ok(Vec::new());
    }
    let (flag, overrides) = join!(
        palette.secret_partition_flag(),
        deadline::with_half_remaining(palette.endpoint_overrides(partition)),
    );
    let unreachable = match &overrides {
        Ok(overrides) => find_unreachable_endpoints(clients, overrides).await,
        Err(_) => Vec::new(),
    };
    let mut findings = edition_findings(flag)?;
    findings.push(endpoint_overrides_finding(overrides.as_ref(), region, &unreachable));
    findings.push(portal_address_finding(&clients.portal, overrides.as_ref()));
    findings.extend(workload_cluster_findings(profile));
    Ok(findings)
}

/// Evaluates the feature flag `AwsSecretPartition`. Only the edition `VerteX` of Palette has this
/// flag, but Palette removes a flag when the feature is available to all tenants. If the flag is
/// missing, only Palette's own validation shows whether Palette supports the partition.
fn edition_findings(
    flag: Result<SecretPartitionFlag, UpstreamError>,
) -> Result<Vec<Finding>, UpstreamError> {
    let turn_on = "ask the root or operations administrator to turn it on: system console, Administration, Feature Flags. \
                   It cannot be turned off again, and it applies to every tenant";
    let flag = match flag {
        Ok(flag) => flag,
        Err(error) if error.is_refusal() => {
            let (reason, remedy) = (
                "Palette does not return its feature flags to this API key",
                "fix check palette.session first, or look in the system console",
            );
            return Ok(vec![
                EDITION.unverified(reason, remedy),
                SECRET_PARTITION_FLAG.unverified(reason, remedy),
            ]);
        }
        Err(error) => return Err(error),
    };
    Ok(match flag {
        SecretPartitionFlag::Enabled => {
            let observed = "it has the flag that only VerteX has";
            vec![EDITION.passed(observed), SECRET_PARTITION_FLAG.passed("it is on")]
        }
        SecretPartitionFlag::Disabled => {
            let observed = "it has the flag that only VerteX has";
            vec![EDITION.passed(observed), SECRET_PARTITION_FLAG.failed("it is off", turn_on)]
        }
        SecretPartitionFlag::Unsupported => {
            let observed = "Palette does not list the flag AwsSecretPartition: it is not a VerteX, or a version that no longer needs the flag";
            let remedy = "see palette.validation: if it fails, register the account in a Palette VerteX, since Palette Enterprise and the multi-tenant SaaS do not serve these partitions";
            vec![
                EDITION.unverified(observed, remedy),
                SECRET_PARTITION_FLAG.unverified(observed, remedy),
            ]
        }
    })
}

/// Connects to each custom endpoint of every AWS Region, with the CA certificates that Gangway
/// trusts. Returns the endpoints that cannot be reached, each with the reason.
async fn find_unreachable_endpoints(
    clients: &Clients,
    overrides: &EndpointOverrides,
) -> Vec<String> {
    let endpoints = overrides.regions.iter().flat_map(|(region, set)| {
        set.services.iter().map(move |(name, endpoint)| (region, name, endpoint))
    });
    let probes = endpoints.map(|(region, name, endpoint)| async move {
        let reached = match endpoint.parse() {
            Ok(url) => probe(&clients.http, url).await,
            Err(_invalid) => Err(ProbeError::ConnectionFailed),
        };
        reached.err().map(|why| format!("{name} of {region} ({why})"))
    });
    join_all(probes).await.into_iter().flatten().collect()
}

fn endpoint_overrides_finding(
    overrides: Result<&EndpointOverrides, &UpstreamError>,
    cluster_region: &str,
    unreachable: &[String],
) -> Finding {
    let overrides = match overrides {
        Ok(overrides) => overrides,
        Err(error) => {
            return ENDPOINT_OVERRIDES.unverified(
                format!("Palette does not return its endpoints: {error}"),
                "check them in the system console: Feature Flags, AwsSecretPartition, Configure Endpoints",
            );
        }
    };
    let set: Vec<String> = overrides.regions.iter().map(region_summary).collect();
    let set = if overrides.regions.contains_key(cluster_region) {
        set.join("; ")
    } else {
        let own =
            format!("none is set for {cluster_region}, where Palette uses the partition's own");
        [own].into_iter().chain(set).collect::<Vec<_>>().join("; ")
    };
    if unreachable.is_empty() {
        return ENDPOINT_OVERRIDES.passed(set);
    }
    ENDPOINT_OVERRIDES.failed(
        format!("not reached from here: {}", unreachable.join(", ")),
        "correct them in the system console (Feature Flags, AwsSecretPartition, Configure Endpoints), or add their CA certificates to GANGWAY_AWS_CA_BUNDLE_SECRET",
    )
}

/// Returns a text with the number of custom endpoints of an AWS Region, and its DNS suffix. Palette
/// derives all other endpoints of the Region from the DNS suffix.
fn region_summary((name, region): (&String, &RegionOverrides)) -> String {
    let count = region.services.len();
    if region.dns_suffix.is_empty() {
        format!("{name}: {count} set, all reached")
    } else {
        format!("{name}: {count} set, all reached; the others end with {}", region.dns_suffix)
    }
}

/// Checks that Palette and Gangway use the same access portal. If Palette does not return the URL
/// of its access portal, the remedy names the environment variable of Palette that has the URL.
fn portal_address_finding(
    portal: &PortalConfig,
    overrides: Result<&EndpointOverrides, &UpstreamError>,
) -> Finding {
    let Some(own) = &portal.url else {
        return PORTAL_ADDRESS
            .not_applicable("no address of a portal is set here, so Palette's own is used");
    };
    let dialog =
        "set it in the system console: Feature Flags, AwsSecretPartition, Configure Endpoints";
    let variable = &portal.palette_variable;
    let palette_url = overrides.map(|overrides| overrides.credentials.as_str()).unwrap_or_default();
    if palette_url.is_empty() {
        return PORTAL_ADDRESS.unverified(
            "Palette does not return the URL of its portal",
            format!(
                "{dialog}; older versions read variable {variable} of the deployment cloud: \
                 kubectl --namespace hubble-system set env deployment/cloud {variable}=\"{own}\", and to look at it \
                 kubectl --namespace hubble-system get deploy cloud --output jsonpath='{{.spec.template.spec.containers[*].env}}'. \
                 Palette's documents seem to exchange the names for Secret and Top Secret: test both, and set GANGWAY_PALETTE_PORTAL_ENV_VARS to the one that works"
            ),
        );
    }
    if palette_url.trim_end_matches('/') == own.as_str().trim_end_matches('/') {
        return PORTAL_ADDRESS.passed(format!("both use {own}"));
    }
    PORTAL_ADDRESS.failed(
        format!("Palette uses {palette_url}, Gangway uses {own}"),
        format!("{dialog}, or correct Gangway's setting"),
    )
}

/// Returns findings about workload clusters. No finding is *passed*, because Gangway does not read
/// workload clusters.
fn workload_cluster_findings(profile: PermissionProfile) -> [Finding; 3] {
    let not_read = "Gangway does not read cluster profiles";
    let images = IMAGE_FAMILY.unverified(
        not_read,
        "use Amazon Linux 2 images unless the release notes of your VerteX allow others",
    );
    let workers = WORKER_NODE_TRUST.unverified(
        "Palette does not install the CA certificates on worker nodes; Gangway cannot see whether workloads have them",
        "mount the CA certificates into workloads: with a sidecar, with a Secret volume, or in the image",
    );
    let swap = if profile.supports_eks() {
        IMAGE_SWAP.unverified(not_read, "configure Image Swap in the Kubernetes layer of EKS cluster profiles: public registries cannot be reached")
    } else {
        IMAGE_SWAP.not_applicable("the permission profile is not for EKS clusters")
    };
    [images, workers, swap]
}
