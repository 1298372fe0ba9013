//! How much a scenario may ask for. Each is far above what a drill needs and far below what would do harm.

use crate::units::Span;

/// The shortest span that is not nothing.
pub(crate) const INSTANT: Span = Span::from_millis(1);
/// The shortest time between two of anything that recurs.
pub(crate) const SHORTEST_PERIOD: Span = Span::from_millis(100);
/// The longest span.
pub(crate) const LONGEST: Span = Span::from_mins(60 * 24 * 90);
/// The longest history.
pub(crate) const LONGEST_HISTORY: Span = Span::from_mins(60 * 24 * 3650);
/// The fastest clock.
pub(crate) const SPEED: u64 = 3600;
/// The most devices.
pub(crate) const DEVICES: u64 = 100_000;
/// The most devices that a fleet may stand for: as many as a storm is simulated with.
pub(crate) const STANDS_FOR: u64 = 8_000_000_000;
/// The most objects in one bucket's inventory.
pub(crate) const OBJECTS: u64 = 1_000_000;
/// The most bytes that all inventories may come to, taken at their largest.
pub(crate) const INVENTORY_BYTES: u64 = 8 << 30;
/// The most writes of one writer in a drill.
pub(crate) const WRITES: i64 = 1_000_000;
/// The most objects that one probe reads.
pub(crate) const SAMPLE: u64 = 1000;
/// The most regions.
pub(crate) const REGIONS: usize = 8;
/// The most past durations that one distribution is made of.
pub(crate) const SEEN: usize = 10_000;
/// The most of anything else that a file lists.
pub(crate) const ITEMS: usize = 200;
