//! Lambda with real processes and the real `aws` client.

mod asynchronous;
mod bench;
mod cli;
mod cli_settings;
pub(crate) mod function;
mod hostile;
mod isolated;
mod running;
