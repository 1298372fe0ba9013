//! Explanations that hold for several rows.

/// Signatures.
pub(super) const UNVERIFIED: &str = "LocalStack verifies no signatures and knows no keys.";

/// Replication.
pub(super) const NOT_COPIED: &str = "LocalStack stores a replication configuration and copies nothing.";

/// Copies that are made by requests.
pub(super) const COPIED_AS_NEW: &str = "LocalStack stores a replication configuration and copies nothing. The copies \
    that our gateway makes there are versions of their own: no request can give them the id and the date of the \
    original, and the report marks results that rest on those as decided by the emulator. LocalStack counts the tags \
    of a current version as none; they are there.";

/// Lambda without Docker socket.
pub(super) const NOT_RUN: &str = "LocalStack runs functions in containers that it starts itself. Without Docker \
    socket and runtime images a function ends in the state Failed, and cannot be invoked, changed or deleted.";

/// Listings of encoded or non-ASCII keys.
pub(super) const ENCODED_KEYS: &str = "LocalStack compares the marker with keys as they are shown, not as they are: \
    with `encoding-type=url`, which the AWS CLI and boto3 always ask for, a page may repeat or leave out keys that \
    are shown encoded, and paging may never end.";

/// Listings of objects.
pub(super) const NON_ASCII_TOKEN: &str = "LocalStack's continuation token is the last key, which it reads back as \
    ASCII: another key at a page's edge ends the listing with an internal error.";
