//! Replication: copies of acknowledged writes in another bucket, each after a lag of its own.
//!
//! ```text
//!   client's write ──► Store ──Change──► Backlog (pure) ──due, in drill time──► worker ──► put_replica
//!   put-bucket-replication ────┘            │ paused: held back                   └► ReplicationEvent
//! ```
//!
//! A write takes its place in the backlog before its client has the answer, so none is lost and the queries
//! below are exact. Its lag is the draw `replication/<label>/<key>` at the number of this write among the
//! key's writes, so the same write has the same lag in every run.
//!
//! What is copied is what the bucket's replication configuration says when it is written (`rules`):
//!
//! - Delete markers only if asked, deletions of versions never, copies of copies never. An older version
//!   never hides a newer one ([`crate::embedded::Store::put_replica`]).
//! - A configuration that is removed, or put without an enabled rule, ends replication: what is pending
//!   then is given up, and stays given up when it is enabled again, as AWS documents it for writes made in
//!   the meantime. (For those pending at that moment its documents are silent; giving them up is the
//!   outcome that a plan must reckon with.) Nothing is copied retroactively.
//! - A body that does not match its stored checksum, a destination that is gone or keeps no versions: the
//!   source's status becomes `FAILED`, and an event says so.
//! - A paused bucket ([`Replicator::pause`]) keeps its backlog. When it goes on, copies that are overdue are
//!   made at once, oldest due first, the others when they are due, as after an interruption at AWS. Putting an
//!   enabled configuration ends the pause, too: it is what an operator can do about it.

mod backlog;
mod copy;
mod lateness;
mod progress;
mod replicator;
pub(crate) mod rules;
pub(crate) mod schema;
mod source;
mod worker;

pub use self::copy::{Copy, ReplicationError};
pub use self::lateness::Late;
pub use self::progress::{Progress, ReplicationEvent, Uncopied};
pub use self::replicator::{Pause, Replicator, ReplicatorOptions};
pub use self::source::{DEFAULT_LAG, Source};
