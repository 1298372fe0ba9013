use drill::firmware::Profile;
use drill::units::Span;
use forecast::capacity::{Policy, Question, Subject, Watch, advice, sweep};
use std::sync::atomic::{AtomicBool, AtomicUsize};

use super::*;

/// A study that is small enough for a test, with unusual names.
fn study(target: Span) -> Study {
    let policy = |profile: Profile, name: &str| Policy {
        name: format!("{}{name}", profile.name),
        reconnect: profile.reconnect,
    };
    let question = Question {
        devices: vec![1_000, 5_000],
        rates: vec![10, 50],
        policies: vec![
            policy(Profile::esp_idf_default(), ""),
            policy(Profile::aws_full_jitter(), ", <b>&\"hostile\""),
        ],
        closed_for: Span::ZERO,
        over: Span::from_secs(1),
        target,
        each_up_to: 2_000,
        seed: 1,
    };
    let (done, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let watch = Watch {
        done: &done,
        stop: &stop,
    };
    let frontier = question
        .policies
        .iter()
        .flat_map(|policy| question.devices.iter().map(move |devices| (policy, *devices)))
        .map(|(policy, devices)| advice::least_rate(&question, devices, policy, &stop).unwrap());
    Study {
        schema: 1,
        provenance: "modelled",
        scenario: Subject {
            name: "small".to_owned(),
            title: "A <small> fleet".to_owned(),
            sha256: "00".repeat(32),
        },
        seed: 1,
        complete: true,
        target_ms: target.as_us() / 1_000,
        target_source: "the RTO of telemetry".to_owned(),
        closed_for_ms: 0,
        over_ms: 1_000,
        advice: advice::advise(&question, 5_000, 10, &stop),
        frontier: frontier.collect(),
        needs: None,
        points: sweep(&question, 1, &watch),
    }
}

#[test]
fn the_recommendation_says_what_to_buy_and_what_no_policy_can_do() {
    // 5,000 devices at 10/s take 499 s at the least.
    let text = terminal(&study(Span::from_mins(5)), 120);
    let first = text.lines().next().unwrap();
    assert!(
        first.starts_with(" Not within 5m: 5,000 devices on 10 connects/s with esp-idf-default"),
        "{text}"
    );
    assert!(
        text.contains("With the quota of 10/s no policy meets 5m: the quota alone takes 8m 19s"),
        "{text}"
    );
    assert!(text.contains("Below 17 connects/s no policy does."), "{text}");
    assert!(
        text.contains("Buy ") && text.contains("the least that meets it with esp-idf-default."),
        "{text}"
    );
}

#[test]
fn sufficient_policy_is_named_if_the_quota_allows() {
    let text = terminal(&study(Span::from_mins(12)), 120);
    assert!(text.starts_with(" Not within 12m"), "{text}");
    assert!(text.contains("Or change the policy to full jitter, "), "{text}");
    assert!(!text.contains("no policy meets"), "{text}");
}

#[test]
fn the_files_agree_and_are_well_formed() {
    let study = study(Span::from_mins(5));
    let read: serde_json::Value = serde_json::from_str(&json(&study)).unwrap();
    let rows = csv(&study);
    assert_eq!(rows.lines().count(), 1 + study.points.len());
    assert_eq!(read["points"].as_array().unwrap().len(), study.points.len());
    assert_eq!(read["provenance"], "modelled");
    let columns = rows.lines().next().unwrap().split(',').count();
    let plain = rows
        .lines()
        .find(|row| row.starts_with("\"esp-idf-default\""))
        .unwrap();
    assert_eq!(plain.split(',').count(), columns);
    let first = &study.points[0];
    let all_back = first.back_after_ms[3].unwrap();
    assert!(
        plain.contains(&format!(",{}.{:03},", all_back / 1000, all_back % 1000)),
        "{plain}"
    );
}

#[test]
fn the_page_loads_nothing_escapes_names_and_has_every_picture() {
    let study = study(Span::from_mins(5));
    let page = html(&study);
    assert!(
        !page.contains("<b>&\"hostile\"") && page.contains("&lt;small&gt;"),
        "a name is text"
    );
    assert!(page.contains("modelled, not measured"));
    assert!(!page.contains("<script") && !page.contains("href=\"http"));
    let pictures = pictures(&study);
    let files: Vec<&str> = pictures.iter().map(|picture| picture.file.as_str()).collect();
    assert_eq!(
        files,
        [
            "capacity-storm.svg",
            "capacity-policies.svg",
            "capacity-frontier.svg"
        ]
    );
    for picture in &pictures {
        let parsed = roxmltree::Document::parse(&picture.text).unwrap();
        let root = parsed.root_element();
        assert_eq!(
            (root.tag_name().name(), root.tag_name().namespace()),
            ("svg", Some("http://www.w3.org/2000/svg"))
        );
        let curves = parsed
            .descendants()
            .filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "path")));
        assert!(
            curves
                .filter(|path| path.attribute("d").is_some_and(|d| d.len() > 10))
                .count()
                >= 2,
            "{}",
            picture.file
        );
    }
}

#[test]
fn an_interrupted_study_says_so_everywhere() {
    let mut study = study(Span::from_mins(5));
    study.complete = false;
    study.advice = None;
    study.points.truncate(1);
    assert!(terminal(&study, 80).contains("Interrupted"));
    assert!(html(&study).contains("Interrupted") && html(&study).contains("NOT KNOWN"));
    assert!(json(&study).contains("\"complete\": false"));
}
