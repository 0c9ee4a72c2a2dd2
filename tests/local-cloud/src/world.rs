//! A furnished world: Gangway deployed in each partition, Palette with an account of its own, and customers to bring registered.

mod access;
mod customer;
mod deployed;
mod entrances;
mod feeding;
mod organization;
mod palette_cluster;
mod realm;
mod surroundings;
#[cfg(test)]
mod tests;

use gangway_model::Partition;

use self::deployed::CaFile;
pub use self::{
    access::Access,
    customer::Customer,
    entrances::MANAGEMENT_ROLE,
    organization::{Kind, Organization, Vended},
    palette_cluster::{Case, PaletteCluster, Way},
    realm::{API_KEY_SECRET, Realm},
};
use crate::{
    Cloud, Options,
    template::{Template, TemplateError},
};

/// A cloud with one realm for each partition that was asked for.
#[derive(Debug)]
pub struct World {
    /// AWS and Palette.
    pub cloud: Cloud,
    realms: Vec<Realm>,
    _authority: Option<CaFile>,
}

impl World {
    /// Every partition, from the repository's own template.
    ///
    /// # Errors
    /// Where the template cannot be read.
    ///
    /// # Panics
    /// Where the cloud cannot be furnished.
    pub async fn start(options: Options) -> Result<Self, TemplateError> {
        let all = [Partition::Aws, Partition::AwsUsGov, Partition::AwsIsoB, Partition::AwsIso];
        Self::of(options, &Template::of_repository()?, &all).await
    }

    /// Some partitions, from any template.
    ///
    /// # Errors
    /// Where the template cannot be deployed.
    ///
    /// # Panics
    /// Where the cloud cannot be furnished.
    pub async fn of(
        options: Options,
        template: &Template,
        partitions: &[Partition],
    ) -> Result<Self, TemplateError> {
        let cloud = Cloud::start(options).await;
        let authority = CaFile::of(&cloud);
        let mut realms = Vec::new();
        for partition in partitions {
            let authority = authority.as_ref();
            let realm = Realm::new(&cloud, options, template, *partition, authority).await?;
            realms.push(realm);
        }
        Ok(Self { cloud, realms, _authority: authority })
    }

    /// What is in a partition.
    ///
    /// # Panics
    /// Where the world was made without that partition.
    pub fn realm(&self, partition: Partition) -> &Realm {
        let found = self.realms.iter().find(|realm| realm.partition == partition);
        found.expect("a partition that the world was made with")
    }

    /// All realms.
    pub fn realms(&self) -> &[Realm] {
        &self.realms
    }
}
