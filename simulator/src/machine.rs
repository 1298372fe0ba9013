//! What the machine is on which drills run: what is measured depends on it. Its name is not recorded.

use std::fs;

use baseline::Machine;
use drill::journal::{Event, Journal};

/// What recorded a drill, as its journal has it: the version of Firedrill, and the machine.
pub(crate) fn recorded(journal: &Journal) -> (Option<String>, Option<Machine>) {
    let tool = journal.events().find_map(|(_, event)| match event {
        Event::Started { tool, .. } => Some(tool.clone()),
        _ => None,
    });
    let machine = journal.events().find_map(|(_, event)| match event {
        Event::Machine { processor, cores, .. } => Some(Machine {
            cpu: processor.clone(),
            cores: u32::try_from(*cores).unwrap_or(u32::MAX),
        }),
        _ => None,
    });
    (tool, machine)
}

/// The kernel, its version and architecture (`Linux 6.12.0 x86_64`).
pub(crate) fn kernel() -> String {
    let told = |name: &str| {
        let text = fs::read_to_string(format!("/proc/sys/kernel/{name}"));
        text.map(|text| text.trim().to_owned()).unwrap_or_default()
    };
    let kernel = format!(
        "{} {} {}",
        told("ostype"),
        told("osrelease"),
        std::env::consts::ARCH
    );
    kernel.trim().to_owned()
}

/// The model of the first processor.
pub(crate) fn processor() -> String {
    model(&fs::read_to_string("/proc/cpuinfo").unwrap_or_default())
}

/// The processors that this program may use.
pub(crate) fn cores() -> u32 {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    u32::try_from(cores).unwrap_or(u32::MAX)
}

/// As the system names it; on ARM, where the kernel names none, who made it and which part it is.
fn model(cpuinfo: &str) -> String {
    let field = |name: &str| {
        let mut lines = cpuinfo.lines();
        lines.find_map(|line| {
            let (key, value) = line.split_once(':')?;
            (key.trim() == name && !value.trim().is_empty()).then(|| value.trim().to_owned())
        })
    };
    let of_arm = || {
        let (maker, part) = (field("CPU implementer")?, field("CPU part")?);
        Some(format!("CPU implementer {maker}, part {part}"))
    };
    let named = field("model name").or_else(of_arm);
    named.unwrap_or_else(|| format!("unknown processor ({})", std::env::consts::ARCH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processors_are_called_as_the_system_calls_them() {
        let intel =
            "processor\t: 0\nmodel name\t: Example(R) 9000 @ 2.5GHz\nprocessor\t: 1\nmodel name\t: Another\n";
        assert_eq!(model(intel), "Example(R) 9000 @ 2.5GHz");
        let arm = "processor\t: 0\nBogoMIPS\t: 50.00\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n";
        assert_eq!(model(arm), "CPU implementer 0x41, part 0xd0c");
        assert!(model("").starts_with("unknown processor"));
        assert!(cores() >= 1);
    }
}
