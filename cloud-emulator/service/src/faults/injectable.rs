//! A fault that can be injected.

use async_trait::async_trait;
use drill::scenario::Fault;

use super::active::ActiveFault;
use super::context::FaultContext;
use super::error::PartialInjection;
use super::evidence::FaultEvidence;

/// A fault of a scenario, together with what it breaks.
#[async_trait]
pub trait InjectableFault: Send + Sync {
    /// Breaks it, through the resource itself. `targets` are what the plan chose; the fault ends with the guard in what is
    /// returned, if it can end.
    async fn inject(
        &self,
        fault: &Fault,
        context: &FaultContext<'_>,
        targets: &[String],
    ) -> Result<ActiveFault, PartialInjection>;

    /// Reads back through the public API, with the keys of the audit, that it is broken in the way of this fault.
    async fn verify(&self, context: &FaultContext<'_>, broken: &ActiveFault) -> FaultEvidence;
}

/// The fault that an action is, if it is one of a service: for each type that a scenario chooses, what breaks the service.
///
/// ```ignore
/// faults! { action:
///     S3DeleteBucket as spec => delete_bucket::DeleteBucket { service, spec },
/// }
/// ```
#[macro_export]
macro_rules! faults {
    ($action:ident: $($type:ty as $spec:ident => $fault:expr),+ $(,)?) => {{
        $(
            if let Some($spec) = $action.get::<$type>() {
                let fault: Box<dyn $crate::faults::InjectableFault + '_> = Box::new($fault);
                return Some(fault);
            }
        )+
        None
    }};
}
