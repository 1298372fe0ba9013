//! Requests that a web page made some browser send here.
//!
//! A page anywhere can have a browser ask for `http://127.0.0.1:4566`, or for a name of the page's own that suddenly leads
//! here. The first has an `Origin`, the second a `Host` that is not ours; neither is ever sent by a client of AWS, a
//! scraper or a script.

use std::net::IpAddr;

use http::uri::Authority;
use http::{HeaderMap, Uri};

/// Whether a request names us as those do who mean us: by an address, as `localhost`, or by a name without a domain, as
/// containers call each other. Whoever makes a browser ask for a name of theirs has a domain.
pub fn is_local_host(headers: &HeaderMap, uri: &Uri) -> bool {
    let said = headers.get(http::header::HOST);
    let authority = match (uri.authority(), said) {
        (Some(authority), _) => Some(authority.clone()),
        // Older clients name nobody; browsers always do.
        (None, None) => return true,
        (None, Some(host)) => host.to_str().ok().and_then(|host| host.parse::<Authority>().ok()),
    };
    authority.is_some_and(|authority| is_ours(authority.host()))
}

/// Whether a web page sent it, as far as its browser says.
pub(crate) fn has_origin(headers: &HeaderMap) -> bool {
    headers.contains_key(http::header::ORIGIN)
}

fn is_ours(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let is_plain = !host.is_empty() && !host.contains('.');
    address.parse::<IpAddr>().is_ok() || is_plain || host.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_localhost_are_ours_and_other_names_are_not() {
        for (host, ours) in [
            ("127.0.0.1:4566", true),
            ("[::1]:4566", true),
            ("192.168.1.7", true),
            ("localhost:80", true),
            ("LocalHost.", true),
            ("lambda.localhost", true),
            ("evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("localhost.evil.example:4566", false),
            ("firedrill:9464", true),
            ("notlocalhost.example", false),
            ("", false),
            ("a b", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("host", host.parse().unwrap());
            assert_eq!(
                is_local_host(&headers, &Uri::from_static("/metrics")),
                ours,
                "{host}"
            );
        }
        assert!(is_local_host(&HeaderMap::new(), &Uri::from_static("/metrics")));
        let absolute = Uri::from_static("http://evil.example/metrics");
        assert!(!is_local_host(&HeaderMap::new(), &absolute));
    }
}
