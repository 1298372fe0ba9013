//! Whose a container is: the labels that say who started it (see [`ProcessIdentity`]).

use std::collections::HashMap;
use std::io;

use cloud_service::ProcessIdentity;

/// The run that a container belongs to.
pub(super) const RUN: &str = "firedrill.run";
/// The region that it stands for.
pub(super) const REGION: &str = "firedrill.region";
const PID: &str = "firedrill.pid";
const STARTED: &str = "firedrill.pid-started";
const NAMESPACE: &str = "firedrill.pid-namespace";
const BOOT: &str = "firedrill.boot";

/// The name of a run that no run of any machine shares, from the token that none of this machine shares.
pub(super) fn run(token: &str) -> io::Result<String> {
    Ok(format!("{token}-{}", ProcessIdentity::own()?.boot))
}

/// The labels of the containers that this process starts in a run.
pub(super) fn labels(run: &str) -> io::Result<Vec<(&'static str, String)>> {
    let own = ProcessIdentity::own()?;
    Ok(vec![
        (RUN, run.to_owned()),
        (PID, own.pid.to_string()),
        (STARTED, own.started.to_string()),
        (NAMESPACE, format!("pid:[{}]", own.namespace)),
        (BOOT, own.boot),
    ])
}

/// Whether the process that started a container with these labels has certainly ended.
pub(super) fn starter_is_gone(labels: &HashMap<String, String>) -> io::Result<bool> {
    match starter(labels) {
        Some(starter) => Ok(starter.is_gone(&ProcessIdentity::own()?)),
        None => Ok(false),
    }
}

fn starter(labels: &HashMap<String, String>) -> Option<ProcessIdentity> {
    let namespace = labels.get(NAMESPACE)?.strip_prefix("pid:[")?.strip_suffix(']')?;
    Some(ProcessIdentity {
        boot: labels.get(BOOT)?.clone(),
        namespace: namespace.to_owned(),
        pid: labels.get(PID)?.parse().ok()?,
        started: labels.get(STARTED)?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_say_who_started_a_container() {
        let labels: HashMap<String, String> = super::labels("a-run")
            .unwrap()
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        assert_eq!(starter(&labels), Some(ProcessIdentity::own().unwrap()));
        assert!(!starter_is_gone(&labels).unwrap(), "this process lives");
        for name in [NAMESPACE, BOOT, PID, STARTED] {
            let mut fewer = labels.clone();
            fewer.remove(name);
            assert!(!starter_is_gone(&fewer).unwrap(), "not ours: without {name}");
        }
        assert!(run("1-2").unwrap().starts_with("1-2-"));
    }
}
