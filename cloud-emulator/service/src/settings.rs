//! What a service is told by the program that stands up the cloud, in a type of its own.

use std::any::{Any, TypeId};
use std::collections::HashMap;

/// Settings of services, by their types: the contract of all services need not know those of one.
#[derive(Default)]
pub struct Settings(HashMap<TypeId, Box<dyn Any + Send + Sync>>);

impl Settings {
    /// These settings and `settings`, which replace others of their type.
    #[must_use]
    pub fn with<T: Any + Send + Sync>(mut self, settings: T) -> Settings {
        self.0.insert(TypeId::of::<T>(), Box::new(settings));
        self
    }

    /// The settings of this type, if they were given.
    pub fn get<T: Any>(&self) -> Option<&T> {
        self.0.get(&TypeId::of::<T>())?.downcast_ref()
    }
}
