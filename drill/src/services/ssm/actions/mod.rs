//! What a step can do with parameters: a file each, and a line here.

use crate::scenario::actions::ActionSpec;

registry! {
    /// The actions of SSM.
    const ACTIONS: Action as ActionSpec {
        put_parameter::SsmPutParameter,
        copy_parameters::SsmCopyParameters,
    }
}
