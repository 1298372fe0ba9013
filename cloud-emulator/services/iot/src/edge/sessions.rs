//! Who is connected, by client id: at most one connection each, and one connect a second.
//!
//! ```text
//!   newcomer ──► quota of its id ──► the one before leaves ──► has left ──► passed on
//! ```
//!
//! MQTT lets a newcomer take over from an older connection of the same client id. rumqttd, too, but it
//! mixes the two up if the older one closes meanwhile; so the edge lets the older one leave first, and
//! waits until rumqttd has hung up on it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use drill::units::DrillTime;
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use drill::firmware::Quota;

/// How many ids are remembered before those are forgotten whose quota is full again.
const REMEMBERED: usize = 4096;

/// The connections of an edge.
#[derive(Debug)]
pub(crate) struct Sessions {
    per_second: u32,
    refusing: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    present: HashMap<String, Tokens>,
    quotas: HashMap<String, Quota>,
    forget_at: usize,
    /// Ends all who came before.
    reset: CancellationToken,
}

/// A connection, for those who want it to leave.
#[derive(Clone, Debug)]
struct Tokens {
    leave: CancellationToken,
    left: CancellationToken,
}

/// A connection's place; the connection that waits for it to leave is notified when this is dropped.
#[derive(Debug)]
pub(super) struct Session {
    sessions: Arc<Sessions>,
    id: String,
    tokens: Tokens,
    reset: CancellationToken,
}

/// Why a connection has to leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leave {
    /// Another one with its client id is there.
    TakenOver,
    /// All are cut off.
    Reset,
    /// It has been silent for longer than its keep-alive allows.
    Silent,
}

impl Sessions {
    /// Without connections; each id may begin `per_second` of them per second of drill time.
    pub(crate) fn new(per_second: u32) -> Arc<Sessions> {
        let state = State {
            present: HashMap::new(),
            quotas: HashMap::new(),
            forget_at: REMEMBERED,
            reset: CancellationToken::new(),
        };
        Arc::new(Sessions {
            per_second,
            refusing: AtomicBool::new(false),
            state: Mutex::new(state),
        })
    }

    /// Whether a connection of `id` may begin at `now`.
    pub(super) fn may_connect(&self, id: &str, now: DrillTime) -> bool {
        if id.is_empty() {
            return true;
        }
        let mut state = self.state.lock();
        let state = &mut *state;
        if state.quotas.len() >= state.forget_at {
            state.quotas.retain(|_, quota| !quota.is_full(now));
            state.forget_at = REMEMBERED.max(2 * state.quotas.len());
        }
        match state.quotas.get_mut(id) {
            Some(quota) => quota.acquire(now),
            None => {
                let mut quota = Quota::new(self.per_second, now);
                let granted = quota.acquire(now);
                state.quotas.insert(id.to_owned(), quota);
                granted
            }
        }
    }

    /// The place of `id`, once the one before has left. Not to be dropped before it is ready: the connection that waits
    /// for this one waits for the one before, too.
    pub(super) async fn enter(self: &Arc<Sessions>, id: &str) -> Session {
        let (session, before) = self.announce(id);
        if let Some(before) = before {
            before.left.cancelled().await;
        }
        session
    }

    fn announce(self: &Arc<Sessions>, id: &str) -> (Session, Option<Tokens>) {
        let tokens = Tokens {
            leave: CancellationToken::new(),
            left: CancellationToken::new(),
        };
        let mut state = self.state.lock();
        let before = if id.is_empty() {
            None
        } else {
            state.present.insert(id.to_owned(), tokens.clone())
        };
        // While the lock is held: one that leaves by itself must know that its place is taken.
        if let Some(before) = &before {
            before.leave.cancel();
        }
        let session = Session {
            sessions: self.clone(),
            id: id.to_owned(),
            tokens,
            reset: state.reset.clone(),
        };
        (session, before)
    }

    /// Whether newcomers are told that the service is not available.
    pub(super) fn refuses(&self) -> bool {
        self.refusing.load(Ordering::Acquire)
    }

    /// See [`Sessions::refuses`].
    pub(crate) fn refuse(&self, on: bool) {
        self.refusing.store(on, Ordering::Release);
    }

    /// Cuts off all who are there.
    pub(crate) fn reset(&self) {
        let fresh = CancellationToken::new();
        let all = std::mem::replace(&mut self.state.lock().reset, fresh);
        all.cancel();
    }
}

impl Session {
    /// Waits until it has to leave.
    pub(super) async fn leave(&self) -> Leave {
        tokio::select! {
            () = self.tokens.leave.cancelled() => Leave::TakenOver,
            () = self.reset.cancelled() => Leave::Reset,
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let mut state = self.sessions.state.lock();
        // Another connection may have its place by now, the one that asked it to leave.
        if !self.tokens.leave.is_cancelled() {
            state.present.remove(&self.id);
        }
        drop(state);
        self.tokens.left.cancel();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn newcomers_wait_for_all_who_came_before() {
        let sessions = Sessions::new(1);
        let first = sessions.enter("a").await;
        let _other = sessions.enter("b").await;
        let enter = |sessions: &Arc<Sessions>| {
            let sessions = sessions.clone();
            tokio::spawn(async move { sessions.enter("a").await })
        };
        let second = enter(&sessions);
        assert_eq!(first.leave().await, Leave::TakenOver);
        let third = enter(&sessions);
        tokio::task::yield_now().await;
        assert!(!second.is_finished() && !third.is_finished());
        drop(first);
        let second = second.await.unwrap();
        assert_eq!(second.leave().await, Leave::TakenOver);
        assert!(!third.is_finished());
        drop(second);
        let third = third.await.unwrap();
        assert_eq!(sessions.state.lock().present.len(), 2);
        drop(third);
        assert_eq!(sessions.state.lock().present.len(), 1, "nothing is left of them");
        let nameless = [sessions.enter("").await, sessions.enter("").await];
        sessions.reset();
        for session in nameless {
            assert_eq!(session.leave().await, Leave::Reset);
        }
    }

    #[test]
    fn each_id_has_a_quota_of_its_own_and_is_forgotten_when_it_is_full() {
        let sessions = Sessions::new(1);
        let at = |ms: i64| DrillTime::from_us(ms * 1000);
        assert!(sessions.may_connect("a", at(0)));
        assert!(!sessions.may_connect("a", at(999)));
        assert!(sessions.may_connect("b", at(999)));
        assert!(sessions.may_connect("a", at(1000)));
        assert!(
            (0..5).all(|_| sessions.may_connect("", at(0))),
            "clients without an id are not limited"
        );
        for n in 0..3 * REMEMBERED as i64 {
            assert!(sessions.may_connect(&format!("device-{n}"), at(2000 + n)));
        }
        let remembered = sessions.state.lock().quotas.len();
        assert!(remembered <= REMEMBERED, "{remembered}");
    }
}
