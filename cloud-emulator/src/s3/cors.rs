//! Cross-origin requests: what a bucket's CORS rules answer to browsers.

use http::{HeaderMap, HeaderValue, header};
use s3s::dto::{CORSConfiguration, CORSRule};
use s3s::{S3Error, s3_error};

use super::error::custom;
use super::policy::wildcard;
use super::store::Store;

impl Store {
    /// What the CORS rules of `bucket` add to the answer of a request from another origin.
    pub(crate) fn cors_headers(&self, bucket: &str, method: &str, request: &HeaderMap) -> Option<HeaderMap> {
        let origin = request.get(header::ORIGIN)?.to_str().ok()?;
        // A request may name another method to be judged by than its own.
        let named = request.get(header::ACCESS_CONTROL_REQUEST_METHOD);
        let method = named.and_then(|name| name.to_str().ok()).unwrap_or(method);
        let bucket = self.bucket(bucket).ok()?;
        bucket
            .read(|state| allowed(state.config.cors.as_ref()?, origin, method, &[]))
            .ok()?
    }

    /// The answer to a preflight.
    pub(crate) fn cors_preflight(
        &self,
        bucket: Option<&str>,
        request: &HeaderMap,
    ) -> Result<HeaderMap, S3Error> {
        let text = |name: header::HeaderName| request.get(name).and_then(|value| value.to_str().ok());
        let needed = |what: &str| {
            s3_error!(
                InvalidRequest,
                "Insufficient information. {what} request header needed."
            )
        };
        let origin = text(header::ORIGIN).ok_or_else(|| needed("Origin"))?;
        let method = text(header::ACCESS_CONTROL_REQUEST_METHOD)
            .ok_or_else(|| needed("Access-Control-Request-Method"))?;
        let asked = text(header::ACCESS_CONTROL_REQUEST_HEADERS).unwrap_or("");
        let asked: Vec<&str> = asked
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .collect();
        let bucket = self.bucket(bucket.unwrap_or_default())?;
        let headers = bucket.read(|state| allowed(state.config.cors.as_ref()?, origin, method, &asked))?;
        headers.ok_or_else(|| {
            let message = "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.";
            custom("AccessForbidden", http::StatusCode::FORBIDDEN, message)
        })
    }
}

/// The headers of the first rule that allows it all.
fn allowed(
    configuration: &CORSConfiguration,
    origin: &str,
    method: &str,
    asked: &[&str],
) -> Option<HeaderMap> {
    let rules = configuration.cors_rules.iter();
    rules
        .filter(|rule| rule.allowed_methods.iter().any(|m| m == method))
        .find_map(|rule| {
            let pattern = rule
                .allowed_origins
                .iter()
                .find(|pattern| wildcard(pattern, origin))?;
            let names = rule.allowed_headers.as_deref().unwrap_or_default();
            let listed = |name: &&str| {
                let name = name.to_ascii_lowercase();
                names
                    .iter()
                    .any(|pattern| wildcard(&pattern.to_ascii_lowercase(), &name))
            };
            asked
                .iter()
                .all(listed)
                .then(|| headers(rule, pattern, origin, asked))
        })
}

fn headers(rule: &CORSRule, pattern: &str, origin: &str, asked: &[&str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    // What came in as a header can go out as one; rules with other characters are left out.
    let mut add = |name, value: String| {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    };
    let everyone = pattern == "*";
    add(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        if everyone {
            "*".to_owned()
        } else {
            origin.to_owned()
        },
    );
    if !everyone {
        add(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true".to_owned());
    }
    add(
        header::ACCESS_CONTROL_ALLOW_METHODS,
        rule.allowed_methods.join(", "),
    );
    if !asked.is_empty() {
        add(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            asked.join(", ").to_ascii_lowercase(),
        );
    }
    if let Some(exposed) = rule.expose_headers.as_ref().filter(|names| !names.is_empty()) {
        add(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed.join(", "));
    }
    if let Some(seconds) = rule.max_age_seconds {
        add(header::ACCESS_CONTROL_MAX_AGE, seconds.to_string());
    }
    add(
        header::VARY,
        "Origin, Access-Control-Request-Headers, Access-Control-Request-Method".to_owned(),
    );
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(origin: &str) -> CORSConfiguration {
        CORSConfiguration {
            cors_rules: vec![CORSRule {
                allowed_methods: vec!["GET".to_owned()],
                allowed_origins: vec![origin.to_owned()],
                allowed_headers: Some(vec!["x-amz-*".to_owned()]),
                expose_headers: None,
                id: None,
                max_age_seconds: None,
            }],
        }
    }

    #[test]
    fn a_rule_allows_its_origins_methods_and_headers() {
        let origin = |rule: &str, origin: &str| {
            let headers = allowed(&rules(rule), origin, "GET", &[])?;
            Some(
                headers[header::ACCESS_CONTROL_ALLOW_ORIGIN]
                    .to_str()
                    .unwrap()
                    .to_owned(),
            )
        };
        assert_eq!(origin("*", "http://a").as_deref(), Some("*"));
        assert_eq!(
            origin("http://*.example.com", "http://x.example.com").as_deref(),
            Some("http://x.example.com")
        );
        assert_eq!(origin("http://a", "http://b"), None);
        assert!(allowed(&rules("*"), "o", "PUT", &[]).is_none());
        assert!(allowed(&rules("*"), "o", "GET", &["X-Amz-Meta-A"]).is_some());
        assert!(allowed(&rules("*"), "o", "GET", &["Content-Type"]).is_none());
    }
}
