//! What a writer can write to parameters: a file each, and a line here.

writers! {
    /// The writers of SSM.
    const WRITERS {
        put_parameter::PutParameter,
    }
}
