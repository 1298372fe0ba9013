//! What must hold of all formats at once.

use serde_json::{Number, Value};

use super::*;
use crate::{fixtures, terminal};

/// Sets every number: whole ones to `whole`, others to `seconds`.
fn set_numbers(value: &mut Value, whole: u64, seconds: f64) {
    match value {
        Value::Number(number) if number.is_f64() => {
            *value = Number::from_f64(seconds).map_or(Value::Null, Value::Number);
        }
        Value::Number(number) if number.as_u64() != Some(1) => *value = whole.into(),
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| set_numbers(item, whole, seconds)),
        Value::Object(fields) => fields
            .values_mut()
            .for_each(|field| set_numbers(field, whole, seconds)),
        _ => {}
    }
}

#[test]
fn no_figure_makes_a_format_fail() {
    let figures = [
        (0, 0.0),
        (1, -1.0),
        (u64::MAX, 1e300),
        (u64::MAX, -1e300),
        (7, 1e-9),
        (3, 9.3e12),
        (2, 31_536_000.0),
    ];
    for (name, judged) in fixtures::all() {
        for (whole, seconds) in figures {
            let mut value = serde_json::to_value(&judged.report).unwrap();
            set_numbers(&mut value, whole, seconds);
            let mut extreme = judged.clone();
            extreme.report = serde_json::from_value(value).unwrap();
            for format in FORMATS {
                let text = (format.render)(&extreme);
                assert!(
                    !text.contains("NaN") && text.len() < 3_000_000,
                    "{name} {}",
                    format.file
                );
            }
            let style = terminal::Style {
                colour: true,
                width: 80,
            };
            assert!(terminal::render(&extreme, style, None).len() < 100_000, "{name}");
        }
    }
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    for format in FORMATS {
        for ((name, one), (_, other)) in fixtures::all().into_iter().zip(fixtures::all()) {
            assert_eq!(
                (format.render)(&one),
                (format.render)(&other),
                "{name} {}",
                format.file
            );
        }
    }
}

#[test]
fn each_format_has_a_file_of_its_own() {
    let mut files: Vec<&str> = FORMATS.iter().map(|format| format.file).collect();
    assert!(files.iter().all(|file| !file.contains(['/', '\\'])));
    files.sort_unstable();
    files.dedup();
    assert_eq!(files.len(), FORMATS.len());
}
