//! Who writes a key at this moment.
//!
//! Answers may overtake each other: which of two writes of one key that are under way at once took effect last, only
//! the endpoint knows. And a copy may be on its way when a client writes what it would hide. So writes are counted:
//! clients never wait for each other, but know when they were not alone; a copy waits until no client writes its key,
//! and clients wait for the copy.

use std::collections::HashMap;

use parking_lot::Mutex;
use tokio::sync::Notify;

type Key = (String, String);

#[derive(Debug, Default)]
struct Now {
    clients: usize,
    /// More than one since the key was last at rest.
    several: bool,
    copying: bool,
}

/// The keys that are written at this moment.
#[derive(Debug, Default)]
pub(super) struct Turns {
    keys: Mutex<HashMap<Key, Now>>,
    ended: Notify,
}

/// A client writes a key as long as this is held.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    turns: &'a Turns,
    key: Key,
    copies: bool,
}

impl Turns {
    /// A client's write, which waits for a copy alone.
    pub(super) async fn client(&self, bucket: &str, key: &str) -> Turn<'_> {
        self.acquire(bucket, key, false).await
    }

    /// A copy, which waits for everybody.
    pub(super) async fn copy(&self, bucket: &str, key: &str) -> Turn<'_> {
        self.acquire(bucket, key, true).await
    }

    /// Waits until no copy of this key is under way.
    pub(super) async fn no_copy(&self, bucket: &str, key: &str) {
        let key = (bucket.to_owned(), key.to_owned());
        loop {
            let mut ended = std::pin::pin!(self.ended.notified());
            ended.as_mut().enable();
            let copying = self.keys.lock().get(&key).is_some_and(|now| now.copying);
            if !copying {
                return;
            }
            ended.await;
        }
    }

    async fn acquire(&self, bucket: &str, key: &str, copies: bool) -> Turn<'_> {
        let key = (bucket.to_owned(), key.to_owned());
        loop {
            let mut ended = std::pin::pin!(self.ended.notified());
            // It may end between the look and the wait.
            ended.as_mut().enable();
            if self.begins(&key, copies) {
                return Turn {
                    turns: self,
                    key,
                    copies,
                };
            }
            ended.await;
        }
    }

    fn begins(&self, key: &Key, copies: bool) -> bool {
        let mut keys = self.keys.lock();
        let now = keys.entry(key.clone()).or_default();
        if now.copying || (copies && now.clients > 0) {
            return false;
        }
        if copies {
            now.copying = true
        } else {
            now.clients += 1;
            now.several |= now.clients > 1;
        }
        true
    }
}

impl Turn<'_> {
    /// Whether no other client wrote this key meanwhile.
    pub(super) fn alone(&self) -> bool {
        let keys = self.turns.keys.lock();
        keys.get(&self.key).is_none_or(|now| !now.several)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut keys = self.turns.keys.lock();
        if let Some(now) = keys.get_mut(&self.key) {
            if self.copies {
                now.copying = false
            } else {
                now.clients -= 1
            }
            if now.clients == 0 && !now.copying {
                keys.remove(&self.key);
            }
        }
        drop(keys);
        self.turns.ended.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[test]
    fn clients_do_not_wait_and_know_when_they_were_not_alone() {
        let turns = Turns::default();
        let first = turns.client("b", "k").now_or_never().unwrap();
        assert!(first.alone());
        assert!(turns.client("b", "other").now_or_never().unwrap().alone());
        drop(turns.client("b", "k").now_or_never().unwrap());
        assert!(!first.alone());
        drop(first);
        assert!(turns.client("b", "k").now_or_never().unwrap().alone());
        assert!(turns.keys.lock().is_empty());
    }

    #[test]
    fn a_copy_waits_for_clients_and_they_for_it() {
        let turns = Turns::default();
        let client = turns.client("b", "k").now_or_never().unwrap();
        let mut copy = Box::pin(turns.copy("b", "k"));
        assert!(copy.as_mut().now_or_never().is_none());
        // One that waits does not block others.
        drop(turns.client("b", "k").now_or_never().unwrap());
        drop(client);
        let copy = copy.now_or_never().unwrap();
        let mut client = Box::pin(turns.client("b", "k"));
        assert!(client.as_mut().now_or_never().is_none());
        assert!(turns.copy("b", "k").now_or_never().is_none());
        assert!(turns.no_copy("b", "k").now_or_never().is_none());
        drop(copy);
        assert!(turns.no_copy("b", "k").now_or_never().is_some());
        assert!(client.now_or_never().unwrap().alone());
    }
}
