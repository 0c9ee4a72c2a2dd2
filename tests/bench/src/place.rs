//! Where everything is measured: a world with nothing in the way that is not the function's own.

use gangway_model::Partition;
use local_cloud::{Options, World, functions::Lambda, template::Template, world::Realm};

use crate::Failed;

/// Palette's rate limit is off on its side; on ours it is as far away.
pub(crate) const PACE: (&str, &str) = ("PALETTE_REQUESTS_PER_SECOND", "1000");

/// A world of these partitions, in which Palette takes as many requests and accounts as come.
pub(crate) async fn world(template: &Template, partitions: &[Partition]) -> Result<World, Failed> {
    let world =
        World::of(Options { tls: true, ..Options::default() }, template, partitions).await?;
    world.cloud.palette().behave(|behaviour| behaviour.rate_limited = false);
    let mut records = world.cloud.palette().records();
    records.tenants.iter_mut().for_each(|tenant| tenant.quota = usize::MAX);
    drop(records);
    Ok(world)
}

/// A function as it is deployed where Palette's certificate is a public one: no bundle is fetched at start.
pub(crate) fn deployed(realm: &Realm, package: &str) -> Result<Lambda, Failed> {
    let lambda = realm.functions.get(package).ok_or("a function of the template")?;
    Ok(lambda.altered(|function| {
        function.environment.remove("PALETTE_CA_BUNDLE_SECRET");
        function.environment.insert(PACE.0.to_owned(), PACE.1.to_owned());
    }))
}

/// Calls that functions made themselves, rather than Palette in its turn.
pub(crate) fn calls(world: &World) -> usize {
    world.cloud.calls().all().iter().filter(|call| !call.nested).count()
}
