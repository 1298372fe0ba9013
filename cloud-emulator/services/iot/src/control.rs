//! What the parent tells a broker process: lines of JSON through a pipe that the process inherits.
//!
//! ```text
//!   parent ── first line: what to be ──► child        never on the command line, which everybody can read
//!          ── orders, each with a number ──►
//!          ◄── stdout: done, or why not ──            a process that is frozen or dead answers nothing
//! ```

use std::collections::HashMap;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::unix::pipe;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use super::config::{BrokerConfig, Target};

/// What a process is to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Start {
    pub(super) config: BrokerConfig,
    /// How many processes this broker has had before.
    pub(super) life: u32,
    /// What those were told that still holds.
    pub(super) orders: Vec<Order>,
}

/// What a process may be told while it runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(super) enum Order {
    /// Hand a message to those who subscribed.
    Publish {
        topic: String,
        /// In base 64.
        payload: String,
    },
    /// Tell newcomers that the service is not available, or no longer.
    Refuse { on: bool },
    /// Cut off all who are connected.
    Reset,
    /// Bring what a rule takes somewhere else.
    Retarget {
        rule: String,
        /// The gateway behind which the target is, and its region.
        endpoint: String,
        region: String,
        target: Target,
    },
}

/// An order as it stands on a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Numbered {
    pub(super) number: u64,
    pub(super) order: Order,
}

/// Orders that may wait for their answer; a process that is frozen answers none.
const WAITING: usize = 256;

/// The parent's end.
#[derive(Debug)]
pub(super) struct Control {
    lines: UnboundedSender<String>,
    answers: Mutex<Answers>,
}

/// How an order went.
type OrderOutcome = Result<(), Refused>;

/// The process refused an order, in its words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct Refused(String);

/// Too many orders wait for their answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{WAITING} orders wait for their answer")]
pub(super) struct TooManyOrders;

#[derive(Debug, Default)]
struct Answers {
    next: u64,
    waiting: HashMap<u64, oneshot::Sender<OrderOutcome>>,
}

impl Control {
    /// Tells the process at the other end of `pipe` what to be.
    ///
    /// # Errors
    /// The descriptor is no pipe's writing end.
    pub(super) fn open(pipe: OwnedFd, start: &Start) -> io::Result<Arc<Control>> {
        let pipe = pipe::Sender::from_owned_fd(pipe)?;
        let (lines, written) = unbounded_channel();
        let control = Control {
            lines,
            answers: Mutex::default(),
        };
        control.write(start);
        tokio::spawn(write_lines(pipe, written));
        Ok(Arc::new(control))
    }

    /// Gives an order; what comes back is its answer, or nothing if the process ends before.
    ///
    /// # Errors
    /// Too many wait for their answer.
    pub(super) fn give(&self, order: Order) -> Result<oneshot::Receiver<OrderOutcome>, TooManyOrders> {
        let (sender, answer) = oneshot::channel();
        let number = {
            let mut answers = self.answers.lock();
            if answers.waiting.len() >= WAITING {
                return Err(TooManyOrders);
            }
            answers.next += 1;
            let number = answers.next;
            answers.waiting.insert(number, sender);
            number
        };
        self.write(&Numbered { number, order });
        Ok(answer)
    }

    /// Gives an order whose answer is not waited for; it is handled when the process is not frozen any more.
    pub(super) fn send(&self, order: Order) {
        self.write(&Numbered { number: 0, order });
    }

    /// The process has said how it went.
    pub(super) fn answered(&self, number: u64, error: Option<String>) {
        if let Some(waiting) = self.answers.lock().waiting.remove(&number) {
            // The caller may have given up.
            let _ = waiting.send(error.map_or(Ok(()), |why| Err(Refused(why))));
        }
    }

    /// The process has ended: pending requests get no answer.
    pub(super) fn close(&self) {
        self.answers.lock().waiting.clear();
    }

    fn write(&self, line: &impl Serialize) {
        let text = serde_json::to_string(line).expect("a line of text and numbers");
        // The other end goes when the process does.
        let _ = self.lines.send(text);
    }
}

async fn write_lines(mut pipe: pipe::Sender, mut lines: UnboundedReceiver<String>) {
    while let Some(mut line) = lines.recv().await {
        line.push('\n');
        if pipe.write_all(line.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// The process's end.
#[derive(Debug)]
pub(super) struct Orders {
    lines: Lines<BufReader<pipe::Receiver>>,
}

impl Orders {
    /// Opens the pipe and reads what to be.
    ///
    /// # Errors
    /// There is no pipe, or it says something else.
    pub(super) async fn open(path: &Path) -> io::Result<(Start, Orders)> {
        let pipe = pipe::OpenOptions::new().open_receiver(path)?;
        let mut lines = BufReader::new(pipe).lines();
        let first = lines.next_line().await?.ok_or(io::ErrorKind::UnexpectedEof)?;
        Ok((serde_json::from_str(&first)?, Orders { lines }))
    }

    /// The next order; never, once the parent gives none any more. Nothing is lost when this future is
    /// dropped before it is ready.
    pub(super) async fn next(&mut self) -> Numbered {
        loop {
            match self.lines.next_line().await {
                Ok(Some(line)) => match serde_json::from_str(&line) {
                    Ok(order) => return order,
                    Err(error) => tracing::warn!(%error, "not an order"),
                },
                Ok(None) => std::future::pending().await,
                Err(error) => {
                    tracing::warn!(%error, "orders cannot be read any more");
                    std::future::pending().await
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> Start {
        let json = r#"{"listen":"127.0.0.1:0","open_to_others":false,"connects_per_second":1,"connects_per_second_per_client":1,"max_connections":1,"marks":"/m",
            "endpoint":"e","region":"r","keys":{"access_key":"a","secret_key":"s"},"rules":[]}"#;
        Start {
            config: serde_json::from_str(json).unwrap(),
            life: 3,
            orders: Vec::new(),
        }
    }

    #[tokio::test]
    async fn orders_come_in_their_order_and_are_answered() {
        let (reader, writer) = std::io::pipe().unwrap();
        let control = Control::open(writer.into(), &start()).unwrap();
        let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&reader));
        let (told, mut orders) = Orders::open(Path::new(&path)).await.unwrap();
        assert_eq!(told, start());
        let publish = |n: usize| Order::Publish {
            topic: format!("topic/{n}"),
            payload: "x".repeat(100_000),
        };
        let given: Vec<_> = (0..WAITING).map(|n| control.give(publish(n)).unwrap()).collect();
        assert!(control.give(publish(0)).is_err(), "they are bounded");
        for (n, answer) in given.into_iter().enumerate() {
            let next = orders.next().await;
            assert_eq!(next.order, publish(n));
            let error = (n % 2 == 1).then(|| "no".to_owned());
            control.answered(next.number, error.clone());
            control.answered(next.number, None);
            assert_eq!(
                answer.await.unwrap(),
                error.map_or(Ok(()), |why| Err(Refused(why)))
            );
        }
        let last = control.give(publish(7)).unwrap();
        control.close();
        assert!(last.await.is_err(), "a process that has ended does not answer");
    }
}
