//! Pages of lists: as many items as are asked for, and a token for the rest.

use cloud_gateway::AwsError;
use serde_json::{Value as Json, json};

use crate::error::{invalid, refused};

/// One page of `items`, under `member`; the token is the number of the item that comes next.
///
/// # Errors
/// More are asked for than AWS gives at once, or the token is none.
pub(super) fn page(
    member: &str,
    items: Vec<Json>,
    asked: Option<usize>,
    (default, most): (usize, usize),
    token: Option<&str>,
) -> Result<Json, AwsError> {
    let size = asked.unwrap_or(default);
    if !(1..=most).contains(&size) {
        return Err(invalid(format!(
            "1 validation error detected: Value '{size}' at 'maxResults' failed to satisfy constraint: Member must have \
             value between 1 and {most}"
        )));
    }
    let first = token.map_or(Ok(0), |token| {
        let parsed = token.parse::<usize>();
        parsed.map_err(|_| refused("InvalidNextToken", "The specified token is not valid."))
    })?;
    let rest = items.len().saturating_sub(first);
    let shown: Vec<Json> = items.into_iter().skip(first).take(size).collect();
    let mut answer = json!({ member: shown });
    if rest > size {
        answer["NextToken"] = (first + size).to_string().into();
    }
    Ok(answer)
}
