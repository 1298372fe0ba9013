//! The shared page from which the processes of a drill read its time.
//!
//! ```text
//!   owner ──writes──► memfd: phase, rate, (wall, drill, until) of the segment, calendar ◄──reads── every process
//!                            generation ──futex──► watcher of each child: re-arm your timer
//! ```
//!
//! The owner itself reads its page, too, so that reading the clock takes no lock. A sequence lock guards
//! the values: the owner makes the sequence odd *before* it reads the wall instant of a change, and a
//! reader takes its wall instant between two reads of the sequence. A reader therefore never continues an
//! old rate beyond the instant at which it ended, and drill time never goes back.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering, fence};
use std::time::Duration;

use memmap2::MmapRaw;
use rustix::fs::{MemfdFlags, Timespec, memfd_create};
use rustix::thread::futex;

use super::state::Phase;
use super::timeline::{Rate, Segment};
use crate::wall::Mono;

/// "fdclock" and the version of the layout.
const MAGIC: u64 = u64::from_le_bytes(*b"fdclock\x02");

#[repr(C)]
struct Layout {
    magic: AtomicU64,
    sequence: AtomicU32,
    generation: AtomicU32,
    phase: AtomicU64,
    rate: AtomicU64,
    wall_ns: AtomicU64,
    drill_fs: [AtomicU64; 2],
    until_ns: AtomicU64,
    calendar_us: AtomicI64,
}

/// The content of the page at one wall instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct View {
    pub(super) phase: Phase,
    pub(super) segment: Segment,
    pub(super) calendar_us: i64,
}

impl View {
    fn granted_until(mut self, until: Mono) -> View {
        self.segment.until = until;
        self
    }
}

/// The mapped page.
pub(super) struct Page {
    file: File,
    map: MmapRaw,
}

impl Page {
    /// A page of this process, frozen.
    pub(super) fn create(view: View) -> io::Result<Page> {
        let file = File::from(memfd_create("firedrill-clock", MemfdFlags::CLOEXEC)?);
        file.set_len(size_of::<Layout>() as u64)?;
        let map = MmapRaw::map_raw(&file)?;
        let page = Page { file, map };
        page.store(&view);
        page.layout().magic.store(MAGIC, Ordering::Release);
        Ok(page)
    }

    /// The page of another process, behind a descriptor that it handed down.
    pub(super) fn attach(file: File) -> io::Result<Page> {
        let not_a_page = || {
            io::Error::new(
                io::ErrorKind::InvalidData,
                "this is not the page of a drill clock",
            )
        };
        if file.metadata()?.len() != size_of::<Layout>() as u64 {
            return Err(not_a_page());
        }
        let map = memmap2::MmapOptions::new().map_raw_read_only(&file)?;
        let page = Page { file, map };
        if page.layout().magic.load(Ordering::Acquire) != MAGIC {
            return Err(not_a_page());
        }
        Ok(page)
    }

    /// The descriptor to hand down to children.
    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    /// Another descriptor of the same page.
    pub(super) fn duplicate_fd(&self) -> io::Result<OwnedFd> {
        Ok(self.file.try_clone()?.into())
    }

    fn layout(&self) -> &Layout {
        // SAFETY: the mapping is page-aligned, at least as long as `Layout` (both constructors see to
        // that), lives as long as `self`, and is made of atomics only; `Layout` is plain integers, so
        // every bit pattern is valid. Followers only load, which a read-only mapping allows.
        unsafe { &*self.map.as_ptr().cast::<Layout>() }
    }

    /// The content of the page, and `now` taken at the same moment.
    pub(super) fn read(&self, mono: impl Fn() -> Mono) -> (View, Mono) {
        let layout = self.layout();
        let mut spins = 0u32;
        loop {
            let before = layout.sequence.load(Ordering::Acquire);
            if before.is_multiple_of(2) {
                let now = mono();
                let view = self.load();
                fence(Ordering::SeqCst);
                if layout.sequence.load(Ordering::Relaxed) == before {
                    return (view, now);
                }
            }
            spins += 1;
            if spins.is_multiple_of(64) {
                std::thread::yield_now(); // The owner may have been preempted in the middle of a change.
            } else {
                std::hint::spin_loop();
            }
        }
    }

    /// Lets `change` run while readers wait, and publishes what it returns. Only one thread of the owner
    /// may be in here at a time. Returns whether watchers have anything to do: a grant that is renewed is none.
    pub(super) fn write<R>(&self, change: impl FnOnce() -> (R, View)) -> (R, bool) {
        let layout = self.layout();
        let sequence = layout.sequence.load(Ordering::Relaxed);
        layout.sequence.store(sequence.wrapping_add(1), Ordering::Relaxed);
        fence(Ordering::SeqCst);
        let (result, view) = change();
        let before = self.load();
        if before != view {
            self.store(&view);
        }
        let is_new = before.granted_until(view.segment.until) != view;
        if is_new {
            layout.generation.fetch_add(1, Ordering::Relaxed);
        }
        layout.sequence.store(sequence.wrapping_add(2), Ordering::Release);
        (result, is_new)
    }

    /// Wakes the watchers in other processes.
    pub(super) fn announce(&self) {
        // The call cannot fail; it is no error if no process waits.
        let _ = futex::wake(&self.layout().generation, futex::Flags::empty(), i32::MAX as u32);
    }

    /// How often the page has changed.
    pub(super) fn generation(&self) -> u32 {
        self.layout().generation.load(Ordering::Acquire)
    }

    /// Blocks until the page is of another generation than `seen`, at most `limit`.
    pub(super) fn wait_beyond(&self, seen: u32, limit: Duration) {
        let limit = Timespec {
            tv_sec: limit.as_secs() as i64,
            tv_nsec: i64::from(limit.subsec_nanos()),
        };
        let word = &self.layout().generation;
        match futex::wait(word, futex::Flags::empty(), seen, Some(&limit)) {
            Ok(()) => {}
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR | rustix::io::Errno::TIMEDOUT) => {}
            // A kernel without futexes on shared pages: poll twice in a millisecond.
            Err(_) => crate::wall::block(Duration::from_micros(500)),
        }
    }

    fn load(&self) -> View {
        let layout = self.layout();
        let [low, high] = [0, 1].map(|i: usize| layout.drill_fs[i].load(Ordering::Relaxed));
        View {
            phase: match layout.phase.load(Ordering::Relaxed) {
                0 => Phase::Frozen,
                1 => Phase::Running,
                _ => Phase::Stopped,
            },
            segment: Segment {
                wall: Mono::from_ns(layout.wall_ns.load(Ordering::Relaxed)),
                drill_fs: (i128::from(high as i64) << 64) | i128::from(low),
                rate: Rate::from_millionths(layout.rate.load(Ordering::Relaxed)),
                until: Mono::from_ns(layout.until_ns.load(Ordering::Relaxed)),
            },
            calendar_us: layout.calendar_us.load(Ordering::Relaxed),
        }
    }

    fn store(&self, view: &View) {
        let layout = self.layout();
        let phase = match view.phase {
            Phase::Frozen => 0,
            Phase::Running => 1,
            Phase::Stopped => 2,
        };
        let fs = view.segment.drill_fs;
        layout.phase.store(phase, Ordering::Relaxed);
        layout
            .rate
            .store(view.segment.rate.millionths(), Ordering::Relaxed);
        layout.wall_ns.store(view.segment.wall.as_ns(), Ordering::Relaxed);
        layout.drill_fs[0].store(fs as u64, Ordering::Relaxed);
        layout.drill_fs[1].store((fs >> 64) as u64, Ordering::Relaxed);
        layout
            .until_ns
            .store(view.segment.until.as_ns(), Ordering::Relaxed);
        layout.calendar_us.store(view.calendar_us, Ordering::Relaxed);
    }
}
