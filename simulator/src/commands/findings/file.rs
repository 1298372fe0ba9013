//! The file of the register: read as a whole, written as a whole or not at all.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use drill::register::{Day, FindingsRegister};
use drill::scenario::Scenario;

use crate::exit::Failure;
use crate::run_folder;

/// `findings.yaml` as it is.
pub(crate) struct RegisterFile {
    /// As the user named it.
    pub(crate) path: PathBuf,
    /// Its text; empty if it is not there.
    pub(crate) text: String,
    /// What it says.
    pub(crate) register: FindingsRegister,
    /// Whether there is a file.
    pub(crate) is_there: bool,
}

impl RegisterFile {
    /// Reads the register that the user named, or that of this name in this folder, where none may be.
    ///
    /// # Errors
    /// A file that was named and is not there (unless it will be made), cannot be read, or has errors: all of them.
    pub(crate) fn read(
        named: Option<&Path>,
        usual: &Path,
        creates: bool,
        today: &Day,
    ) -> Result<RegisterFile, Failure> {
        let path = named.unwrap_or(usual);
        let name = path.display().to_string();
        let text = match text(path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound && (named.is_none() || creates) => None,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(Failure::Input(format!(
                    "{name}: there is no such register; firedrill findings --update --register {name} makes one"
                )));
            }
            Err(error) => return Err(Failure::Input(format!("{name}: cannot be read: {error}"))),
        };
        let is_there = text.is_some();
        let text = text.unwrap_or_default();
        let register = FindingsRegister::parse_on(&name, &text, today).map_err(|errors| {
            let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
            Failure::Input(lines.join("\n"))
        })?;
        Ok(RegisterFile {
            path: path.to_owned(),
            text,
            register,
            is_there,
        })
    }

    /// The file's name in messages.
    pub(crate) fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// Replaces the text, and the file by it.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn write(&mut self, text: String) -> Result<(), Failure> {
        if text == self.text {
            return Ok(());
        }
        // What a link points to is written, and the link stays.
        let place = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        run_folder::write(&place, text.as_bytes())?;
        self.register = FindingsRegister::parse(&self.name(), &text).unwrap_or_default();
        self.text = text;
        self.is_there = true;
        Ok(())
    }
}

fn text(path: &Path) -> io::Result<String> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let mut text = String::new();
    File::open(path)?
        .take(Scenario::MAX_BYTES as u64 + 1)
        .read_to_string(&mut text)?;
    Ok(text)
}
