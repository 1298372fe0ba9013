//! `firedrill cloud`: a scenario's cloud and broker without a drill.
use crate::cli::Cloud;
use crate::exit::{End, Failure};

pub(crate) fn execute(_arguments: &Cloud) -> Result<End, Failure> {
    Ok(End::Done)
}
