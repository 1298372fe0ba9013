//! What `do:` chooses: a value of one of the registered types, which the model holds without knowing them.
//!
//! ```text
//!   model (Step, Fault, Probe, Cloud) ──► Chosen<…>          knows no type that can be chosen
//!   services/<name>/actions/sync.rs  ──► S3Sync, ActionSpec   knows the model
//!   registries ──► both                                       find what a chosen value says of itself
//! ```

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;

/// A type that can be chosen.
pub trait Choosable: Any + fmt::Debug + Clone + PartialEq + Send + Sync {
    /// The name by which a scenario chooses this value (`s3.sync`).
    fn name(&self) -> &'static str;
}

/// A value that was chosen in a place of a scenario, which `P` stands for.
pub struct Chosen<P> {
    value: Box<dyn Value>,
    place: PhantomData<fn() -> P>,
}

/// The places of a scenario where something is chosen.
pub mod place {
    /// `do:` of a step.
    #[derive(Debug)]
    pub enum Action {}
    /// `do:` of a fault.
    #[derive(Debug)]
    pub enum Fault {}
    /// `do:` of a probe.
    #[derive(Debug)]
    pub enum Probe {}
    /// A part of `cloud:` that a service declares.
    #[derive(Debug)]
    pub enum Section {}
}

/// What a step does.
pub type StepAction = Chosen<place::Action>;
/// What breaks.
pub type FaultAction = Chosen<place::Fault>;
/// What a probe does.
pub type ProbeKind = Chosen<place::Probe>;
/// What a service declares in `cloud:`.
pub type Section = Chosen<place::Section>;

impl<P> Chosen<P> {
    /// This value.
    pub fn new(value: impl Choosable) -> Self {
        Chosen {
            value: Box::new(value),
            place: PhantomData,
        }
    }

    /// The name by which it is chosen (`s3.sync`).
    pub fn name(&self) -> &'static str {
        self.value.name()
    }

    /// The value, if it is of type `T`.
    pub fn get<T: Choosable>(&self) -> Option<&T> {
        self.value.as_any().downcast_ref()
    }

    /// Likewise, to be changed.
    pub fn get_mut<T: Choosable>(&mut self) -> Option<&mut T> {
        self.value.as_any_mut().downcast_mut()
    }

    /// Whether the value is of type `T`.
    pub fn is<T: Choosable>(&self) -> bool {
        self.get::<T>().is_some()
    }

    pub(crate) fn as_any(&self) -> &dyn Any {
        self.value.as_any()
    }

    pub(crate) fn as_any_mut(&mut self) -> &mut dyn Any {
        self.value.as_any_mut()
    }
}

impl<P> Clone for Chosen<P> {
    fn clone(&self) -> Self {
        Chosen {
            value: self.value.copied(),
            place: PhantomData,
        }
    }
}

impl<P> PartialEq for Chosen<P> {
    fn eq(&self, other: &Self) -> bool {
        self.value.equals(other.as_any())
    }
}

impl<P> Eq for Chosen<P> {}

impl<P> fmt::Debug for Chosen<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

/// [`Choosable`], of any type.
trait Value: fmt::Debug + Send + Sync {
    fn name(&self) -> &'static str;
    fn as_any(&self) -> &dyn Any;
    fn as_any_mut(&mut self) -> &mut dyn Any;
    fn copied(&self) -> Box<dyn Value>;
    fn equals(&self, other: &dyn Any) -> bool;
}

impl<T: Choosable> Value for T {
    fn name(&self) -> &'static str {
        Choosable::name(self)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn copied(&self) -> Box<dyn Value> {
        Box::new(self.clone())
    }

    fn equals(&self, other: &dyn Any) -> bool {
        other.downcast_ref::<T>() == Some(self)
    }
}
