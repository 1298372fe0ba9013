//! The pictures of a study: the course of the storm, what policies trade, the frontier.

use forecast::capacity::Study;
use forecast::capacity::advice::{Advice, LeastRate};
use maud::{Markup, html};

use super::text;
use crate::charts::{LEFT, RIGHT, WIDTH};
use crate::figure::{Figure, axis, curve, mark, panel};
use crate::svg::scale::Scale;
use crate::svg::{self, Px};
use crate::text::count;

/// The height of a panel, and what lies between two.
const PANEL: f64 = 170.0;
const BETWEEN: f64 = 34.0;
const TOP: f64 = 26.0;
const FOOT: f64 = 44.0;

/// The classes of lines, told apart by their dashes as well as by their colours.
const LINES: [&str; 4] = ["curve c-connected", "curve c-2", "curve c-3", "curve c-4"];

/// All that there is data for.
pub(super) fn all(study: &Study) -> Vec<Figure> {
    let of_advice = study.advice.as_ref();
    let charts = [
        of_advice.and_then(|advice| storm(study, advice)),
        of_advice.and_then(|advice| policies(study, advice)),
        frontier(study),
    ];
    charts.into_iter().flatten().collect()
}

/// Attempts and sessions per second, and the share that is back.
fn storm(study: &Study, advice: &Advice) -> Option<Figure> {
    let curve_of = &advice.curve;
    if curve_of.attempts.is_empty() || advice.now.devices == 0 {
        return None;
    }
    let bin = curve_of.bin_s as f64;
    let end = (curve_of.attempts.len() as f64 * bin).max(study.target_ms as f64 / 1e3 * 1.05);
    let x = Scale::new((0.0, end), (LEFT, RIGHT));
    let per_second = |counts: &[u64]| -> Vec<(f64, f64)> {
        let rates = counts.iter().enumerate();
        rates
            .map(|(at, n)| ((at as f64 + 0.5) * bin, *n as f64 / bin))
            .collect()
    };
    let (attempts, accepted) = (per_second(&curve_of.attempts), per_second(&curve_of.accepted));
    let highest = attempts.iter().map(|point| point.1).fold(1.0, f64::max);
    // Attempts of the first seconds are hundreds of times those of the last: a logarithmic scale shows both.
    let log = |value: f64| (value + 1.0).log10();
    let y = Scale::new((0.0, log(highest) * 1.05), (TOP + PANEL, TOP));
    let decades: Vec<(f64, String)> = (0..=log(highest) as i32)
        .map(|decade| (log(10f64.powi(decade)), count(10u64.pow(decade.unsigned_abs()))))
        .collect();
    let rates = |points: &[(f64, f64)]| -> Vec<(f64, f64)> {
        points.iter().map(|(at, n)| (x.at(*at), y.at(log(*n)))).collect()
    };
    let second = TOP + PANEL + BETWEEN;
    let back = Scale::new((0.0, 100.0), (second + PANEL, second));
    let mut sum = 0;
    let shares: Vec<(f64, f64)> = std::iter::once((LEFT, back.at(0.0)))
        .chain(curve_of.accepted.iter().enumerate().map(|(at, n)| {
            sum += n;
            let share = sum as f64 / advice.now.devices as f64 * 100.0;
            (x.at((at as f64 + 1.0) * bin), back.at(share))
        }))
        .collect();
    let percent: Vec<(f64, String)> = [0.0, 25.0, 50.0, 75.0, 100.0]
        .map(|share| (share, format!("{share:.0} %")))
        .into();
    let bottom = second + PANEL;
    let target = x.at(study.target_ms as f64 / 1e3);
    let floor = x.at(advice.now.floor_ms as f64 / 1e3);
    let quota = y.at(log(advice.now.connects_per_second.into()));
    let drawing = html! {
        (panel(y, TOP, &decades, "connects", "per second, log"))
        (svg::line("curve c-floor", (LEFT, quota), (RIGHT, quota)))
        (curve("curve c-refused", &rates(&attempts)))
        (curve("curve c-connected", &rates(&accepted)))
        (panel(back, second, &percent, "devices back", "share of the fleet"))
        (curve("curve c-connected", &shares))
        (svg::line("curve c-floor", (floor, second), (floor, bottom)))
        (mark(target, TOP, bottom, &format!("target {}", text::time(study.target_ms))))
        (axis(x, bottom, &x.time_ticks(10), "since the sessions were lost"))
    };
    let description = "Attempts and sessions per second, and the share of devices that is back, over time";
    Some(Figure {
        name: "storm".to_owned(),
        heading: "The storm".to_owned(),
        drawing: svg::drawing(WIDTH, bottom + FOOT, description, drawing),
        legend: vec![
            (svg::line_swatch("curve c-refused"), "attempts".to_owned()),
            (
                svg::line_swatch("curve c-connected"),
                "sessions, devices back".to_owned(),
            ),
            (
                svg::line_swatch("curve c-floor"),
                "quota, and the floor that follows from it".to_owned(),
            ),
            (svg::line_swatch("m-deadline"), "target".to_owned()),
        ],
        caption: format!(
            "{} devices, {} connects/s, {}: all back after {}; no policy before {}.",
            count(advice.now.devices),
            count(advice.now.connects_per_second.into()),
            advice.now.policy,
            text::back(advice.now.back_after_ms[3]),
            text::time(advice.now.floor_ms)
        ),
    })
}

/// What full jitter trades with its cap: the time to be back against attempts.
fn policies(study: &Study, advice: &Advice) -> Option<Figure> {
    let full = &advice.full_jitter;
    if full.len() < 2 {
        return None;
    }
    let x = Scale::new((0.0, full.len() as f64 - 1.0), (LEFT + 40.0, RIGHT - 40.0));
    let caps: Vec<(f64, String)> = full
        .iter()
        .enumerate()
        .map(|(at, point)| (at as f64, text::time(point.cap_ms)))
        .collect();
    let times = full.iter().filter_map(|point| point.back_after_ms[3]);
    let longest = times.max().unwrap_or(0).max(study.target_ms) as f64 / 1e3 * 1.08;
    let y = Scale::new((0.0, longest), (TOP + PANEL, TOP));
    let line = |of: usize| -> Vec<(f64, f64)> {
        let points = full.iter().enumerate();
        points
            .filter_map(|(at, point)| Some((x.at(at as f64), y.at(point.back_after_ms[of]? as f64 / 1e3))))
            .collect()
    };
    let each = |attempts: u64| attempts as f64 / advice.now.devices.max(1) as f64;
    let most = full.iter().map(|point| each(point.attempts)).fold(1.0, f64::max);
    let second = TOP + PANEL + BETWEEN;
    let z = Scale::new((0.0, most * 1.08), (second + PANEL, second));
    let attempts: Vec<(f64, f64)> = full
        .iter()
        .enumerate()
        .map(|(at, point)| (x.at(at as f64), z.at(each(point.attempts))))
        .collect();
    let bottom = second + PANEL;
    let target = y.at(study.target_ms as f64 / 1e3);
    let floor = y.at(advice.now.floor_ms as f64 / 1e3);
    let dots = |points: &[(f64, f64)]| {
        html! { @for (px, py) in points { circle class="dot" cx=(Px(*px)) cy=(Px(*py)) r="3.2" {} } }
    };
    let drawing = html! {
        (panel(y, TOP, &y.time_ticks(6), "time to be back", ""))
        (svg::line("m-deadline", (LEFT, target), (RIGHT, target)))
        (svg::line("curve c-floor", (LEFT, floor), (RIGHT, floor)))
        (curve("curve c-connected", &line(3))) (dots(&line(3)))
        (curve("curve c-2", &line(2)))
        (panel(z, second, &z.count_ticks(5), "attempts", "for each device"))
        (curve("curve c-connected", &attempts)) (dots(&attempts))
        (axis(x, bottom, &caps, "cap of full jitter"))
    };
    Some(Figure {
        name: "policies".to_owned(),
        heading: "What the cap of the waits trades".to_owned(),
        drawing: svg::drawing(
            WIDTH,
            bottom + FOOT,
            "Time to be back and attempts over the cap of full jitter",
            drawing,
        ),
        legend: vec![
            (
                svg::line_swatch("curve c-connected"),
                "all back; attempts for each device".to_owned(),
            ),
            (svg::line_swatch("curve c-2"), "99 % back".to_owned()),
            (svg::line_swatch("curve c-floor"), "the quota's floor".to_owned()),
            (svg::line_swatch("m-deadline"), "target".to_owned()),
        ],
        caption: "Longer waits waste fewer attempts, and the last devices come later.".to_owned(),
    })
}

/// The least quota over the size of the fleet, for each policy.
fn frontier(study: &Study) -> Option<Figure> {
    let rows = &study.frontier;
    let sizes = |row: &&LeastRate| row.devices as f64;
    let (low, high) = (
        rows.iter().min_by_key(|row| row.devices)?,
        rows.iter().max_by_key(|row| row.devices)?,
    );
    if low.devices == high.devices {
        return None;
    }
    let log = |value: f64| value.max(1.0).log10();
    let x = Scale::new((log(sizes(&low)), log(sizes(&high))), (LEFT, RIGHT));
    let open = (study.target_ms - study.closed_for_ms) as f64 / 1e3;
    let floor = |devices: f64| (devices / (open + 1.0)).max(1.0);
    let rates = rows
        .iter()
        .filter_map(|row| row.connects_per_second)
        .map(f64::from);
    let (least, most) = rates.fold(
        (floor(sizes(&low)), floor(sizes(&high))),
        |(least, most), rate| (least.min(rate), most.max(rate)),
    );
    let height = PANEL * 1.8;
    let y = Scale::new((log(least).floor(), log(most) + 0.1), (TOP + height, TOP));
    let decades = |from: f64, to: f64| -> Vec<(f64, String)> {
        let whole = from.ceil() as i32..=to.floor() as i32;
        whole
            .map(|decade| (f64::from(decade), count(10u64.pow(decade.unsigned_abs()))))
            .collect()
    };
    let mut names: Vec<&str> = rows.iter().map(|row| row.policy.as_str()).collect();
    names.dedup();
    let line = |name: &str| -> Vec<(f64, f64)> {
        let of = rows.iter().filter(|row| row.policy == name);
        of.filter_map(|row| {
            Some((
                x.at(log(row.devices as f64)),
                y.at(log(f64::from(row.connects_per_second?))),
            ))
        })
        .collect()
    };
    let ends = [low, high].map(|row| (x.at(log(sizes(&row))), y.at(log(floor(sizes(&row))))));
    let bottom = TOP + height;
    let drawing = html! {
        (panel(y, TOP, &decades(log(least).floor(), log(most) + 0.1), "connects/s", "needed, log"))
        (curve("curve c-floor", &ends))
        @for (at, name) in names.iter().enumerate() { (curve(LINES[at % LINES.len()], &line(name))) }
        (axis(x, bottom, &decades(log(sizes(&low)), log(sizes(&high))), "devices, log"))
    };
    let mut legend: Vec<(Markup, String)> = names
        .iter()
        .enumerate()
        .map(|(at, name)| (svg::line_swatch(LINES[at % LINES.len()]), (*name).to_owned()))
        .collect();
    legend.push((
        svg::line_swatch("curve c-floor"),
        "the least with any policy".to_owned(),
    ));
    Some(Figure {
        name: "frontier".to_owned(),
        heading: "What must be bought".to_owned(),
        drawing: svg::drawing(
            WIDTH,
            bottom + FOOT,
            "Connects per second that are needed over the size of the fleet",
            drawing,
        ),
        legend,
        caption: format!(
            "So that all are back within {}; above a line is enough.",
            text::time(study.target_ms)
        ),
    })
}
