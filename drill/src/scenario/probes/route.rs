//! The way that a request or a message takes: the resources that it goes through.

use crate::resource::ResourceId;
use crate::scenario::Cloud;

/// The label of the region that a name points to, if there is anything of that name.
pub type Pointing<'a, 'f> = dyn Fn(&str) -> Option<&'a str> + 'f;

/// A path in the making.
pub(crate) struct Route<'a, 'p> {
    /// The cloud that it goes through.
    pub(crate) cloud: &'a Cloud,
    pointing: &'p Pointing<'a, 'p>,
    path: Vec<ResourceId<'a>>,
}

impl<'a, 'p> Route<'a, 'p> {
    /// Nothing yet.
    pub(crate) fn new(cloud: &'a Cloud, pointing: &'p Pointing<'a, 'p>) -> Self {
        Route {
            cloud,
            pointing,
            path: Vec::new(),
        }
    }

    /// The label of the region that a name points to.
    pub(crate) fn region_of(&self, name: &str) -> Option<&'a str> {
        (self.pointing)(name)
    }

    /// Through this resource.
    pub(crate) fn through(&mut self, resource: ResourceId<'a>) {
        self.path.push(resource);
    }

    /// Through the store of this label in one region.
    pub(crate) fn through_store(&mut self, store: &str, region: &'a str) {
        let store = self.cloud.store(store);
        self.path.extend(store.map(|store| store.in_region(region)));
    }

    /// Values are read, and written, where the store's name points to.
    pub(crate) fn read(&mut self, store: &str) {
        if let Some(region) = self.region_of(store) {
            self.through_store(store, region);
        }
    }

    /// The resources, in order and each once.
    pub(crate) fn into_path(mut self) -> Vec<ResourceId<'a>> {
        self.path.sort_unstable();
        self.path.dedup();
        self.path
    }
}
