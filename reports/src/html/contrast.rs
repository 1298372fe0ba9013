//! Every text stands out from its ground by 4.5 to 1 at least (WCAG 2.2, success criterion 1.4.3), computed from the style
//! sheet, in light and in dark.

use std::collections::BTreeMap;

use super::page::STYLE;

/// A text's colour and the ground that it stands on.
const PAIRS: [(&str, &str); 24] = [
    ("text", "ground"),
    ("text", "panel"),
    ("text", "window"),
    ("text", "good-ground"),
    ("text", "bad-ground"),
    ("text", "open-ground"),
    ("text", "note-ground"),
    ("quiet", "ground"),
    ("quiet", "panel"),
    ("quiet", "good-ground"),
    ("quiet", "bad-ground"),
    ("quiet", "open-ground"),
    ("good", "good-ground"),
    ("bad", "bad-ground"),
    ("open", "open-ground"),
    ("note", "note-ground"),
    ("good", "panel"),
    ("bad", "panel"),
    ("note", "panel"),
    ("open", "panel"),
    ("good", "ground"),
    ("bad", "ground"),
    ("open", "ground"),
    ("note", "ground"),
];

/// The variables of a block of the style sheet.
fn variables(block: &str) -> BTreeMap<&str, [f64; 3]> {
    block
        .split(';')
        .filter_map(|one| {
            let (name, value) = one.split_once("--")?.1.split_once(':')?;
            let digits = value
                .trim()
                .strip_prefix('#')
                .filter(|digits| digits.len() == 6)?;
            let channel = |n: usize| u8::from_str_radix(&digits[n..n + 2], 16).ok().map(f64::from);
            Some((name.trim(), [channel(0)?, channel(2)?, channel(4)?]))
        })
        .collect()
}

/// Relative luminance, as WCAG 2.2 defines it.
fn luminance(colour: [f64; 3]) -> f64 {
    let linear = |channel: f64| match channel / 255.0 {
        c if c <= 0.04045 => c / 12.92,
        c => ((c + 0.055) / 1.055).powf(2.4),
    };
    let [red, green, blue] = colour.map(linear);
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

fn blocks() -> Vec<&'static str> {
    let of = |text: &'static str| text.split('}').next().unwrap();
    STYLE.split(":root {").skip(1).map(of).collect()
}

#[test]
fn black_on_white_is_21_to_1() {
    assert!((contrast([0.0; 3], [255.0; 3]) - 21.0).abs() < 0.01);
}

#[test]
fn every_text_stands_out_from_its_ground() {
    let blocks = blocks();
    assert_eq!(blocks.len(), 2, "light and dark");
    let mut low = Vec::new();
    for (theme, block) in ["light", "dark"].iter().zip(blocks) {
        let colours = variables(block);
        for (text, ground) in PAIRS {
            let found = contrast(colours[text], colours[ground]);
            if found < 4.5 {
                low.push(format!("{theme}: {text} on {ground} is {found:.2} to 1"));
            }
        }
    }
    assert!(low.is_empty(), "{}", low.join("\n"));
}

#[test]
fn no_colour_of_a_text_is_missing_in_the_pairs() {
    for block in STYLE.split('}') {
        let (_, rules) = block.split_once('{').unwrap_or_default();
        let colours = rules
            .split(';')
            .filter_map(|rule| rule.trim().strip_prefix("color:"));
        for colour in colours {
            let name = colour
                .trim()
                .strip_prefix("var(--")
                .and_then(|rest| rest.strip_suffix(')'));
            let known = name.is_none_or(|name| PAIRS.iter().any(|(text, _)| *text == name));
            assert!(known, "{colour} has no pair");
        }
    }
}
