//! The layout that all charts share: their width, and where drawings begin and end.

/// The width of every drawing.
pub(crate) const WIDTH: f64 = 1040.0;
/// Where drawings begin; left of it stand the names of rows.
pub(crate) const LEFT: f64 = 190.0;
/// Where they end.
pub(crate) const RIGHT: f64 = 1010.0;
/// The height of one row of names.
pub(super) const NAME_ROW: f64 = 16.0;
