//! How an input is made up.

pub(super) const REGIONS: [&str; 2] = ["us-west-2", "us-east-1"];

/// The key that inputs are signed with.
pub(super) const KEY: &str = "AKIDFUZZ";

pub(super) const SECRET: &str = "what the signer knows";

/// Between two requests of one connection.
pub(super) const NEXT: &[u8] = b"\0NEXT\0";

/// Bytes of an input before its requests.
pub(super) const PREFIX: usize = 6;

/// Where requests go, and how they are signed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Signing {
    /// As they are, to a cloud whose secrets are unknown.
    Unsigned,
    /// Signed with another secret.
    Forged,
    /// Signed with the right one.
    Signed,
    /// Signed with the right one, and a byte changed afterwards.
    Changed,
    /// As they are, to a cloud that allows anonymous requests.
    Anonymous,
}

impl Signing {
    pub(super) fn from_byte(byte: u8) -> Signing {
        [
            Signing::Unsigned,
            Signing::Forged,
            Signing::Signed,
            Signing::Changed,
            Signing::Anonymous,
        ][usize::from(byte % 5)]
    }
}
