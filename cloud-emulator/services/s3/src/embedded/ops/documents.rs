//! Configurations of buckets that no drill can notice: stored as they come, given back as they were, never followed.
//!
//! Scripts that build a bucket anew put them and read them back; what they would do (answers to browsers, web pages, faster
//! transfers, bills, reports) lies outside of what a drill measures. So they are documents here, and a kind is a line of
//! the table.

use bytes::Bytes;
use form_urlencoded::parse;
use http::{HeaderValue, Method, StatusCode, header};
use s3s::{Body, S3Response, S3Result, s3_error};

use crate::embedded::error::{custom, malformed};
use crate::embedded::store::Store;

/// The largest document; what AWS allows for a website (S3 API reference, `PutBucketWebsite`).
pub(crate) const LARGEST: usize = 128 << 10;

/// Configurations of one kind in a bucket, where they have ids (S3 API reference, `PutBucketAnalyticsConfiguration`).
const MOST: usize = 1000;

/// A kind of configuration.
#[derive(Debug)]
pub(crate) struct Kind {
    /// The parameter of the query that means it.
    parameter: &'static str,
    /// Its operations are called `Get`, `Put` and `Delete` and this.
    name: &'static str,
    /// The root of its document.
    root: &'static str,
    /// A bucket has several, by their ids.
    has_ids: bool,
    can_be_deleted: bool,
    unset: Unset,
}

/// The answer where none was put.
#[derive(Debug)]
enum Unset {
    /// 404 with this code and message.
    Missing(&'static str, &'static str),
    /// A document.
    Document(&'static str),
}

const KINDS: [Kind; 5] = [
    Kind {
        parameter: "accelerate",
        name: "BucketAccelerateConfiguration",
        root: "AccelerateConfiguration",
        has_ids: false,
        can_be_deleted: false,
        unset: Unset::Document(
            r#"<AccelerateConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></AccelerateConfiguration>"#,
        ),
    },
    Kind {
        parameter: "analytics",
        name: "BucketAnalyticsConfiguration",
        root: "AnalyticsConfiguration",
        has_ids: true,
        can_be_deleted: true,
        unset: Unset::Missing(
            "NoSuchConfiguration",
            "The specified configuration does not exist.",
        ),
    },
    Kind {
        parameter: "cors",
        name: "BucketCors",
        root: "CORSConfiguration",
        has_ids: false,
        can_be_deleted: true,
        unset: Unset::Missing("NoSuchCORSConfiguration", "The CORS configuration does not exist"),
    },
    Kind {
        parameter: "requestPayment",
        name: "BucketRequestPayment",
        root: "RequestPaymentConfiguration",
        has_ids: false,
        can_be_deleted: false,
        unset: Unset::Document(
            r#"<RequestPaymentConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Payer>BucketOwner</Payer></RequestPaymentConfiguration>"#,
        ),
    },
    Kind {
        parameter: "website",
        name: "BucketWebsite",
        root: "WebsiteConfiguration",
        has_ids: false,
        can_be_deleted: true,
        unset: Unset::Missing(
            "NoSuchWebsiteConfiguration",
            "The specified bucket does not have a website configuration",
        ),
    },
];

/// What a request does with a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Get,
    Put,
    Delete,
}

/// What a request asks for.
#[derive(Clone, Debug)]
pub(crate) struct DocumentRequest {
    verb: Verb,
    kind: &'static Kind,
    /// Of a kind that has ids; without one, all are listed.
    id: Option<String>,
}

impl DocumentRequest {
    /// What the method and the query of a request about a bucket ask for, if it is one of these documents.
    pub(crate) fn parse(method: &Method, query: &str) -> Option<DocumentRequest> {
        let verb = match *method {
            Method::GET => Verb::Get,
            Method::PUT => Verb::Put,
            Method::DELETE => Verb::Delete,
            _ => return None,
        };
        let names = || parse(query.as_bytes()).map(|(name, _)| name);
        let kind = KINDS
            .iter()
            .find(|kind| names().any(|name| name == kind.parameter))?;
        let id = parse(query.as_bytes()).find_map(|(name, value)| (name == "id").then(|| value.into_owned()));
        let is_operation = match verb {
            Verb::Get => true,
            Verb::Put => id.is_some() || !kind.has_ids,
            Verb::Delete => kind.can_be_deleted && (id.is_some() || !kind.has_ids),
        };
        is_operation.then_some(DocumentRequest { verb, kind, id })
    }

    /// AWS's name of the operation.
    pub(crate) fn operation(&self) -> String {
        format!("{:?}{}", self.verb, self.kind.name)
    }

    /// Does it. `body` is the document of the request.
    ///
    /// # Errors
    /// No such bucket or document, or not a document of this kind.
    pub(crate) fn serve(&self, store: &Store, bucket: &str, body: Bytes) -> S3Result<S3Response<Body>> {
        let bucket = store.bucket(bucket)?;
        let place = (self.kind.parameter, self.id.clone().unwrap_or_default());
        match self.verb {
            Verb::Get if self.kind.has_ids && self.id.is_none() => {
                let all = bucket.read(|state| {
                    let documents = state.config.documents.iter();
                    let of_kind = documents.filter(|((parameter, _), _)| *parameter == place.0);
                    of_kind.map(|(_, document)| document.clone()).collect::<Vec<_>>()
                })?;
                Ok(answer(StatusCode::OK, self.kind.list(&all)))
            }
            Verb::Get => {
                let found = bucket.read(|state| state.config.documents.get(&place).cloned())?;
                let document = found.map_or_else(|| self.kind.unset(), Ok)?;
                Ok(answer(StatusCode::OK, document))
            }
            Verb::Put => {
                self.kind.root_of(&body).ok_or_else(malformed)?;
                bucket.write(|state| {
                    let documents = &mut state.config.documents;
                    let of_kind = documents.keys().filter(|(parameter, _)| *parameter == place.0);
                    if !documents.contains_key(&place) && of_kind.count() >= MOST {
                        return Err(custom(
                            "TooManyConfigurations",
                            StatusCode::BAD_REQUEST,
                            "You are attempting to create a new configuration but have already reached the \
                             1,000-configuration limit.",
                        ));
                    }
                    documents.insert(place, body);
                    Ok(())
                })??;
                Ok(answer(StatusCode::OK, Bytes::new()))
            }
            Verb::Delete => {
                let removed = bucket.write(|state| state.config.documents.remove(&place))?;
                if removed.is_none() && self.kind.has_ids {
                    self.kind.unset()?;
                }
                Ok(answer(StatusCode::NO_CONTENT, Bytes::new()))
            }
        }
    }
}

impl Kind {
    fn unset(&self) -> S3Result<Bytes> {
        match self.unset {
            Unset::Document(document) => Ok(Bytes::from_static(document.as_bytes())),
            Unset::Missing(code, message) => Err(custom(code, StatusCode::NOT_FOUND, message)),
        }
    }

    /// The root element of a document, if it is the one of this kind. What is in it does not matter here.
    fn root_of<'a>(&self, document: &'a [u8]) -> Option<&'a str> {
        let text = std::str::from_utf8(document).ok()?;
        let text = text.trim_start_matches('\u{feff}').trim();
        let root = match text.strip_prefix("<?xml") {
            Some(declared) => declared.split_once("?>")?.1.trim_start(),
            None => text,
        };
        let rest = root.strip_prefix('<')?.strip_prefix(self.root)?;
        let is_whole_name = rest.starts_with(|c: char| c == '>' || c == '/' || c.is_ascii_whitespace());
        let ends = root.ends_with(&format!("</{}>", self.root)) || root.ends_with("/>");
        (is_whole_name && ends).then_some(root)
    }

    fn list(&self, documents: &[Bytes]) -> Bytes {
        let roots = documents.iter().filter_map(|document| self.root_of(document));
        Bytes::from(format!(
            "<List{0}sResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
             <IsTruncated>false</IsTruncated>{1}</List{0}sResult>",
            self.name,
            roots.collect::<String>()
        ))
    }
}

fn answer(status: StatusCode, document: Bytes) -> S3Response<Body> {
    let is_empty = document.is_empty();
    let mut response = S3Response::with_status(Body::from(document), status);
    if !is_empty {
        let xml = HeaderValue::from_static("application/xml");
        response.headers.insert(header::CONTENT_TYPE, xml);
    }
    response
}

/// A document that is larger than AWS takes it.
pub(crate) fn too_large() -> s3s::S3Error {
    s3_error!(
        EntityTooLarge,
        "The configuration document exceeds the maximum allowed size: {LARGEST} bytes"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(method: Method, query: &str) -> Option<String> {
        DocumentRequest::parse(&method, query).map(|asked| asked.operation())
    }

    #[test]
    fn methods_and_parameters_name_the_operation() {
        let named = |method, query| operation(method, query).unwrap_or_default();
        assert_eq!(named(Method::GET, "cors"), "GetBucketCors");
        assert_eq!(named(Method::DELETE, "website="), "DeleteBucketWebsite");
        assert_eq!(
            named(Method::PUT, "%61nalytics&id=1"),
            "PutBucketAnalyticsConfiguration"
        );
        for (method, query) in [
            (Method::GET, "versioning"),
            (Method::POST, "cors"),
            (Method::DELETE, "requestPayment"),
            (Method::PUT, "analytics"),
            (Method::PUT, ""),
        ] {
            assert_eq!(operation(method, query), None, "{query}");
        }
    }

    #[test]
    fn only_documents_of_the_kind_are_taken() {
        let cors = DocumentRequest::parse(&Method::PUT, "cors").unwrap().kind;
        for document in [
            "<CORSConfiguration/>",
            "<?xml version=\"1.0\"?>\n<CORSConfiguration xmlns=\"x\"><CORSRule/></CORSConfiguration>\n",
        ] {
            assert!(cors.root_of(document.as_bytes()).is_some(), "{document}");
        }
        for document in [
            "",
            "{}",
            "<CORSConfiguration>",
            "<CORSConfigurations/>",
            "<WebsiteConfiguration/>",
            "<?xml",
        ] {
            assert!(cors.root_of(document.as_bytes()).is_none(), "{document}");
        }
    }
}
