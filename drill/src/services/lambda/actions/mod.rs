//! What a step can do with functions: a file each, and a line here.

use crate::scenario::actions::ActionSpec;

registry! {
    /// The actions of Lambda.
    const ACTIONS: Action as ActionSpec {
        deploy::LambdaDeploy,
        rollback::LambdaRollback,
        redrive::LambdaRedrive,
        put_concurrency::LambdaPutConcurrency,
    }
}
