//! Containers on a real engine, seen through the `docker` client.
//!
//! Tests that need an engine or an image that is not here are skipped with a printed reason, and fail instead if
//! `FIREDRILL_REQUIRE_CONTAINERS` is set.

pub(crate) mod child;
mod docker;
mod errors;
mod gone;
mod lives;
mod registry;
