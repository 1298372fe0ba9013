//! The tables of fields: what each part of a scenario may say.

mod cloud;
mod expectation;
mod load;
mod objectives;
mod response;
mod root;
