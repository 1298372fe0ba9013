//! Whole fleets: on a broker in memory under a clock moved by hand, and on mosquitto in real time.

mod common;
mod discovery;
mod memory;
mod mosquitto;
mod storm;
