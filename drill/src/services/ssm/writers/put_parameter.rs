//! `ssm.put_parameter`: parameters are written at a steady pace.

use crate::scenario::Writes;
use crate::scenario::decode::{Documentation, Fields, Name, Table, Whole, share, written};
use crate::scenario::limits::OBJECTS;
use crate::services::ssm::HIERARCHIES;
use crate::units::Fraction;

/// Nothing can be deleted that was not written.
const MOST_DELETES: Fraction = Fraction::HALF;

/// Puts parameters.
pub(super) struct PutParameter(pub(super) Writes);

impl PutParameter {
    /// Its name in a scenario.
    pub(super) const NAME: &'static str = "ssm.put_parameter";
}

impl Table for PutParameter {
    const DOC: &'static str = "Puts parameters, and deletes some of them if it says so.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "It goes over `keys` parameters in turn and overwrites each, so that its history grows. \
            Each write is recorded in the ledger when it is produced and when SSM acknowledges it. \
            A delete that is acknowledged counts as a write.",
        needs: &[("cloud.parameters", "the hierarchy")],
        example: r"
writers:
  settings: {do: ssm.put_parameter, parameters: settings, every: 30s, keys: 40}
",
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let parameters = f.required("parameters", "The label of the hierarchy.", Name::Of(HIERARCHIES));
        let size = f.or(
            "size",
            "How many bytes each value holds, at most 2KiB; a value is their hexadecimal digits.",
            written(),
            "16B..256B",
        );
        let keys = f.optional(
            "keys",
            "Over how many parameters it goes in turn (default: each write has its own).",
            Whole(1, OBJECTS),
        );
        let deletes = f.optional(
            "deletes",
            "How many of its writes delete one of its own parameters instead (default: none).",
            share(MOST_DELETES),
        );
        Some(PutParameter(Writes {
            store: parameters?,
            size: Some(size),
            keys,
            deletes,
        }))
    }
}
