//! The environment of the measurements.

use gangway_model::Partition;
use local_cloud::{
    CloudFixture, CloudOptions, cloudformation::Template, fixtures::PartitionDeployment,
    lambda::LambdaFunction,
};

use crate::Failed;

/// The fake Palette has no rate limit here; this setting removes the client-side limit.
pub(crate) const PACE: (&str, &str) = ("PALETTE_REQUESTS_PER_SECOND", "1000");

/// Starts a fake cloud with these partitions and without Palette's rate limit and account quota.
pub(crate) async fn world(
    template: &Template,
    partitions: &[Partition],
) -> Result<CloudFixture, Failed> {
    let world = CloudFixture::with_partitions(
        CloudOptions { tls: true, ..CloudOptions::default() },
        template,
        partitions,
    )
    .await?;
    world.cloud.palette().configure(|behaviour| behaviour.rate_limited = false);
    let mut records = world.cloud.palette().records();
    records.tenants.iter_mut().for_each(|tenant| tenant.quota = usize::MAX);
    drop(records);
    Ok(world)
}

/// Returns a function configured for a Palette with a public certificate: it fetches no CA bundle
/// at start.
pub(crate) fn deployed(
    realm: &PartitionDeployment,
    package: &str,
) -> Result<LambdaFunction, Failed> {
    let lambda = realm.functions.get(package).ok_or("a function of the template")?;
    Ok(lambda.with_changes(|function| {
        function.environment.remove("PALETTE_CA_BUNDLE_SECRET");
        function.environment.insert(PACE.0.to_owned(), PACE.1.to_owned());
    }))
}

/// Counts the calls that functions made. Calls that the fake Palette made to AWS are not counted.
pub(crate) fn calls(world: &CloudFixture) -> usize {
    world.cloud.calls().all().iter().filter(|call| !call.nested).count()
}
