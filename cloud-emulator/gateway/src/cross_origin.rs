//! Requests that a web page made some browser send here.
//!
//! A page anywhere can have a browser ask for `http://127.0.0.1:4566`, or for a name of the page's own that suddenly leads
//! here. The first has an `Origin`, the second a `Host` that is not ours; neither is ever sent by a client of AWS, a
//! scraper or a script.

use std::net::IpAddr;

use http::uri::Authority;
use http::{HeaderMap, Uri};

/// Whether a request names the listener at `listener` as those do who mean it. One of loopback is called by its address
/// or another one of loopback, or as `localhost` or a name below that, which browsers bind to nothing else. One that other
/// machines reach has any address on the way there (ports of containers are passed on), and a name without a domain, as
/// containers call each other: an attacker who rebinds a name has a domain for it, and no page can bind an address.
pub fn is_local_host(headers: &HeaderMap, uri: &Uri, listener: IpAddr) -> bool {
    let said = headers.get(http::header::HOST);
    let authority = match (uri.authority(), said) {
        (Some(authority), _) => Some(authority.clone()),
        // Older clients send no Host; browsers always do.
        (None, None) => return true,
        (None, Some(host)) => host.to_str().ok().and_then(|host| host.parse::<Authority>().ok()),
    };
    authority.is_some_and(|authority| is_ours(authority.host(), listener))
}

/// Whether a web page sent it, as far as its browser says.
pub(crate) fn has_origin(headers: &HeaderMap) -> bool {
    headers.contains_key(http::header::ORIGIN)
}

fn is_ours(host: &str, listener: IpAddr) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    if host == "localhost" || host.ends_with(".localhost") {
        return true;
    }
    let is_open = !listener.is_loopback();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    match address.parse::<IpAddr>() {
        Ok(address) => is_open || address.to_canonical().is_loopback() || address == listener,
        Err(_) => is_open && !host.is_empty() && !host.contains('.'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_of_loopback_is_called_so_and_one_that_others_reach_by_any_address() {
        let loopback = IpAddr::from([127, 0, 0, 1]);
        let all = IpAddr::from([0, 0, 0, 0]);
        for (host, of_loopback, of_all) in [
            ("127.0.0.1:4566", true, true),
            ("127.9.8.7:4566", true, true),
            ("[::1]:4566", true, true),
            ("localhost:80", true, true),
            ("LocalHost.", true, true),
            ("lambda.localhost", true, true),
            ("192.168.1.7", false, true),
            ("0.0.0.0:4566", false, true),
            ("[2001:db8::1]:80", false, true),
            ("firedrill:9464", false, true),
            ("evil.example", false, false),
            ("127.0.0.1.evil.example", false, false),
            ("localhost.evil.example:4566", false, false),
            ("notlocalhost.example", false, false),
            ("", false, false),
            ("a b", false, false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("host", host.parse().unwrap());
            for (listener, ours) in [(loopback, of_loopback), (all, of_all)] {
                let found = is_local_host(&headers, &Uri::from_static("/metrics"), listener);
                assert_eq!(found, ours, "{host} at {listener}");
            }
        }
        let path = Uri::from_static("/metrics");
        assert!(is_local_host(&HeaderMap::new(), &path, loopback));
        let absolute = Uri::from_static("http://evil.example/metrics");
        assert!(!is_local_host(&HeaderMap::new(), &absolute, all));
    }
}
