//! The names of charts.

/// `distribution-1-program-delivery-rto`: safe in names of files and in links, whatever a service is called; the number
/// tells apart what would read the same.
pub(super) fn name(chart: &str, number: usize, what: &str) -> String {
    const LONGEST: usize = 40;
    let mut slug = String::new();
    for c in what.chars().map(|c| c.to_ascii_lowercase()) {
        match c {
            'a'..='z' | '0'..='9' => slug.push(c),
            _ if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
            _ => {}
        }
    }
    slug.truncate(LONGEST);
    format!("{chart}-{number}-{}", slug.trim_end_matches('-'))
        .trim_end_matches('-')
        .to_owned()
}

/// The text with a capital at its beginning.
pub(super) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}
