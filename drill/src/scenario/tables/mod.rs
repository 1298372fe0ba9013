//! The tables of fields: what each part of a scenario may say.

mod cloud;
mod expectation;
mod functions;
mod load;
mod objectives;
mod response;
mod root;

pub(crate) use load::UNSIZED;

/// Counts are bounded by their kinds; this only narrows their type.
fn small(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
