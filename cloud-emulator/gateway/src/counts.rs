//! What went through the gateway, counted without a lock.

use std::sync::atomic::{AtomicU64, Ordering};

use super::principal::Principal;

/// The classes of statuses that are told apart, from 2xx on.
const CLASSES: usize = 4;

/// What went through since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests by who made them.
    pub requests: PrincipalCounts,
    /// Answers with a status of 200 to 299, 300 to 399, 400 to 499, and 500 and above, by who had asked.
    pub answers: [PrincipalCounts; CLASSES],
    /// Answers with a status of 400 to 499.
    pub client_errors: u64,
    /// Answers with a status of 500 and above.
    pub server_errors: u64,
    /// Bytes read from connections, heads included.
    pub bytes_in: u64,
    /// Bytes written to connections, heads included.
    pub bytes_out: u64,
}

/// Requests by principal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrincipalCounts([u64; Principal::ALL.len() + 1]);

impl PrincipalCounts {
    /// The count of one principal.
    pub fn by_principal(&self, principal: Principal) -> u64 {
        self.0[principal as usize]
    }

    /// Unsigned ones, and those with a key that is not of this run.
    pub fn unsigned(&self) -> u64 {
        self.0[Principal::ALL.len()]
    }

    /// All of them.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    number: AtomicU64,
    requests: [AtomicU64; Principal::ALL.len() + 1],
    answers: [[AtomicU64; Principal::ALL.len() + 1]; CLASSES],
    client_errors: AtomicU64,
    server_errors: AtomicU64,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
}

impl Counters {
    /// Counts a request and numbers it.
    pub(crate) fn request(&self, principal: Option<Principal>) -> u64 {
        self.requests[place(principal)].fetch_add(1, Ordering::Relaxed);
        self.number.fetch_add(1, Ordering::Relaxed)
    }

    /// Counts an answer to a request of `principal`.
    pub(crate) fn response(&self, principal: Option<Principal>, status: http::StatusCode) {
        let class = usize::from(status.as_u16() / 100).clamp(2, CLASSES + 1) - 2;
        self.answers[class][place(principal)].fetch_add(1, Ordering::Relaxed);
        if status.is_client_error() {
            self.client_errors.fetch_add(1, Ordering::Relaxed);
        } else if status.is_server_error() {
            self.server_errors.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn bytes_in(&self, n: u64) {
        self.bytes_in.fetch_add(n, Ordering::Relaxed);
    }

    pub(crate) fn bytes_out(&self, n: u64) {
        self.bytes_out.fetch_add(n, Ordering::Relaxed);
    }

    pub(crate) fn read(&self) -> Counts {
        let value = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            // Answers are read first: there are never more of them than requests.
            answers: self
                .answers
                .each_ref()
                .map(|class| PrincipalCounts(class.each_ref().map(value))),
            requests: PrincipalCounts(self.requests.each_ref().map(value)),
            client_errors: value(&self.client_errors),
            server_errors: value(&self.server_errors),
            bytes_in: value(&self.bytes_in),
            bytes_out: value(&self.bytes_out),
        }
    }
}

/// Where a principal is counted.
fn place(principal: Option<Principal>) -> usize {
    principal.map_or(Principal::ALL.len(), |p| p as usize)
}
