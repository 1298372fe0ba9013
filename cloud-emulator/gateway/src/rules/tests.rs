use drill::units::Span;
use http::StatusCode;

use super::*;

fn seen(operation: &'static str, resource: &str) -> RequestInfo {
    RequestInfo {
        service: "s3".into(),
        operation: Some(operation.into()),
        resource: Some(resource.to_owned()),
        key: Some("dir/key.json".to_owned()),
        principal: Some(Principal::User),
        region: "us-west-2".into(),
        source_region: None,
        listener: "us-east-1".into(),
    }
}

fn rule(order: usize, matches: Match, verdict: Verdict<Latency>) -> Rule {
    Rule {
        order,
        id: format!("fault-{order}"),
        matches,
        verdict,
    }
}

fn error(code: &'static str) -> Verdict<Latency> {
    Verdict::Error {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        code: code.into(),
        message: "".into(),
    }
}

fn verdict(rules: &Rules, seen: &RequestInfo) -> Verdict {
    rules.decide(seen, DrillTime::ZERO).verdict
}

fn half() -> Match {
    Match {
        probability: Fraction::from_f64(0.5).unwrap(),
        ..Match::default()
    }
}

#[test]
fn the_first_rule_that_does_not_let_pass_wins_in_the_order_of_the_file() {
    let rules = Rules::new(1);
    let get = seen("GetObject", "programs");
    assert_eq!(verdict(&rules, &get), Verdict::Pass);
    let only_puts = Match {
        operations: vec!["Put*".into()],
        ..Match::default()
    };
    let _third = rules.add(rule(3, Match::default(), Verdict::Reset));
    let second = rules.add(rule(2, Match::default(), Verdict::Throttle));
    let _first = rules.add(rule(1, only_puts, Verdict::Hang));
    assert_eq!(verdict(&rules, &get), Verdict::Throttle);
    assert_eq!(verdict(&rules, &seen("PutObject", "x")), Verdict::Hang);
    assert_eq!(second.hits(), 1);
    drop(second);
    assert_eq!(verdict(&rules, &get), Verdict::Reset);
    assert!(rules.any());
}

#[test]
fn region_outages_come_first_and_spare_the_audit() {
    let rules = Rules::new(1);
    let _fault = rules.add(rule(0, Match::default(), Verdict::Throttle));
    let outage = rules.add_outage(rule(
        9,
        Match {
            regions: Some(vec!["us-west-2".into()]),
            principals: vec![Principal::User, Principal::Replicator],
            ..Match::default()
        },
        Verdict::Hang,
    ));
    let mut request = seen("GetObject", "programs");
    assert_eq!(verdict(&rules, &request), Verdict::Hang);
    request.principal = Some(Principal::Audit);
    assert_eq!(verdict(&rules, &request), Verdict::Pass);
    request.principal = None;
    assert_eq!(
        verdict(&rules, &request),
        Verdict::Hang,
        "unsigned requests are the user's"
    );
    request.region = "us-east-1".into();
    assert_eq!(verdict(&rules, &request), Verdict::Throttle);
    request.source_region = Some("us-west-2".into());
    assert_eq!(
        verdict(&rules, &request),
        Verdict::Hang,
        "a copy that reads from there"
    );
    drop(outage);
    assert_eq!(verdict(&rules, &request), Verdict::Throttle);
}

#[test]
fn all_of_a_match_must_match() {
    let request = seen("GetObject", "programs-west");
    let with = |change: fn(&mut Match)| {
        let rules = Rules::new(1);
        let mut matches = Match::default();
        change(&mut matches);
        let _guard = rules.add(rule(0, matches, Verdict::Reset));
        verdict(&rules, &request) == Verdict::Reset
    };
    assert!(with(|_| ()));
    assert!(with(|m| m.services = vec!["lambda".into(), "s3".into()]));
    assert!(with(|m| m.resources = vec!["programs-*".into()]));
    assert!(with(|m| m.keys = vec!["*.json".into()]));
    assert!(with(|m| m.regions = Some(vec!["us-west-2".into()])));
    assert!(!with(|m| m.services = vec!["lambda".into()]));
    assert!(!with(|m| m.resources = vec!["programs".into()]));
    assert!(!with(|m| m.keys = vec!["*.bin".into()]));
    assert!(
        !with(|m| m.regions = Some(vec!["us-east-1".into()])),
        "the listener does not count"
    );
    assert!(!with(|m| m.principals = vec![Principal::Rule]));
    assert!(!with(|m| m.principals = Vec::new()));
    assert!(!with(|m| m.probability = Fraction::default()));
}

#[test]
fn a_share_is_drawn_by_the_number_of_the_request_alone() {
    let matched = |other_services: bool| -> Vec<bool> {
        let rules = Rules::new(7);
        let _guard = rules.add(rule(0, half(), error("InternalError")));
        let request = seen("GetObject", "programs");
        (0..1000)
            .map(|_| {
                if other_services {
                    let service = "lambda".into();
                    verdict(
                        &rules,
                        &RequestInfo {
                            service,
                            ..request.clone()
                        },
                    );
                }
                verdict(&rules, &request) != Verdict::Pass
            })
            .collect()
    };
    let drawn = matched(false);
    let share = drawn.iter().filter(|matched| **matched).count();
    assert!((430..570).contains(&share), "{share} of 1000");
    assert_eq!(
        matched(true),
        drawn,
        "what goes to another service changes no draw"
    );
}

#[test]
fn latencies_are_constant_or_drawn() {
    let rules = Rules::new(3);
    let request = seen("GetObject", "programs");
    let constant = Latency::Constant(Span::from_secs(2));
    let guard = rules.add(rule(0, Match::default(), Verdict::Delay(constant)));
    assert_eq!(verdict(&rules, &request), Verdict::Delay(Span::from_secs(2)));
    drop(guard);
    let (p50, p99) = (Span::from_secs(1), Span::from_secs(10));
    let _guard = rules.add(rule(
        0,
        Match::default(),
        Verdict::Delay(Latency::LogNormal { p50, p99 }),
    ));
    let mut spans: Vec<Span> = (0..2000)
        .map(|_| match verdict(&rules, &request) {
            Verdict::Delay(span) => span,
            other => panic!("{other:?}"),
        })
        .collect();
    spans.sort();
    assert!(
        (Span::from_millis(900)..Span::from_millis(1100)).contains(&spans[1000]),
        "{}",
        spans[1000]
    );
    assert!(spans[1990] > Span::from_secs(7), "{}", spans[1990]);
}

#[test]
fn a_guard_tells_what_its_rule_did() {
    let rules = Rules::new(1);
    let guard = rules.add(rule(0, Match::default(), Verdict::Throttle));
    for second in 0..20 {
        rules.decide(&seen("GetObject", "programs"), DrillTime::from_secs(second));
    }
    assert_eq!(guard.hits(), 20);
    let sample = guard.sample();
    let times: Vec<DrillTime> = sample.iter().map(|hit| hit.at).collect();
    assert_eq!(times, (12..20).map(DrillTime::from_secs).collect::<Vec<_>>());
    assert_eq!(
        (sample[0].operation.as_deref(), sample[0].key.as_deref()),
        (Some("GetObject"), Some("dir/key.json"))
    );
}
