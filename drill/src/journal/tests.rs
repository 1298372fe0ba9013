use super::*;

fn written(events: Vec<Event>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut prev = NO_PREVIOUS.to_owned();
    for (seq, event) in events.into_iter().enumerate() {
        let line = Line {
            v: VERSION,
            seq: seq as u64,
            drill_us: DrillTime::ZERO,
            wall_us: 0,
            prev,
            event,
        };
        let text = serde_json::to_vec(&line).unwrap();
        prev = line_hash(&text);
        bytes.extend_from_slice(&text);
        bytes.push(b'\n');
    }
    bytes
}

fn three() -> Vec<u8> {
    let warn = |text: &str| Event::Warning {
        text: text.to_owned(),
    };
    written(vec![
        warn("a"),
        warn("b"),
        Event::Finished {
            reason: EndReason::Recovered,
        },
    ])
}

#[test]
fn a_whole_journal_is_read_and_finished() {
    let journal = read(&three()).unwrap();
    assert_eq!(journal.lines.len(), 3);
    assert_eq!(journal.finished(), Some(EndReason::Recovered));
    assert!(!journal.torn);
}

#[test]
fn a_torn_last_line_is_dropped() {
    let bytes = three();
    let journal = read(&bytes[..bytes.len() - 5]).unwrap();
    assert_eq!(journal.lines.len(), 2);
    assert!(journal.torn);
    assert_eq!(journal.finished(), None);
}

#[test]
fn a_changed_line_is_found() {
    let text = String::from_utf8(three()).unwrap();
    let changed = text.replacen("\"text\":\"a\"", "\"text\":\"z\"", 1);
    assert_eq!(
        read(changed.as_bytes()).unwrap_err(),
        JournalError::Broken { line: 2 }
    );
    let removed: String = text
        .lines()
        .enumerate()
        .filter(|(n, _)| *n != 1)
        .map(|(_, l)| format!("{l}\n"))
        .collect();
    assert_eq!(
        read(removed.as_bytes()).unwrap_err(),
        JournalError::Broken { line: 2 }
    );
}

#[test]
fn garbage_and_other_versions_are_told_apart() {
    assert!(matches!(
        read(b"{}\n"),
        Err(JournalError::Unreadable { line: 1, .. })
    ));
    let text = String::from_utf8(three())
        .unwrap()
        .replacen(&format!("\"v\":{VERSION}"), "\"v\":9", 1);
    assert_eq!(
        read(text.as_bytes()).unwrap_err(),
        JournalError::Version { line: 1, found: 9 }
    );
    assert!(read(b"").unwrap().lines.is_empty());
}
