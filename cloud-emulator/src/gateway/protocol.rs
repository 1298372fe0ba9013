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
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Uri};
use s3s::Body;

use super::error::AwsError;

/// How a service is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    S3,
    RestXml,
    RestJson,
    Json10,
    Json11,
    Cbor,
    Query,
    Ec2,
}

/// The services beside S3 that answer REST with XML.
const REST_XML: [&str; 3] = ["route53", "cloudfront", "s3-outposts"];

/// The header by which clients of services that left the query protocol ask for its error codes, too.
const QUERY_MODE: &str = "x-amzn-query-mode";

impl Protocol {
    /// What a request to `service` speaks.
    pub(crate) fn of(service: &str, method: &Method, uri: &Uri, headers: &HeaderMap) -> Protocol {
        let header = |name: &str| {
            headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
        };
        let action = uri
            .query()
            .is_some_and(|query| query.split('&').any(|pair| pair.starts_with("Action=")));
        if service == "s3" {
            Protocol::S3
        } else if header("smithy-protocol") == "rpc-v2-cbor" {
            Protocol::Cbor
        } else if headers.contains_key("x-amz-target") {
            match header("content-type").contains("json-1.0") {
                true => Protocol::Json10,
                false => Protocol::Json11,
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

    /// An error as an answer. The answer to a `HEAD` has no body.
    pub(crate) fn error(self, error: &AwsError, asked: &Asked, id: &str) -> Response<Body> {
        let (content_type, document) = match self {
            Protocol::S3 => ("application/xml", s3_document(error, id).into_bytes()),
            Protocol::RestXml | Protocol::Query => ("text/xml", query_document(error, id).into_bytes()),
            Protocol::Ec2 => ("text/xml", ec2_document(error, id).into_bytes()),
            Protocol::RestJson => ("application/json", json_document(error, false)),
            Protocol::Json10 => ("application/x-amz-json-1.0", json_document(error, true)),
            Protocol::Json11 => ("application/x-amz-json-1.1", json_document(error, true)),
            Protocol::Cbor => ("application/cbor", cbor_document(error)),
        };
        let body = match asked.head {
            true => Body::empty(),
            false => Body::from(document),
        };
        let mut response = Response::new(body);
        *response.status_mut() = error.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        let mut put = |name: &'static str, text: &str| {
            if let Ok(value) = HeaderValue::try_from(text) {
                headers.insert(HeaderName::from_static(name), value);
            }
        };
        match self {
            Protocol::RestJson => put("x-amzn-errortype", &error.code),
            Protocol::Cbor => put("smithy-protocol", "rpc-v2-cbor"),
            _ => {}
        }
        if asked.query_mode {
            put(
                "x-amzn-query-error",
                &format!("{};{}", error.code, fault_of(error.status)),
            );
        }
        response
    }
}

/// What of a request its error depends on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Asked {
    /// It is a `HEAD`.
    head: bool,
    /// It asks for the code of the query protocol beside that of JSON.
    query_mode: bool,
}

impl Asked {
    pub(crate) fn of(method: &Method, headers: &HeaderMap) -> Asked {
        Asked {
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

fn fault_of(status: StatusCode) -> &'static str {
    if status.is_server_error() {
        "Receiver"
    } else {
        "Sender"
    }
}

fn s3_document(error: &AwsError, id: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code><Message>{}</Message><RequestId>{id}</RequestId></Error>",
        escaped(&error.code),
        escaped(&error.message),
    )
}

fn query_document(error: &AwsError, id: &str) -> String {
    format!(
        "<ErrorResponse><Error><Type>{}</Type><Code>{}</Code><Message>{}</Message></Error><RequestId>{id}</RequestId></ErrorResponse>",
        fault_of(error.status),
        escaped(&error.code),
        escaped(&error.message),
    )
}

fn ec2_document(error: &AwsError, id: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>{}</Code><Message>{}</Message></Error></Errors><RequestID>{id}</RequestID></Response>",
        escaped(&error.code),
        escaped(&error.message),
    )
}

fn json_document(error: &AwsError, typed: bool) -> Vec<u8> {
    let mut document = serde_json::Map::new();
    if typed {
        document.insert("__type".to_owned(), error.code.as_ref().into());
    }
    document.insert("message".to_owned(), error.message.as_ref().into());
    for (name, value) in &error.members {
        document.insert((*name).to_owned(), (*value).into());
    }
    serde_json::Value::Object(document).to_string().into_bytes()
}

/// A map of two texts.
fn cbor_document(error: &AwsError) -> Vec<u8> {
    let mut document = vec![0xa2];
    for text in ["__type", &*error.code, "message", &*error.message] {
        // Texts of up to 65,535 bytes; longer messages are cut, at a boundary of characters.
        let text = &text[..text.floor_char_boundary(usize::from(u16::MAX))];
        document.push(0x79);
        document.extend((text.len() as u16).to_be_bytes());
        document.extend(text.as_bytes());
    }
    document
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            // XML has no way to write the other control characters.
            c if c.is_control() && !matches!(c, '\n' | '\t') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spoken(service: &str, headers: &[(&str, &str)]) -> Protocol {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
        }
        Protocol::of(service, &Method::POST, &Uri::from_static("/"), &map)
    }

    #[test]
    fn a_request_says_what_it_speaks() {
        let form = [("content-type", "application/x-www-form-urlencoded; charset=utf-8")];
        let target = |version| [("x-amz-target", "X.Y"), ("content-type", version)];
        assert_eq!(spoken("s3", &form), Protocol::S3);
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

    #[test]
    fn text_cannot_break_out_of_a_document() {
        let error = AwsError::new(StatusCode::BAD_REQUEST, "A<B", "a \"&\" </Message>\u{1}");
        let text = query_document(&error, "1");
        assert!(
            text.contains(
                "<Code>A&lt;B</Code><Message>a &quot;&amp;&quot; &lt;/Message&gt;\u{fffd}</Message>"
            )
        );
    }
}
