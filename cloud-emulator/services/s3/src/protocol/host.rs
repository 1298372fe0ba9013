//! Virtual-hosted requests: the bucket in front of the host's name.
//!
//! `localhost`, numbers and names that are not ours are path-style; `bucket.localhost` and AWS's longer
//! forms (`bucket.s3.localhost`, `bucket.s3.us-west-2.localhost`) name a bucket.

use s3s::S3Result;
use s3s::host::{S3Host, VirtualHost};

const DOMAIN: &str = "localhost";

pub(crate) struct VirtualHosts;

/// The bucket that a host names.
pub(crate) fn bucket_of(host: &str) -> Option<&str> {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let front = name.strip_suffix(DOMAIN)?.strip_suffix('.')?;
    // `s3`, `s3.us-west-2` and `s3-us-west-2` belong to the endpoint.
    let service = |label: &str| label == "s3" || label.starts_with("s3-");
    let labels: Vec<&str> = front.split('.').collect();
    let endpoint = match labels[..] {
        [.., last] if service(last) => 1,
        [.., service_label, _region] if service(service_label) => 2,
        _ => 0,
    };
    let bucket_labels = labels.len() - endpoint;
    let end = labels[..bucket_labels]
        .iter()
        .map(|l| l.len() + 1)
        .sum::<usize>()
        .checked_sub(1)?;
    (end > 0).then(|| &front[..end])
}

impl S3Host for VirtualHosts {
    fn parse_host_header<'a>(&'a self, host: &'a str) -> S3Result<VirtualHost<'a>> {
        let plain = VirtualHost::new(host);
        Ok(match bucket_of(host) {
            Some(bucket) => plain.with_bucket(bucket),
            None => plain,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_what_stands_before_the_endpoint() {
        let cases = [
            ("localhost", None),
            ("localhost:9000", None),
            ("127.0.0.1:9000", None),
            ("host.docker.internal:9000", None),
            ("s3.localhost:9000", None),
            ("s3.us-west-2.localhost", None),
            ("programs.localhost:9000", Some("programs")),
            ("my.dotted.bucket.localhost", Some("my.dotted.bucket")),
            ("programs.s3.localhost:9000", Some("programs")),
            ("programs.s3.us-west-2.localhost:9000", Some("programs")),
            ("programs.s3-us-west-2.localhost", Some("programs")),
            (".localhost", None),
            ("", None),
        ];
        for (host, bucket) in cases {
            assert_eq!(bucket_of(host), bucket, "{host}");
        }
    }
}
