//! What a writer can write to buckets: a file each, and a line here.

writers! {
    /// The writers of S3.
    const WRITERS {
        put_object::S3PutObject,
    }
}
