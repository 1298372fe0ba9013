//! What the machine is that records a drill, for who reads its figures later. Its name is nobody's business.

use std::fs;

use drill::journal::Event;

/// The line of the journal that says it.
pub(super) fn machine() -> Event {
    let kernel = |name: &str| {
        let text = fs::read_to_string(format!("/proc/sys/kernel/{name}"));
        text.map(|text| text.trim().to_owned()).unwrap_or_default()
    };
    let kernel = format!(
        "{} {} {}",
        kernel("ostype"),
        kernel("osrelease"),
        std::env::consts::ARCH
    );
    let processor = fs::read_to_string("/proc/cpuinfo")
        .ok()
        .and_then(|text| model(&text));
    Event::Machine {
        kernel: kernel.trim().to_owned(),
        processor: processor.unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
        cores: std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64),
    }
}

/// The model of the first processor. Some architectures tell none.
fn model(cpuinfo: &str) -> Option<String> {
    let value = |line: &str| {
        let (name, value) = line.split_once(':')?;
        (name.trim() == "model name").then(|| value.trim().to_owned())
    };
    cpuinfo.lines().find_map(value).filter(|model| !model.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_is_read_as_the_kernel_writes_it() {
        let text =
            "processor\t: 0\nvendor_id\t: A\nmodel name\t: A Fine Processor @ 2.10GHz\nmodel name\t: B\n";
        assert_eq!(model(text).as_deref(), Some("A Fine Processor @ 2.10GHz"));
        assert_eq!(model("processor\t: 0\nBogoMIPS\t: 50.00\n"), None);
    }
}
