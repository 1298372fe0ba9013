//! `firedrill list`: what there is to drill.

use std::path::PathBuf;

use clap::Args;
use comfy_table::{ContentArrangement, Table, presets};

use crate::exit::{End, Failure};
use crate::{output, source};

#[derive(Debug, Args)]
pub(crate) struct List {
    /// The folder to look in.
    #[arg(default_value = "scenarios")]
    pub(crate) folder: PathBuf,
}

pub(crate) fn execute(arguments: &List) -> Result<End, Failure> {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["scenario", "system", "title", "targets"]);
    let mut broken = Vec::new();
    for file in source::files(&arguments.folder)? {
        match source::read(&file, None) {
            Ok(source) => {
                let scenario = source.scenario;
                let targets = targets(&scenario);
                table.add_row([
                    file.display().to_string(),
                    scenario.system,
                    scenario.title,
                    targets,
                ]);
            }
            Err(_) => broken.push(file),
        }
    }
    output::write(&drill::text::clean(&format!("{table}\n")))?;
    for file in broken {
        output::note(format_args!(
            "{0}: has errors; firedrill check {0} shows them",
            file.display()
        ));
    }
    Ok(End::Done)
}

fn targets(scenario: &drill::scenario::Scenario) -> String {
    let services = scenario.objectives.services.iter().map(|service| {
        let target =
            |name: &str, span: Option<drill::units::Span>| span.map(|span| format!(" {name} {span}"));
        let (rto, rpo) = (target("RTO", service.rto), target("RPO", service.rpo));
        format!(
            "{}{}{}",
            service.name,
            rto.unwrap_or_default(),
            rpo.unwrap_or_default()
        )
    });
    services.collect::<Vec<_>>().join(", ")
}
