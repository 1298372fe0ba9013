//! Another user of this machine: a thread that gave up root for good. To the kernel what it opens, connects and starts
//! is that user's.

use rustix::process::{Gid, Uid, geteuid};
use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};

use super::skip;

/// `nobody`, whom root's sandboxes run as, and a user whom nothing belongs to.
pub(crate) const OTHERS: [u32; 2] = [65534, 54_321];

/// Whether this process can become another user.
pub(crate) fn others() -> bool {
    let root = geteuid().is_root();
    if !root {
        skip("only root can become another user");
    }
    root
}

/// Does `work` as this user, who is in the group of the same number alone.
pub(crate) fn as_user<T: Send>(id: u32, work: impl FnOnce() -> T + Send) -> T {
    let done = std::thread::scope(|scope| {
        let become_other = move || {
            set_thread_groups(&[])?;
            let (group, user) = (Gid::from_raw(id), Uid::from_raw(id));
            set_thread_res_gid(group, group, group)?;
            set_thread_res_uid(user, user, user)
        };
        let other = scope.spawn(move || {
            become_other().expect("root may become any user");
            assert_eq!(geteuid().as_raw(), id);
            work()
        });
        other.join()
    });
    done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
