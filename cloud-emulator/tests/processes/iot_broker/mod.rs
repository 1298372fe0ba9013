//! The broker with real processes and other people's clients.

mod bench;
mod cloud;
mod devices;
mod functions;
mod listeners;
mod lives;
mod load;
mod rules;
mod sessions;
