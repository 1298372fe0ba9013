//! What the longest recovery is made of: the share that each duration has of its critical path.

use forecast::plan::study::{Duration, Study};
use maud::html;

use super::row::{ROW, row_name};
use crate::charts::{BAR, LEFT, WIDTH};
use crate::figure::Figure;
use crate::forecast::text;
use crate::svg::scale::Scale;
use crate::svg::{self, Anchor, Fill, area};

/// Where the longest bar ends; what stands beside it needs the rest.
const EDGE: f64 = 690.0;
/// So many bars are drawn.
const MOST: usize = 20;
const TOP: f64 = 8.0;

/// The chart; nothing where no duration lay on a critical path.
pub(super) fn chart(study: &Study) -> Option<Figure> {
    let mut durations: Vec<&Duration> = study
        .durations
        .iter()
        .filter(|duration| duration.share > 0.0 || duration.critical > 0.0)
        .collect();
    durations.sort_by(|a, b| b.share.total_cmp(&a.share));
    let longest = durations.first()?.share;
    let shares: f64 = durations.iter().map(|duration| duration.share).sum();
    let (never, less) = (
        study.durations.len() - durations.len(),
        durations.len().saturating_sub(MOST),
    );
    durations.truncate(MOST);
    let x = Scale::new((0.0, longest.max(0.01)), (LEFT, EDGE));
    let end = TOP + durations.len() as f64 * ROW;
    let drawing = html! {
        @for (at, duration) in durations.iter().enumerate() {
            @let y = TOP + at as f64 * ROW;
            @let width = (x.at(duration.share) - LEFT).max(1.5);
            (row_name(y + 17.0, &duration.name))
            (area(Fill::Modelled, LEFT, y + (ROW - BAR) / 2.0, width, BAR))
            (svg::text("caption", Anchor::Start, LEFT + width + 8.0, y + 17.0, &beside(duration)))
        }
        (svg::line("axis", (LEFT, TOP), (LEFT, end)))
        @if let Some(more) = remark(never, less) { (svg::text("tick", Anchor::Start, LEFT, end + 16.0, &more)) }
    };
    let height = end + if never + less > 0 { 24.0 } else { 6.0 };
    let description = "What the longest recovery is made of, modelled: the mean share of each duration on its critical path";
    // Sums of shares are not exact; less than this would read as nothing.
    let rest = (1.0 - shares > 0.001).then(|| {
        format!(
            " {} of the time belongs to none of them.",
            text::percent(1.0 - shares)
        )
    });
    Some(Figure {
        name: "critical-path".to_owned(),
        heading: "What the longest recovery is made of".to_owned(),
        drawing: svg::drawing(WIDTH, height, description, drawing),
        legend: vec![(
            svg::swatch(Fill::Modelled),
            "mean share of the longest recovery time, modelled".to_owned(),
        )],
        caption: format!(
            "Modelled, over all disasters. A duration is on the critical path where the recovery waits for it; the second \
             figure says in how many disasters it does.{}",
            rest.unwrap_or_default()
        ),
    })
}

fn beside(duration: &Duration) -> String {
    format!(
        "{} of the time; on the path in {}",
        text::percent(duration.share),
        text::percent(duration.critical)
    )
}

/// What is not drawn.
fn remark(never: usize, less: usize) -> Option<String> {
    match (never, less) {
        (0, 0) => None,
        (never, 0) => Some(format!("and {never} more that are never on the critical path")),
        (0, less) => Some(format!("and {less} more with a smaller share")),
        (never, less) => Some(format!(
            "and {less} more with a smaller share, and {never} that are never on the critical path"
        )),
    }
}
