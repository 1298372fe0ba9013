//! `firedrill explain`: the reference of the scenario format, on the terminal.

use std::io::IsTerminal;

use clap::Args;
use drill::reference::{Found, find, pages};
use drill::variables::CommandVariable;
use reports::terminal::{self, Style};

use crate::exit::{End, Failure};
use crate::{hints, output};

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// A section, fault, action, probe or writer (`s3.sync`), a part of a section (`cloud.buckets`), a list (`faults`,
    /// `actions`), a service (`s3`), or `variables`; without it all of them, with a line each.
    name: Option<String>,
}

pub(crate) fn execute(arguments: &Explain) -> Result<End, Failure> {
    let no_color = std::env::var_os(CommandVariable::NoColor.name());
    let columns = usize::from(output::columns());
    let style = Style::detect(
        std::io::stdout().is_terminal(),
        no_color.as_deref(),
        Some(columns),
    );
    let text = match &arguments.name {
        None => terminal::reference_index(&pages(), style),
        Some(name) => match find(name) {
            Found::Page(page) => terminal::reference(&page, style),
            Found::SameName(pages) => {
                let texts = pages.iter().map(|page| terminal::reference(page, style));
                texts.collect::<Vec<String>>().join("\n")
            }
            Found::Several(pages) => terminal::reference_index(&pages, style),
            Found::Nothing(hint) => return Err(nothing(name, hint)),
        },
    };
    output::write(&text)?;
    Ok(End::Done)
}

/// That nothing has this name, and what to type instead.
fn nothing(name: &str, hint: Option<String>) -> Failure {
    let hint = hint.unwrap_or_else(|| format!("{} explain lists all names", hints::program()));
    Failure::Input(format!(
        "{name:?} is no section, fault, action, probe or writer; hint: {hint}"
    ))
}
