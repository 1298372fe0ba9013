//! `firedrill schema`: the JSON Schema of scenarios, for editors.

use crate::exit::{End, Failure};
use crate::output;

pub(crate) fn execute() -> Result<End, Failure> {
    let schema = serde_json::to_string_pretty(&drill::scenario::schema())
        .map_err(|error| Failure::Environment(error.to_string()))?;
    output::write(&format!("{schema}\n"))?;
    Ok(End::Done)
}
