//! What a step can do with brokers: a file each, and a line here.

use crate::scenario::actions::ActionSpec;

registry! {
    /// The actions of IoT Core.
    const ACTIONS: Action as ActionSpec {
        restart_broker::IotRestartBroker,
    }
}
