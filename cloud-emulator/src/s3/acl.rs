//! Access control lists: who was granted what.

/// Who is granted something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grantee {
    /// An account, by its canonical id.
    Account(Box<str>),
    /// Everybody, signed or not.
    AllUsers,
    /// Everybody who signs.
    AuthenticatedUsers,
    /// The delivery of access logs.
    LogDelivery,
}

/// What is granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Everything.
    FullControl,
    /// List a bucket, read an object.
    Read,
    /// Write into a bucket.
    Write,
    /// Read the list itself.
    ReadAcp,
    /// Write the list itself.
    WriteAcp,
}

/// A list of grants. The owner always may do everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Acl {
    /// The grants in the order in which they were given.
    pub grants: Vec<(Grantee, Permission)>,
}
