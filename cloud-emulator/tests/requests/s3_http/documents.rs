//! Configurations that are stored and given back, and nothing else.

use super::with_bucket;

const ACCELERATE: &str = "<AccelerateConfiguration><Status>Enabled</Status></AccelerateConfiguration>";
const ANALYTICS: &str = "<AnalyticsConfiguration><Id>1</Id><StorageClassAnalysis></StorageClassAnalysis></AnalyticsConfiguration>";
const CORS: &str = "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>\
                    </CORSRule></CORSConfiguration>";
const PAYMENT: &str = "<RequestPaymentConfiguration><Payer>Requester</Payer></RequestPaymentConfiguration>";
const WEBSITE: &str =
    "<WebsiteConfiguration><IndexDocument><Suffix>i</Suffix></IndexDocument></WebsiteConfiguration>";

#[test]
fn documents_come_back_as_they_were_put() {
    let bench = with_bucket();
    for (query, document, unset) in [
        ("accelerate", ACCELERATE, None),
        ("analytics&id=1", ANALYTICS, Some("NoSuchConfiguration")),
        ("cors", CORS, Some("NoSuchCORSConfiguration")),
        ("requestPayment", PAYMENT, None),
        ("website", WEBSITE, Some("NoSuchWebsiteConfiguration")),
    ] {
        let path = format!("/bucket?{query}");
        let before = bench.get(&path);
        let status = if unset.is_some() { 404 } else { 200 };
        assert_eq!(
            (before.status, before.element("Code").as_deref()),
            (status, unset),
            "{query}"
        );
        let wrong = bench.put(&path, b"<VersioningConfiguration/>");
        assert_eq!(wrong.element("Code").as_deref(), Some("MalformedXML"), "{query}");
        let missing = bench.put(&format!("/missing?{query}"), document.as_bytes());
        assert_eq!(
            missing.element("Code").as_deref(),
            Some("NoSuchBucket"),
            "{query}"
        );
        assert_eq!(bench.put(&path, document.as_bytes()).status, 200, "{query}");
        assert_eq!(bench.get(&path).text(), document, "{query}");
        if unset.is_some() {
            assert_eq!(bench.send("DELETE", &path, &[], b"").status, 204, "{query}");
            assert_eq!(bench.get(&path).status, 404, "{query}");
        }
    }
}

#[test]
fn configurations_with_ids_are_listed() {
    let bench = with_bucket();
    bench.put("/bucket?analytics&id=1", ANALYTICS.as_bytes());
    let second = ANALYTICS.replace("<Id>1<", "<Id>2<");
    bench.put(
        "/bucket?id=2&analytics",
        format!("<?xml version=\"1.0\"?>\n{second}").as_bytes(),
    );
    let listed = bench.get("/bucket?analytics").text();
    assert!(listed.contains(&format!("{ANALYTICS}{second}")), "{listed}");
    assert!(
        listed.starts_with("<ListBucketAnalyticsConfigurationsResult"),
        "{listed}"
    );
    let again = bench.send("DELETE", "/bucket?analytics&id=3", &[], b"");
    assert_eq!(again.status, 404);
}

/// Nothing follows them: a browser is told nothing.
#[test]
fn cors_rules_are_not_followed() {
    let bench = with_bucket();
    bench.put("/bucket?cors", CORS.as_bytes());
    let read = bench.send("GET", "/bucket?versions", &[("Origin", "http://a")], b"");
    assert_eq!(read.status, 200);
    assert!(!read.headers.contains_key("access-control-allow-origin"));
    let asked = [("Origin", "http://a"), ("Access-Control-Request-Method", "GET")];
    assert_eq!(bench.send("OPTIONS", "/bucket/k", &asked, b"").status, 501);
}

#[test]
fn only_who_may_reads_them() {
    let bench = with_bucket();
    let denied = br#"{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*",
        "Action": "s3:GetBucketWebsite", "Resource": "arn:aws:s3:::bucket"}]}"#;
    assert_eq!(bench.put("/bucket?policy", denied).status, 204);
    assert_eq!(bench.get("/bucket?website").status, 403);
    assert_eq!(bench.get("/bucket?cors").status, 404);
}
