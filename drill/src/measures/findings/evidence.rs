//! What findings are made from.

use crate::audit::AuditRecord;
use crate::measures::case::Case;
use crate::measures::data::Data;
use crate::measures::incidents::Incident;
use crate::report::Fleet;

/// Everything that findings are made from.
pub(crate) struct Evidence<'e, 'a> {
    pub(crate) case: &'e Case<'a>,
    pub(crate) incidents: &'e [Incident<'a>],
    pub(crate) data: &'e [Data<'a>],
    pub(crate) fleet: Option<&'e Fleet>,
    /// How the stores of two regions compare, at each audit.
    pub(crate) compared: Vec<&'e AuditRecord>,
}
