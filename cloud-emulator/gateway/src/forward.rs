//! Services at other endpoints: requests are passed on, verdicts in front.
//!
//! Method, raw path, query, `Host` and headers go as they came, for signatures cover them; what belongs to
//! one connection stays behind. Bodies are streamed, both ways, over connections that are kept.

use std::borrow::Cow;

use http::header::{self, HeaderName};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderMap, Request, Response, Uri};
use s3s::Body;

use super::error::AwsError;
use cloud_client::transport::{Http, http};

/// What belongs to a connection and not to a request. `Expect` is answered by the gateway, and no client
/// signs it.
const OF_THE_CONNECTION: [HeaderName; 8] = [
    header::CONNECTION,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::EXPECT,
];

/// Where requests to a service go instead of being served here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forward {
    /// The service (`sqs`, `lambda`); `None`: all that have no entry of their own and are not served here.
    pub service: Option<String>,
    /// AWS's name of the region; `None`: all.
    pub region: Option<String>,
    /// Host and port of an endpoint that speaks plain HTTP.
    pub to: Authority,
}

/// Knows where requests go.
pub(crate) struct Forwarder {
    routes: Vec<Forward>,
    /// The services that are served here unless they have a route of their own.
    here: Vec<&'static str>,
    pub(crate) passing: Passing,
}

impl Forwarder {
    pub(crate) fn new(routes: Vec<Forward>, here: Vec<&'static str>) -> Forwarder {
        Forwarder {
            routes,
            here,
            passing: Passing::new(),
        }
    }

    /// Where requests to `service` in `region` go, if not here.
    pub(crate) fn to(&self, service: &str, region: &str) -> Option<&Authority> {
        let here = |route: &&Forward| route.region.as_deref().is_none_or(|name| name == region);
        let own = |route: &&Forward| route.service.as_deref() == Some(service);
        let all = |route: &&Forward| route.service.is_none() && !self.here.contains(&service);
        let mut routes = self.routes.iter().filter(here);
        let route = routes.clone().find(own).or_else(|| routes.find(all));
        route.map(|route| &route.to)
    }
}

/// Passes requests on.
pub struct Passing {
    client: Http,
}

impl Default for Passing {
    fn default() -> Passing {
        Passing::new()
    }
}

impl Passing {
    /// With a pool of connections of its own.
    pub fn new() -> Passing {
        Passing { client: http(None) }
    }

    /// Passes a request on, and its answer back.
    ///
    /// # Errors
    /// The endpoint does not answer.
    pub async fn send(&self, to: &Authority, request: Request<Body>) -> Result<Response<Body>, AwsError> {
        let (mut head, body) = request.into_parts();
        head.uri = absolute(to, &head.uri);
        head.version = http::Version::HTTP_11;
        leave_behind(&mut head.headers);
        let answer = self.client.request(Request::from_parts(head, body)).await;
        let mut answer = answer.map_err(|error| {
            tracing::debug!(%to, ?error, "the endpoint that requests are forwarded to does not answer");
            unreachable(to)
        })?;
        leave_behind(answer.headers_mut());
        Ok(answer.map(Body::from))
    }
}

fn unreachable(to: &Authority) -> AwsError {
    let message = format!("The endpoint {to} does not answer");
    AwsError::new(
        http::StatusCode::SERVICE_UNAVAILABLE,
        "ServiceUnavailable",
        Cow::Owned(message),
    )
}

fn absolute(to: &Authority, uri: &Uri) -> Uri {
    let mut parts = http::uri::Parts::default();
    parts.scheme = Some(Scheme::HTTP);
    parts.authority = Some(to.clone());
    let path = uri.path_and_query().cloned();
    parts.path_and_query = Some(path.unwrap_or_else(|| PathAndQuery::from_static("/")));
    Uri::from_parts(parts).expect("scheme, authority and path are all there")
}

/// Removes the headers of the connection: the known ones, and those that `Connection` names.
fn leave_behind(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|names| names.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named.iter().chain(&OF_THE_CONNECTION) {
        headers.remove(name);
    }
    headers.remove("keep-alive");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_the_connection_stays_behind() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "close, X-Own"),
            ("x-own", "1"),
            ("keep-alive", "timeout=5"),
            ("te", "trailers"),
            ("expect", "100-continue"),
            ("host", "front:1"),
            ("x-amz-date", "20261121T140812Z"),
        ] {
            headers.insert(HeaderName::from_static(name), value.parse().unwrap());
        }
        leave_behind(&mut headers);
        let left: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
        assert_eq!(left, ["host", "x-amz-date"]);
    }

    #[test]
    fn a_path_goes_as_it_came() {
        let to = Authority::from_static("127.0.0.1:4566");
        let uri = absolute(&to, &Uri::from_static("/a%2Fb//c?x=%7E&y"));
        assert_eq!(uri.to_string(), "http://127.0.0.1:4566/a%2Fb//c?x=%7E&y");
    }

    #[test]
    fn a_service_of_its_own_comes_before_all() {
        let route = |service: Option<&str>, region: Option<&str>, to| Forward {
            service: service.map(str::to_owned),
            region: region.map(str::to_owned),
            to: Authority::from_static(to),
        };
        let routes = vec![
            route(None, Some("west"), "west:1"),
            route(None, Some("east"), "east:1"),
            route(Some("sqs"), None, "sqs:1"),
        ];
        let forwarder = Forwarder::new(routes, vec!["sts"]);
        assert_eq!(forwarder.to("sqs", "west").unwrap(), "sqs:1");
        assert_eq!(forwarder.to("rds", "east").unwrap(), "east:1");
        assert_eq!(forwarder.to("rds", "north"), None);
        assert_eq!(forwarder.to("sts", "west"), None);
        assert_eq!(Forwarder::new(Vec::new(), Vec::new()).to("rds", "west"), None);
    }
}
