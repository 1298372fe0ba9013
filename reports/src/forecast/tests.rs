use std::collections::BTreeSet;

use roxmltree::Document;
use serde_json::Value;

use super::fixtures::{self, extreme, many, none, normal};
use super::*;
use crate::html::tests::{drawings, seen};

#[test]
fn summaries_at_a_hundred_columns() {
    for (name, study) in fixtures::all() {
        insta::assert_snapshot!(format!("terminal-{name}"), terminal(&study, 100));
    }
}

#[test]
fn rows_for_programs() {
    for (name, study) in [("normal", normal()), ("extreme", extreme())] {
        insta::assert_snapshot!(format!("csv-{name}"), csv(&study));
        let text = csv(&study);
        let mut rows = text.lines();
        let columns = rows.next().unwrap().split(',').count();
        // Texts of the normal study have no commas.
        assert!(name != "normal" || rows.all(|row| row.split(',').count() == columns));
    }
}

#[test]
fn pages_as_they_are_read() {
    for (name, study) in [("normal", normal()), ("extreme", extreme())] {
        let page = read(&html(&study)).replace(env!("CARGO_PKG_VERSION"), "VERSION");
        insta::assert_snapshot!(format!("page-{name}"), page);
    }
}

/// The page without drawings and markup; a cell is a line.
fn read(page: &str) -> String {
    let mut page = page.to_owned();
    while let Some(from) = page.find("<svg") {
        // A drawing may hold no other.
        let to = from + page[from..].find("</svg>").unwrap() + "</svg>".len();
        page.replace_range(from..to, "");
    }
    for end in [
        "</td>",
        "</th>",
        "</p>",
        "</h1>",
        "</h2>",
        "</li>",
        "</figcaption>",
        "</div>",
        "</span>",
    ] {
        page = page.replace(end, &format!("\n{end}"));
    }
    let text = seen(&page);
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    lines.join("\n")
}

/// Everything that the JSON says, as the page would write it.
fn written(value: &Value, runs: u64, into: &mut BTreeSet<String>) {
    let mut add = |text: String| into.extend(text.split([' ', '–']).map(str::to_owned));
    match value {
        Value::Number(number) => {
            let n = number.as_f64().unwrap();
            add(text::time(n));
            add(text::percent(n));
            add(text::rank(n));
            add(number.to_string());
            if let Some(whole) = number.as_u64() {
                add(crate::text::count(whole));
                add(text::part(whole, runs));
                add(text::of_hundred(whole, runs));
            }
        }
        Value::String(text) => text.split_whitespace().for_each(|word| add(word.to_owned())),
        Value::Array(items) => items.iter().for_each(|item| written(item, runs, into)),
        Value::Object(fields) => fields.values().for_each(|field| written(field, runs, into)),
        Value::Null | Value::Bool(_) => {}
    }
}

#[test]
fn every_figure_of_the_page_stands_in_the_json() {
    for (name, study) in [("normal", normal()), ("many", many())] {
        let json: Value = serde_json::from_str(&json(&study)).unwrap();
        let mut known = BTreeSet::new();
        written(&json, study.runs, &mut known);
        // What the words say beside figures: shares of a hundred, the confidence of an interval, a version, a hash's name.
        for word in [
            "100",
            "95",
            "90",
            "99",
            "5",
            "50",
            "1:",
            "0:",
            "SHA-256",
            env!("CARGO_PKG_VERSION"),
            "2000",
            "0",
            "1",
        ] {
            known.insert(word.to_owned());
        }
        // What is left for none of the durations.
        let shares: f64 = study.durations.iter().map(|duration| duration.share).sum();
        known.insert(text::percent(1.0 - shares).replace(" %", ""));
        let unknown = |word: &&str| {
            let bare = word.trim_matches(|c: char| "().,;:".contains(c));
            let parts: Vec<&str> = bare.split('–').collect();
            word.contains(|c: char| c.is_ascii_digit())
                && ![*word, bare].into_iter().any(|word| known.contains(word))
                && !parts.iter().all(|part| known.contains(*part))
        };
        let page = read(&html(&study));
        // How many rows have no room is no figure of the study.
        let lines = page.lines().filter(|line| !line.contains("Left out here"));
        let found: BTreeSet<&str> = lines.flat_map(str::split_whitespace).filter(unknown).collect();
        assert!(found.is_empty(), "{name}: {found:?}");
    }
}

#[test]
fn every_target_duration_and_assumption_is_on_the_page() {
    let study = normal();
    let page = read(&html(&study));
    let has = |needle: &str| assert!(page.contains(needle), "lacks {needle}");
    for target in &study.targets {
        has(&text::target(target));
        has(&text::percent(target.chance));
        has(&text::interval(target.chance_low, target.chance_high));
    }
    study.durations.iter().for_each(|duration| has(&duration.name));
    study
        .assumptions
        .iter()
        .for_each(|assumption| has(&assumption.text));
    has("line 61");
    has("firedrill run scenarios/iot-steel/s3-bucket-loss.yaml --seed 4711 --durations draw");
    has(&study.sha256);
    has("modelled, not measured");
}

#[test]
fn the_recommendation_says_how_often_what_decides_and_what_would_help() {
    let study = normal();
    let page = read(&html(&study));
    let has = |needle: &str| assert!(page.contains(needle), "lacks {needle}:\n{page}");
    has("The plan meets program-delivery RTO 1h in 71 of 100 disasters.");
    has("Step declare decides: half of it would bring the median from");
    has("Halving declare would bring it from 70.6 % to 90.4 %.");
    has("If restore took twice as long, 37.7 % would be left.");
    has("In 2.1 % of disasters it is met without a step, since the fault ended");
    has("The plan meets programs RPO 15m in more than 99 of 100 disasters.");
}

#[test]
fn hostile_texts_stay_texts() {
    let study = extreme();
    let page = html(&study);
    for needle in [
        "<script",
        "http:",
        "https:",
        "src=",
        "<link",
        "<b>&\"",
        "\u{1b}",
        "\u{202e}",
        "javascript",
    ] {
        assert!(!page.contains(needle), "{needle}");
    }
    assert!(page.contains("&lt;script&gt;") && page.contains("default-src"));
    for picture in pictures(&study) {
        assert!(
            !picture.text.contains("<script") && !picture.text.contains('\u{202e}'),
            "{}",
            picture.file
        );
    }
    let text = terminal(&study, 80);
    assert!(!text.contains(['\u{1b}', '\u{202e}', '\r']));
    let command = text.lines().find(|line| line.contains("firedrill run")).unwrap();
    assert!(
        command.contains("run './-<script>") && command.contains("'\\''"),
        "{command}"
    );
    let rows = csv(&study);
    assert!(rows.contains("\"'=cmd()\"") && !rows.contains(['\u{1b}', '\u{202e}']));
    assert_eq!(rows.lines().count(), 1 + 3 + 1, "no text breaks a row");
}

#[test]
fn stopped_forecast_states_its_number_of_runs() {
    let mut study = normal();
    (study.complete, study.asked) = (false, 50_000);
    let said = "Stopped before its end: every figure is made of 10,000 of the 50,000 disasters";
    assert!(terminal(&study, 200).contains(said));
    assert!(read(&html(&study)).contains(said));
    assert!(json(&study).contains("\"complete\": false"));
    assert!(!terminal(&normal(), 200).contains("Stopped"));
}

#[test]
fn nothing_that_is_missing_makes_a_format_fail() {
    for (name, study) in fixtures::all() {
        let (page, text) = (html(&study), terminal(&study, 80));
        let figures = [page.as_str(), &text, &csv(&study), &json(&study)];
        assert!(
            figures
                .iter()
                .all(|text| !text.contains("NaN") && !text.contains("inf\"")),
            "{name}"
        );
    }
    let page = read(&html(&none()));
    assert!(page.contains("NOT KNOWN") && page.contains("RTO 1h is not known: no disaster was simulated."));
}

#[test]
fn rounded_share_is_never_0_or_100_percent() {
    for (name, study) in fixtures::all() {
        let texts = [read(&html(&study)), terminal(&study, 80)];
        for text in texts {
            assert!(!text.contains("100.0 %") && !text.contains(" 0.0 %"), "{name}");
        }
    }
}

#[test]
fn no_line_but_a_command_is_wider_than_the_terminal() {
    for width in [60, 80, 132] {
        for (name, study) in fixtures::all() {
            for line in terminal(&study, width)
                .lines()
                .filter(|line| !line.contains("firedrill run"))
            {
                assert!(line.chars().count() <= width, "{name} at {width}: {line:?}");
            }
        }
    }
}

#[test]
fn pictures_are_files_of_their_own_with_names_that_are_safe() {
    let files = |study: &Study| {
        pictures(study)
            .into_iter()
            .map(|picture| picture.file)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        files(&normal()),
        [
            "forecast-distribution-1-program-delivery-rto.svg",
            "forecast-distribution-2-programs-rpo.svg",
            "forecast-distribution-3-all-services-mtd.svg",
            "forecast-tornado-1-program-delivery-rto.svg",
            "forecast-critical-path.svg",
            "forecast-fleet.svg",
        ]
    );
    for (name, study) in fixtures::all() {
        let safe = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
        let files = files(&study);
        assert!(
            files.iter().all(|file| file.chars().all(safe) && file.len() < 80),
            "{files:?}"
        );
        assert_eq!(files.iter().collect::<BTreeSet<_>>().len(), files.len(), "{name}");
        for picture in pictures(&study) {
            let parsed =
                Document::parse(&picture.text).unwrap_or_else(|error| panic!("{}: {error}", picture.file));
            assert_eq!(parsed.root_element().tag_name().name(), "svg");
            assert!(
                parsed
                    .root_element()
                    .attribute("aria-label")
                    .unwrap()
                    .contains("modelled")
            );
            let filled = picture.text.contains("class=\"f-");
            for (at, _) in picture.text.match_indices("url(#").filter(|_| filled) {
                let id = picture.text[at + 5..].split(')').next().unwrap();
                assert!(
                    picture.text.contains(&format!("id=\"{id}\"")),
                    "{} lacks {id}",
                    picture.file
                );
            }
        }
    }
}

#[test]
fn drawings_are_well_formed_and_ids_are_unique() {
    for (name, study) in fixtures::all() {
        let page = html(&study);
        for drawing in drawings(&page) {
            Document::parse(drawing).unwrap_or_else(|error| panic!("{name}: {error}\n{drawing}"));
        }
        let ids: Vec<&str> = page
            .match_indices(" id=\"")
            .map(|(at, m)| page[at + m.len()..].split('"').next().unwrap())
            .collect();
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{name}");
    }
}

#[test]
fn omitted_items_are_counted() {
    let study = many();
    let page = html(&study);
    assert!(page.contains("and 9 more that change less, and 6 that change nothing"));
    assert!(page.contains("and 4 more with a smaller share, and 6 that are never on the critical path"));
    let text = terminal(&study, 100);
    assert!(text.contains("… and 18 more, in the files"), "{text}");
}

#[test]
fn unrecovered_service_is_drawn_open() {
    // The last service is back in half of the disasters only where a step takes half as long.
    let last = &pictures(&many())[23];
    assert!(
        last.file.contains("tornado-12") && last.text.matches("class=\"open-end\"").count() == 3,
        "{}",
        last.file
    );
    let study = extreme();
    let page = html(&study);
    assert!(page.contains("f-lost") && page.contains(">not back<"));
    assert!(terminal(&study, 100).contains("not back by the end of the run"));
}

/// The pages and pictures, to be looked at: `FIREDRILL_GALLERY=DIR cargo test -p reports forecast -- --ignored`.
#[test]
#[ignore = "writes pages to look at into the folder FIREDRILL_GALLERY"]
fn gallery() {
    let folder = std::env::var_os("FIREDRILL_GALLERY").expect("FIREDRILL_GALLERY names a folder");
    for (name, study) in fixtures::all() {
        let own = std::path::Path::new(&folder).join(format!("forecast-{name}"));
        std::fs::create_dir_all(&own).unwrap();
        for (file, text) in [
            ("forecast.html", html(&study)),
            ("forecast.json", json(&study)),
            ("forecast.csv", csv(&study)),
            ("terminal.txt", terminal(&study, 120)),
        ] {
            std::fs::write(own.join(file), text).unwrap();
        }
        for picture in pictures(&study) {
            std::fs::write(own.join(&picture.file), picture.text).unwrap();
        }
    }
}
