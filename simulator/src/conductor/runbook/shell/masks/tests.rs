//! What of secrets is found, in which writings, and what is left of it.

use super::*;

const PEM: &str =
    "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7\nabc=\n-----END KEY-----\n";

fn shown(masks: &Masks, lines: &[&str]) -> Vec<String> {
    let mut follow = Follow::default();
    lines
        .iter()
        .map(|line| masks.mask_next(&mut follow, line))
        .collect()
}

#[test]
fn a_secret_of_several_lines_is_masked_line_by_line_the_short_ones_too() {
    let masks = Masks::new([PEM.to_owned()]);
    let lines: Vec<&str> = PEM.lines().collect();
    let first = format!("KEY={}", lines[0]);
    let last = format!("{} and more", lines[3]);
    let seen = shown(&masks, &[&first, lines[1], lines[2], &last, "abc= by itself"]);
    assert_eq!(seen, ["KEY=***", "***", "***", "*** and more", "abc= by itself"]);
    // One line of it is enough to be known.
    assert_eq!(shown(&masks, &[lines[1]]), ["***"]);
}

#[test]
fn every_writing_of_a_secret_is_masked() {
    for secret in ["hunter2 & \"co\"/é?", PEM] {
        let masks = Masks::new([secret.to_owned()]);
        let json = serde_json::to_string(secret).unwrap();
        let python = ascii_only(&json);
        let url: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        let percent = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
        let base64 = base64_simd::STANDARD.encode_to_string(secret);
        let within = base64_simd::STANDARD.encode_to_string(format!("x{secret}y"));
        let texts = [
            json,
            python,
            lowered(&url),
            url,
            lowered(&percent),
            percent,
            base64,
            within,
            hex::encode(secret),
            hex::encode_upper(secret),
        ];
        for text in texts {
            let masked = masks.mask(&format!("before {text} after"));
            assert!(masked.contains(MASK), "{masked}");
            let left = masked.replace(MASK, "");
            assert!(left.len() <= "before  after".len() + 6, "{text} leaves {left}");
        }
    }
    let long = PEM.repeat(3);
    let masks = Masks::new([long.clone()]);
    let base64 = base64_simd::STANDARD.encode_to_string(&long);
    for width in WRAPPED {
        for line in base64.as_bytes().chunks(width).map(String::from_utf8_lossy) {
            assert!(
                line.len() < SHORTEST || masks.mask(&line).contains(MASK),
                "{line}"
            );
        }
    }
}

/// Encoders differ in what they escape, and in which letters.
#[test]
fn every_encoder_is_seen_through() {
    let secret = "p&ss<w>rd/\"x+y z~1é";
    let masks = Masks::new([secret.to_owned()]);
    let texts = [
        // Go, PHP, capitals, JSON in JSON.
        "p\\u0026ss\\u003cw\\u003erd/\\\"x+y z~1é",
        "p&ss<w>rd\\/\\\"x+y z~1\\u00E9",
        "p&ss<w>rd/\\\\\\\"x+y z~1\\\\u00e9",
        // Python's quote_plus, the part of a URL that names a user, twice.
        "p%26ss%3Cw%3Erd%2F%22x%2By+z~1%C3%A9",
        "p&ss%3cw%3Erd%2F%22x+y%20z~1%C3%a9",
        "p%2526ss%253Cw%253Erd%252F%2522x%252By%2520z~1%25C3%25A9",
        "p&amp;ss&lt;w&gt;rd/&quot;x+y z~1&#233;",
        // xxd -p, xxd, od, with colons.
        "70267373 3c773e72 642f2278 2b79207a 7e31c3a9",
        "7026 7373 3C77 3E72 642F 2278 2B79 207A 7E31 C3A9",
        "70:26:73:73:3c:77:3e:72:64:2f:22:78:2b:79:20:7a:7e:31:c3:a9",
    ];
    for text in texts {
        let masked = masks.mask(&format!("see {text} there"));
        let left = masked.replace(MASK, "");
        assert!(
            masked.contains(MASK) && left.len() <= "see  there".len(),
            "{text}: {masked}"
        );
    }
    let url = base64_simd::URL_SAFE.encode_to_string(format!("x{secret}"));
    assert!(masks.mask(&url).len() < 12, "{url}: {}", masks.mask(&url));
    // Broken anywhere: what is left of it on each side is less than a run.
    for before in 0..80 {
        let text = base64_simd::STANDARD.encode_to_string(format!("{}{secret}", "\0".repeat(before)));
        let own = before * 8 / 6 + 2;
        for line in text.as_bytes().chunks(76) {
            let line = String::from_utf8_lossy(line);
            let zeros = line.chars().take_while(|c| *c == 'A').count();
            let masked = masks.mask(&line);
            let left = masked.replace(MASK, "").len();
            assert!(
                left <= zeros + 2 * 8 + 4 || own > 76,
                "{before}: {line}: {masked}"
            );
        }
    }
}

/// What programs encode, they may encode again otherwise.
#[test]
fn a_secret_that_is_encoded_twice_is_masked_whatever_the_order() {
    fn html(text: &str) -> String {
        let text = text
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;");
        text.replace('"', "&quot;")
            .replace('\'', "&#39;")
            .replace('\n', "&#10;")
    }
    fn url(text: &str) -> String {
        utf8_percent_encode(text, UNRESERVED).to_string()
    }
    fn form(text: &str) -> String {
        form_urlencoded::byte_serialize(text.as_bytes()).collect()
    }
    fn json(text: &str) -> String {
        let quoted = serde_json::to_string(text).unwrap();
        quoted.trim_matches('"').replace('/', "\\/")
    }
    type Encoder = fn(&str) -> String;
    let encoders: [(&str, Encoder); 4] = [("html", html), ("url", url), ("form", form), ("json", json)];
    for secret in ["p&ss<w>rd/\"x+y z'1é", PEM, PEM.trim_end()] {
        let masks = Masks::new([secret.to_owned()]);
        for (first, inner) in encoders {
            for (second, outer) in encoders {
                let text = outer(&inner(secret));
                let masked = masks.mask(&format!("see {text} there"));
                let left = masked.replace(MASK, "");
                // The line break at the end of a secret may stay.
                assert!(
                    masked.contains(MASK) && left.len() <= "see  there".len() + "%255Cn".len(),
                    "{first} then {second}: {text}: {masked}"
                );
            }
        }
    }
}

/// A line that is masked by itself does not hide the others from being found.
#[test]
fn a_secret_of_several_lines_is_masked_as_a_whole_where_it_is_on_one_line() {
    let masks = Masks::new([PEM.to_owned()]);
    let json = serde_json::to_string(PEM.trim_end()).unwrap();
    let url = utf8_percent_encode(&json, UNRESERVED).to_string();
    for text in [json, url] {
        assert!(!masks.mask(&text).contains("abc"), "{}", masks.mask(&text));
    }
}

#[test]
fn base64_is_found_where_it_is_encoded_again() {
    let secret = "~~~???>>>~~~???>>>";
    let masks = Masks::new([secret.to_owned()]);
    let base64 = base64_simd::STANDARD.encode_to_string(secret);
    assert!(base64.contains('/'), "{base64}");
    let url = utf8_percent_encode(&base64, UNRESERVED).to_string();
    assert_eq!(masks.mask(&url), MASK);
    assert_eq!(masks.mask(&base64.replace('/', "\\/")), MASK);
}

/// SECURITY.md names them.
#[test]
fn what_is_documented_as_not_found_is_not_found() {
    let secret = "correct-horse-battery";
    let masks = Masks::new([secret.to_owned()]);
    let folded: Vec<&str> = vec!["correct-ho", "rse-batter", "y"];
    assert_eq!(shown(&masks, &folded), folded);
    assert_eq!(masks.mask(&secret[1..]), &secret[1..]);
}

#[test]
fn what_is_no_secret_stays() {
    let masks = Masks::new([PEM.to_owned(), "hunter2hunter2".to_owned()]);
    for text in ["KEY", "hunter2", "abc=", "", "%2F"] {
        assert_eq!(shown(&masks, &[text]), [text]);
    }
    assert_eq!(format!("{masks:?}").split(' ').next_back(), Some("masks"));
}
