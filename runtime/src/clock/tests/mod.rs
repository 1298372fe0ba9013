//! Tests of the clock: the pure core with hand-given instants, the futures on a clock moved by hand, and a
//! few short runs of the real thread.

mod core;
mod futures;
mod real;
