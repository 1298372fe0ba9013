//! Lambda with real processes and the real `aws` client.

mod asynchronous;
mod bench;
mod cli;
pub(crate) mod function;
mod hostile;
mod isolated;
mod running;
