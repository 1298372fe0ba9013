//! The broker with real processes and other people's clients.

mod bench;
mod cloud;
mod devices;
mod doors;
mod functions;
mod lives;
mod load;
mod rules;
mod sessions;
