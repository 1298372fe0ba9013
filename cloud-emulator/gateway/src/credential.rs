//! What a request claims of itself: whose key signed it, for which service and region.
//!
//! The credential stands in the header (`AWS4-HMAC-SHA256 Credential=ID/date/region/service/aws4_request, …`)
//! or in a presigned query. It is only claimed here: signatures are verified later, and a request whose
//! signature is wrong has no effect, whatever principal it claims.

use std::borrow::Cow;

use http::{HeaderMap, Uri};

/// The credential of a request, as it stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential<'a> {
    credential: Cow<'a, str>,
}

impl<'a> Credential<'a> {
    /// The credential of a request; `None` if it is unsigned.
    pub fn from_request(headers: &'a HeaderMap, uri: &'a Uri) -> Option<Credential<'a>> {
        let credential = match headers.get(http::header::AUTHORIZATION) {
            Some(value) => Cow::Borrowed(in_header(value.to_str().ok()?)?),
            None => in_query(uri.query()?)?,
        };
        Some(Credential { credential })
    }

    /// The access key id.
    pub fn key(&self) -> &str {
        self.part(0).unwrap_or_default()
    }

    /// The day of the scope (`20261121`).
    pub fn day(&self) -> Option<&str> {
        self.part(1)
    }

    /// The region of the scope; signatures of version 2 have none.
    pub fn region(&self) -> Option<&str> {
        self.part(2)
    }

    /// The service of the scope.
    pub fn service(&self) -> Option<&str> {
        self.part(3)
    }

    fn part(&self, n: usize) -> Option<&str> {
        self.credential.split('/').nth(n).filter(|part| !part.is_empty())
    }
}

/// `AWS4-HMAC-SHA256 Credential=ID/date/region/s3/aws4_request, …` or `AWS ID:signature`.
fn in_header(value: &str) -> Option<&str> {
    if let Some((_, rest)) = value.split_once("Credential=") {
        return rest.split([',', ' ']).next();
    }
    value.strip_prefix("AWS ")?.split(':').next()
}

fn in_query(query: &str) -> Option<Cow<'_, str>> {
    form_urlencoded::parse(query.as_bytes())
        .find_map(|(name, value)| matches!(&*name, "X-Amz-Credential" | "AWSAccessKeyId").then_some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claimed(header: Option<&str>, query: &str) -> Option<[String; 3]> {
        let mut headers = HeaderMap::new();
        if let Some(value) = header {
            headers.insert(http::header::AUTHORIZATION, value.parse().unwrap());
        }
        let uri: Uri = format!("/b/k?{query}").parse().unwrap();
        let credential = Credential::from_request(&headers, &uri)?;
        let text = |part: Option<&str>| part.unwrap_or("-").to_owned();
        Some([
            credential.key().to_owned(),
            text(credential.region()),
            text(credential.service()),
        ])
    }

    #[test]
    fn the_claim_is_found_wherever_a_request_carries_it() {
        let whole = Some(["KEY", "us-west-2", "rds"].map(String::from));
        let v4 = "AWS4-HMAC-SHA256 Credential=KEY/20261121/us-west-2/rds/aws4_request, SignedHeaders=host, Signature=0";
        assert_eq!(claimed(Some(v4), ""), whole);
        let presigned = "X-Amz-Credential=KEY%2F20261121%2Fus-west-2%2Frds%2Faws4_request";
        assert_eq!(claimed(None, presigned), whole);
        let v2 = Some(["KEY", "-", "-"].map(String::from));
        assert_eq!(claimed(Some("AWS KEY:c2ln"), ""), v2);
        assert_eq!(claimed(None, "AWSAccessKeyId=KEY&Signature=x"), v2);
        for odd in ["", "AWS", "Bearer x"] {
            assert_eq!(claimed(Some(odd), ""), None, "{odd}");
        }
        assert_eq!(claimed(None, "prefix=a"), None);
    }
}
