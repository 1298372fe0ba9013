//! The protocols of AWS's services, as far as an error needs them: which one a request speaks, and how an
//! error looks in it.
//!
//! | protocol | told by | the error's code is in |
//! |---|---|---|
//! | S3 | the service | `<Error><Code>` |
//! | query | a form with `Action=` | `<ErrorResponse><Error><Code>` |
//! | EC2 | the same, to EC2 | `<Response><Errors><Error><Code>` |
//! | JSON 1.0, 1.1 | `X-Amz-Target` | `__type` of the document |
//! | CBOR | `Smithy-Protocol` | `__type` of the map |
//! | REST-JSON | what is left | the header `x-amzn-ErrorType` |
//! | REST-XML | the service | as query |

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, Uri};

/// How a service is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// S3's own REST with XML.
    S3,
    /// REST with XML.
    RestXml,
    /// REST with JSON.
    RestJson,
    /// JSON 1.0.
    Json10,
    /// JSON 1.1.
    Json11,
    /// RPC with CBOR.
    Cbor,
    /// Forms with an `Action`.
    Query,
    /// The same, as EC2 has it.
    Ec2,
}

/// The services beside S3 that answer REST with XML.
const REST_XML: [&str; 3] = ["route53", "cloudfront", "s3-outposts"];

/// The header by which clients of services that left the query protocol ask for its error codes, too.
const QUERY_MODE: &str = "x-amzn-query-mode";

impl Protocol {
    /// What a request to `service` speaks, as far as its head tells.
    pub fn from_request(service: &str, method: &Method, uri: &Uri, headers: &HeaderMap) -> Protocol {
        let header = |name: &str| {
            headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
        };
        let action = uri
            .query()
            .is_some_and(|query| query.split('&').any(|pair| pair.starts_with("Action=")));
        if header("smithy-protocol") == "rpc-v2-cbor" {
            Protocol::Cbor
        } else if headers.contains_key("x-amz-target") {
            if header("content-type").contains("json-1.0") {
                Protocol::Json10
            } else {
                Protocol::Json11
            }
        } else if is_form(method, headers) || action {
            match service {
                "ec2" => Protocol::Ec2,
                _ => Protocol::Query,
            }
        } else if REST_XML.contains(&service) {
            Protocol::RestXml
        } else {
            Protocol::RestJson
        }
    }

    /// The operation that a request names, in the protocols that say it in a place of their own.
    pub(crate) fn operation(self, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Option<String> {
        match self {
            Protocol::Json10 | Protocol::Json11 => {
                let target = headers.get("x-amz-target")?.to_str().ok()?;
                Some(target.rsplit('.').next()?.to_owned())
            }
            Protocol::Query | Protocol::Ec2 => {
                action(uri.query().unwrap_or_default().as_bytes()).or_else(|| action(body))
            }
            Protocol::Cbor => Some(uri.path().rsplit_once("/operation/")?.1.to_owned()),
            Protocol::S3 | Protocol::RestXml | Protocol::RestJson => None,
        }
    }

    /// Whether errors are documents of XML.
    pub(crate) fn speaks_xml(self) -> bool {
        matches!(
            self,
            Protocol::S3 | Protocol::RestXml | Protocol::Query | Protocol::Ec2
        )
    }
}

/// What of a request its error depends on.
#[derive(Clone, Copy, Debug, Default)]
pub struct ErrorFormat {
    /// It is a `HEAD`.
    pub(super) head: bool,
    /// It asks for the code of the query protocol beside that of JSON.
    pub(super) query_mode: bool,
}

impl ErrorFormat {
    /// As a request has it.
    pub fn from_request(method: &Method, headers: &HeaderMap) -> ErrorFormat {
        ErrorFormat {
            head: method == Method::HEAD,
            query_mode: headers.contains_key(QUERY_MODE),
        }
    }
}

/// Whether the request is a form, as the query protocol sends them; S3 takes forms of another kind.
pub(crate) fn is_form(method: &Method, headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).map_or(&[][..], HeaderValue::as_bytes);
    method == Method::POST && content_type.starts_with(b"application/x-www-form-urlencoded")
}

/// The value of `Action` in a form.
pub(crate) fn action(form: &[u8]) -> Option<String> {
    let found = form_urlencoded::parse(form).find(|(name, _)| name == "Action");
    found.map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    fn spoken(service: &str, headers: &[(&str, &str)]) -> Protocol {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
        }
        Protocol::from_request(service, &Method::POST, &Uri::from_static("/"), &map)
    }

    #[test]
    fn a_request_says_what_it_speaks() {
        let form = [("content-type", "application/x-www-form-urlencoded; charset=utf-8")];
        let target = |version| [("x-amz-target", "X.Y"), ("content-type", version)];
        assert_eq!(spoken("rds", &form), Protocol::Query);
        assert_eq!(spoken("ec2", &form), Protocol::Ec2);
        assert_eq!(
            spoken("dynamodb", &target("application/x-amz-json-1.0")),
            Protocol::Json10
        );
        assert_eq!(
            spoken("events", &target("application/x-amz-json-1.1")),
            Protocol::Json11
        );
        assert_eq!(
            spoken("monitoring", &[("smithy-protocol", "rpc-v2-cbor")]),
            Protocol::Cbor
        );
        assert_eq!(spoken("iot", &[]), Protocol::RestJson);
        assert_eq!(spoken("route53", &[]), Protocol::RestXml);
    }
}
