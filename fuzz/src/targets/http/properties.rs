//! What holds of the first response to a request.

use super::input::Signing;
use super::signature::is_signed_by_aws;
use super::wire::{HttpResponse, Wire};

/// Statuses that the services here answer with at AWS, and those of HTTP itself, for what is no request at all.
const STATUSES: [u16; 25] = [
    200, 201, 202, 204, 206, 301, 304, 307, 400, 401, 403, 404, 405, 409, 411, 412, 413, 414, 415, 416, 417,
    429, 431, 501, 503,
];

/// Checks the first response, and says which kind it is.
pub(super) fn check_first(
    signing: Signing,
    request: &[u8],
    answers: &[u8],
    signed: bool,
    service: &str,
) -> &'static str {
    let mut answers = answers;
    while let Some(rest) = answers.strip_prefix(b"HTTP/1.1 100 Continue\r\n\r\n") {
        answers = rest;
    }
    if answers.is_empty() {
        return "told to go on, and hung up on";
    }
    let to_head = request.starts_with(b"HEAD ");
    let answer = HttpResponse::read(answers, to_head)
        .unwrap_or_else(|why| panic!("{why}: {}", answers.escape_ascii()));
    assert!(
        STATUSES.contains(&answer.status),
        "status {}: {}",
        answer.status,
        answers.escape_ascii()
    );
    let text = String::from_utf8_lossy(answer.body);
    if answer.status >= 400 && !to_head && !answer.body.is_empty() {
        if answer.is_xml() {
            let document = roxmltree::Document::parse(&text);
            let document =
                document.unwrap_or_else(|error| panic!("an error that is no XML: {error}: {text}"));
            let has_code = document
                .descendants()
                .any(|node| node.has_tag_name("Code") || node.tag_name().name() == "Code");
            assert!(has_code, "an error without a code: {text}");
        } else {
            serde_json::from_str::<serde_json::Value>(&text)
                .unwrap_or_else(|error| panic!("no JSON: {error}: {text}"));
        }
    }
    let wrong =
        text.contains("SignatureDoesNotMatch") || text.contains("The request signature we calculated");
    let usual = |wire: &Wire<'_>| wire.is_whole() && wire.is_plain();
    if signing == Signing::Signed && signed && Wire::parse(request).is_some_and(|wire| usual(&wire)) {
        assert!(
            !wrong,
            "what AWS's signer signed is refused: {text}\n{}",
            request.escape_ascii()
        );
    }
    let good = (200..400).contains(&answer.status);
    if good && matches!(signing, Signing::Signed | Signing::Changed) {
        is_signed_by_aws(request, service);
    }
    match (signing, answer.status) {
        (Signing::Signed, 200..300) => "signed: done",
        (Signing::Signed, _) if wrong => "signed: another signature",
        (Signing::Signed, 403) => "signed: denied",
        (Signing::Signed, _) => "signed: refused in its content",
        (Signing::Changed, 200..300) => "signed, a byte changed that is not signed: done",
        (Signing::Changed, _) if wrong => "signed, changed: another signature",
        (Signing::Changed, _) => "signed, changed: refused",
        (Signing::Anonymous, 200..300) => "anonymous: done",
        (Signing::Anonymous, _) => "anonymous: refused",
        (Signing::Unsigned, 403) => "unsigned: denied",
        (Signing::Unsigned, _) => "unsigned: refused otherwise",
        (_, 403) => "forged: denied",
        (_, _) => "forged: refused otherwise",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objection;

    #[test]
    fn invalid_responses_are_detected() {
        let answer = |status: &str, kind: &str, body: &str| {
            format!(
                "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
        };
        let unsigned = b"GET /west/k HTTP/1.1\r\nHost: localhost\r\n\r\n";
        let checked = |signing, answer: &str| check_first(signing, unsigned, answer.as_bytes(), false, "s3");
        let done = answer("200 OK", "text/plain", "the content of k");
        assert_eq!(checked(Signing::Anonymous, &done), "anonymous: done");
        for (signing, wrong, word) in [
            (Signing::Signed, done, "served unsigned"),
            (
                Signing::Anonymous,
                answer("500 Oops", "text/plain", ""),
                "status 500",
            ),
            (
                Signing::Anonymous,
                answer("404 Not Found", "application/xml", "<Error>"),
                "no XML",
            ),
            (
                Signing::Anonymous,
                answer("404 Not Found", "application/xml", "<Error/>"),
                "without a code",
            ),
            (
                Signing::Anonymous,
                answer("400 Bad Request", "application/json", "{"),
                "no JSON",
            ),
            (
                Signing::Anonymous,
                "HTTP/1.1 200 OK\r\n".to_owned(),
                "does not end",
            ),
        ] {
            let said = objection(|| {
                checked(signing, &wrong);
            });
            assert!(said.contains(word), "{wrong}: {said}");
        }
    }
}
