//! From a file's text to a scenario, or to everything that is wrong with it.

use serde_json::{Value as Json, json};

use super::decode::{Context, Kind, Path, Record, Table, TableDoc};
use super::diagnostic::{Diagnostic, Mark, Places, Warning};
use super::{Platform, Scenario, fill, validate, yaml};

/// A scenario without errors, and what else its file tells.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// What it says.
    pub scenario: Scenario,
    /// What will disappoint, in the order of the file.
    pub warnings: Vec<Warning>,
    /// Where its fields stand, for checks of what lies beside it.
    pub places: Places,
}

impl Scenario {
    /// The largest file that is read, in bytes.
    pub const MAX_BYTES: usize = yaml::MAX_BYTES;

    /// Decodes and checks a scenario. `file` is its name in messages.
    ///
    /// # Errors
    /// Everything that is wrong with it, in the order of the file.
    pub fn parse(file: &str, text: &str) -> Result<(Scenario, Vec<Warning>), Vec<Diagnostic>> {
        let parsed = parse(file, text, Checked::For(None))?;
        Ok((parsed.scenario, parsed.warnings))
    }

    /// Like [`Scenario::parse`], from a file's bytes, which need not be text.
    ///
    /// # Errors
    /// As [`Scenario::parse`]; and when the bytes are not UTF-8, where the first wrong one stands.
    pub fn parse_bytes(file: &str, bytes: &[u8]) -> Result<(Scenario, Vec<Warning>), Vec<Diagnostic>> {
        Scenario::parse_bytes_for(file, bytes, None)
    }

    /// Like [`Scenario::parse_bytes`], for a drill on this platform: what it cannot do is an error, too.
    ///
    /// # Errors
    /// As [`Scenario::parse_bytes`].
    pub fn parse_bytes_for(
        file: &str,
        bytes: &[u8],
        platform: Option<Platform>,
    ) -> Result<(Scenario, Vec<Warning>), Vec<Diagnostic>> {
        let parsed = Scenario::read(file, bytes, platform)?;
        Ok((parsed.scenario, parsed.warnings))
    }

    /// Like [`Scenario::parse_bytes_for`], with the places of all fields.
    ///
    /// # Errors
    /// As [`Scenario::parse_bytes`].
    pub fn read(file: &str, bytes: &[u8], platform: Option<Platform>) -> Result<Parsed, Vec<Diagnostic>> {
        parse(file, as_text(file, bytes)?, Checked::For(platform))
    }

    /// Like [`Scenario::read`], also of a file with errors as far as it could be read, so that what lies beside it can be
    /// checked all the same. Without errors there is a scenario.
    pub fn read_as_far_as_possible(
        file: &str,
        bytes: &[u8],
        platform: Option<Platform>,
    ) -> (Option<Parsed>, Vec<Diagnostic>) {
        match as_text(file, bytes) {
            Ok(text) => parse_all(file, text, Checked::For(platform)),
            Err(errors) => (None, errors),
        }
    }

    /// The scenario of a run that was recorded. It was checked for its cloud before the run began; it is not checked
    /// again, so that a run can be judged by a version that would refuse to run it.
    ///
    /// # Errors
    /// If the file cannot be decoded.
    pub fn read_recorded(file: &str, bytes: &[u8]) -> Result<Scenario, Vec<Diagnostic>> {
        Ok(parse(file, as_text(file, bytes)?, Checked::Before)?.scenario)
    }
}

/// Whether what a scenario means is checked.
#[derive(Clone, Copy)]
enum Checked {
    /// For a drill on this platform, if it is known.
    For(Option<Platform>),
    /// It was checked when it ran.
    Before,
}

fn parse(file: &str, text: &str, checked: Checked) -> Result<Parsed, Vec<Diagnostic>> {
    match parse_all(file, text, checked) {
        (Some(parsed), errors) if errors.is_empty() => Ok(parsed),
        (_, errors) => Err(errors),
    }
}

/// The scenario as far as it could be read, and every error.
fn parse_all(file: &str, text: &str, checked: Checked) -> (Option<Parsed>, Vec<Diagnostic>) {
    let mut errors = Vec::new();
    let Some(tree) = yaml::read(file, text, &mut errors) else {
        return (None, in_order(errors));
    };
    let mut context = Context::new(file, errors);
    let read = Record::<Scenario>::new().read(&tree, &Path::Root, &mut context);
    context.resolve();
    let mut warnings = Vec::new();
    let scenario = read.map(|mut scenario| {
        fill::fill(&mut scenario, &mut context);
        if let Checked::For(platform) = checked {
            warnings = validate::validate(&scenario, platform, &mut context);
        }
        scenario
    });
    let (errors, places) = context.into_parts();
    let parsed = scenario.map(|scenario| Parsed {
        scenario,
        warnings,
        places,
    });
    (parsed, in_order(errors))
}

/// A file beside scenarios, of the same YAML and decoded by a table of its own, with the places of its fields.
///
/// # Errors
/// Everything that is wrong with it, in the order of the file.
pub(crate) fn decode_file<T: Table>(file: &str, bytes: &[u8]) -> Result<(T, Places), Vec<Diagnostic>> {
    let mut errors = Vec::new();
    let Some(tree) = yaml::read(file, as_text(file, bytes)?, &mut errors) else {
        return Err(in_order(errors));
    };
    let mut context = Context::new(file, errors);
    let read = Record::<T>::new().read(&tree, &Path::Root, &mut context);
    context.resolve();
    let (errors, places) = context.into_parts();
    match read {
        Some(read) if errors.is_empty() => Ok((read, places)),
        _ => Err(in_order(errors)),
    }
}

/// In the order of the file: what is said of a whole value is found after what is wrong within it.
fn in_order(mut errors: Vec<Diagnostic>) -> Vec<Diagnostic> {
    errors.sort_by_key(|error| error.mark);
    // What follows from an error at the same place says nothing new.
    errors.dedup_by(|later, earlier| later.mark == earlier.mark && later.path == earlier.path);
    errors
}

fn as_text<'b>(file: &str, bytes: &'b [u8]) -> Result<&'b str, Vec<Diagnostic>> {
    std::str::from_utf8(bytes).map_err(|e| vec![not_text(file, bytes, e.valid_up_to())])
}

fn not_text(file: &str, bytes: &[u8], at: usize) -> Diagnostic {
    let before = String::from_utf8_lossy(&bytes[..at]);
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let mark = Mark {
        line: count(before.matches('\n').count() + 1),
        column: count(before[line_start..].chars().count() + 1),
    };
    Diagnostic {
        file: file.to_owned(),
        mark,
        path: String::new(),
        found: format!("the byte 0x{:02x}, which is not UTF-8", bytes[at]),
        allowed: "text in UTF-8".to_owned(),
        hint: None,
    }
}

/// The JSON Schema (2020-12) of scenarios, made from the tables that decode them.
pub fn schema() -> Json {
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Firedrill scenario",
    });
    if let (Some(schema), Json::Object(described)) =
        (schema.as_object_mut(), Record::<Scenario>::new().schema())
    {
        schema.extend(described);
    }
    schema
}

/// The fields of a scenario with what they mean, made from the tables that decode them.
pub fn documentation() -> Vec<TableDoc> {
    Record::<Scenario>::new().tables()
}
