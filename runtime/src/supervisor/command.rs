//! Commands to the supervisor's thread.

use std::io;
use std::path::PathBuf;
use std::sync::mpsc::SyncSender;

use super::child::Child;
use super::program::Program;
use super::spec::ChildSpec;

/// A command to the thread.
pub(super) enum Command {
    Spawn(Box<ChildSpec>, SyncSender<io::Result<Child>>),
    /// Have the reaper remove this folder; reply when it has the order.
    RemoveAfterwards(PathBuf, SyncSender<()>),
    /// Have the reaper remove this control group; reply when it has the order.
    RemoveGroupAfterwards(PathBuf, SyncSender<()>),
    /// Have the reaper run this program; reply when it has the order.
    RunAfterwards(u64, Program, SyncSender<io::Result<()>>),
    /// The reaper need not run this program any more.
    Forget(u64),
    /// Answer when what children have written by now was passed on.
    Settle(SyncSender<()>),
    End,
}
