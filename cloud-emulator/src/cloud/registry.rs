//! The services of the emulated cloud, one line each, in the order in which they are stood up.

use cloud_service::ServiceKind;
use service_dns::DnsKind;
use service_iot::IotKind;
use service_lambda::LambdaKind;
use service_s3::S3Kind;
use service_ssm::SsmKind;
use service_sts::StsKind;

/// Every service that a cloud has.
pub(crate) const SERVICES: &[&dyn ServiceKind] = &[
    &S3Kind, //
    &StsKind,
    &SsmKind,
    &LambdaKind,
    &IotKind,
    &DnsKind,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_shape_is_an_answer() {
        let right: [(&str, &str); 3] = [
            (
                "s3",
                "<?xml version='1.0'?><ListAllMyBucketsResult xmlns='x'><Buckets /></ListAllMyBucketsResult>",
            ),
            (
                "sts",
                "<R><GetCallerIdentityResult><Account>0</Account></GetCallerIdentityResult></R>",
            ),
            ("lambda", r#"{"Functions": []}"#),
        ];
        let call = |service: &str| {
            let kind = SERVICES.iter().find(|kind| kind.name() == service).unwrap();
            kind.ready_call().unwrap()
        };
        for (service, body) in right {
            let call = call(service);
            assert!((call.is_answer)(body.as_bytes()), "{service}");
            for (other, body) in right.into_iter().filter(|(other, _)| *other != service) {
                assert!(!(call.is_answer)(body.as_bytes()), "{service} is not {other}");
            }
            for wrong in [
                "",
                "{}",
                "OK",
                r#"{"services": {"s3": "running"}}"#,
                r#"{"Functions": "none"}"#,
            ] {
                assert!(!(call.is_answer)(wrong.as_bytes()), "{service}: {wrong}");
            }
        }
    }
}
