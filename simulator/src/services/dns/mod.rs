//! DNS: the logical names by which clients find everything else.

mod failover;
