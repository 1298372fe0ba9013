//! Who may ask, who is asking, and how refusals look in each protocol.

use super::why::UNVERIFIED;
use crate::expectation::{
    Expectation, expect, lambda_api, lambda_errors, s3_errors, s3_reference, signatures, sts_api, sts_errors,
};
use crate::lab::{Ask, Lab};

pub(super) fn expectations() -> Vec<Expectation> {
    let mut rows = s3();
    rows.extend(others());
    rows
}

fn s3() -> Vec<Expectation> {
    let common = || s3_reference("Common response headers", "RESTCommonResponseHeaders");
    vec![
        expect(
            "S3: a signature by another secret",
            s3_errors(),
            "403 SignatureDoesNotMatch",
            |lab| async move { lab.get("/").secret("wrong").summary().await },
        )
        .differs(UNVERIFIED),
        expect(
            "S3: an unknown key",
            s3_errors(),
            "403 InvalidAccessKeyId",
            |lab| async move { lab.get("/").stranger().summary().await },
        )
        .differs(UNVERIFIED),
        expect(
            "S3: a clock that is an hour off",
            s3_errors(),
            "403 RequestTimeTooSkewed",
            |lab| async move { lab.get("/").skewed(-3600).summary().await },
        )
        .differs(UNVERIFIED),
        expect(
            "S3: no signature",
            s3_errors(),
            "403 AccessDenied",
            |lab| async move {
                let key = format!("{}/k", lab.bucket().await?);
                lab.stored(key.as_str(), "x").await?;
                lab.get(key).unsigned().summary().await
            },
        )
        .differs(UNVERIFIED),
        expect(
            "S3: an error is a document of XML",
            s3_errors(),
            "application/xml: Code, Message, RequestId",
            |lab| async move {
                let answer = lab.get(format!("/{}/k", lab.fresh())).send().await?;
                let there: Vec<&str> = ["Code", "Message", "RequestId"]
                    .into_iter()
                    .filter(|name| answer.element(name).is_some())
                    .collect();
                Ok(format!("{}: {}", answer.value("content-type"), there.join(", ")))
            },
        ),
        expect(
            "S3: the request's id is a header, and in the error",
            common(),
            "the same in both",
            |lab| async move {
                let answer = lab.get(format!("/{}/k", lab.fresh())).send().await?;
                let (header, element) = (answer.header("x-amz-request-id"), answer.element("RequestId"));
                Ok(match (header, element) {
                    (None, _) => "no header",
                    (_, None) => "not in the error",
                    (Some(a), Some(b)) if a == b => "the same in both",
                    _ => "another in the error",
                }
                .to_owned())
            },
        ),
        expect(
            "S3: a success has a request's id, and an x-amz-id-2",
            common(),
            "x-amz-request-id, x-amz-id-2",
            |lab| async move {
                let answer = lab.get("/").done().await?;
                let names = ["x-amz-request-id", "x-amz-id-2"];
                let there: Vec<&str> = names
                    .into_iter()
                    .filter(|name| answer.header(name).is_some())
                    .collect();
                Ok(there.join(", "))
            },
        )
        .differs("What we answer ourselves has no x-amz-id-2: only AWS's support can make use of it."),
    ]
}

fn others() -> Vec<Expectation> {
    vec![
        expect(
            "STS: who is asking",
            sts_api("GetCallerIdentity"),
            "200: Arn, UserId, Account of 12 digits, RequestId",
            |lab| async move {
                let answer = identity(&lab).send().await?;
                let account = answer.element("Account").unwrap_or_default();
                let digits = account.chars().filter(char::is_ascii_digit).count();
                let there: Vec<String> = ["Arn", "UserId", "Account", "RequestId"]
                    .into_iter()
                    .filter(|name| answer.element(name).is_some_and(|text| !text.is_empty()))
                    .map(|name| {
                        if name == "Account" {
                            format!("Account of {digits} digits")
                        } else {
                            name.to_owned()
                        }
                    })
                    .collect();
                Ok(format!("{}: {}", answer.summary(), there.join(", ")))
            },
        )
        .differs(
            "Our STS gives the request's id in the header x-amzn-requestid alone; SDKs use it \
             for their logs.",
        ),
        expect(
            "STS: the answer's account is that of its ARN",
            sts_api("GetCallerIdentity"),
            "the same",
            |lab| async move {
                let answer = identity(&lab).done().await?;
                let account = answer.element("Account").unwrap_or_default();
                let arn = answer.element("Arn").unwrap_or_default();
                Ok(if arn.split(':').nth(4) == Some(&account) {
                    "the same"
                } else {
                    "another"
                }
                .to_owned())
            },
        ),
        expect(
            "STS: an unknown key",
            sts_errors(),
            "403 InvalidClientTokenId",
            |lab| async move { identity(&lab).stranger().summary().await },
        )
        .differs(UNVERIFIED),
        expect(
            "STS: a signature by another secret",
            signatures(),
            "403 SignatureDoesNotMatch, Type Sender, RequestId",
            |lab| async move {
                let answer = identity(&lab).secret("wrong").send().await?;
                if answer.status.is_success() {
                    return Ok(answer.summary());
                }
                let kind = answer.element("Type").unwrap_or_else(|| "none".to_owned());
                let id = answer
                    .element("RequestId")
                    .map_or("no RequestId", |_| "RequestId");
                Ok(format!("{}, Type {kind}, {id}", answer.summary()))
            },
        )
        .differs(UNVERIFIED),
        expect(
            "STS: no signature",
            sts_errors(),
            "403 MissingAuthenticationToken",
            |lab| async move { identity(&lab).unsigned().summary().await },
        )
        .differs(UNVERIFIED),
        expect(
            "STS: an action that does not exist",
            sts_errors(),
            "400 InvalidAction",
            |lab| async move {
                let form = "Action=GetNothing&Version=2011-06-15";
                identity(&lab).body(form).summary().await
            },
        )
        .differs("LocalStack's parser does not know the action and gives up."),
        expect(
            "Lambda: an unknown key",
            lambda_errors(),
            "403 UnrecognizedClientException",
            |lab| async move { functions(&lab).stranger().summary().await },
        )
        .differs(UNVERIFIED),
        expect(
            "Lambda: a signature by another secret",
            signatures(),
            "403 InvalidSignatureException",
            |lab| async move { functions(&lab).secret("wrong").summary().await },
        )
        .differs(UNVERIFIED),
        expect(
            "Lambda: no signature",
            signatures(),
            "403 MissingAuthenticationTokenException",
            |lab| async move { functions(&lab).unsigned().summary().await },
        )
        .differs(UNVERIFIED),
        expect(
            "Lambda: an error is a document of JSON, its type in a header",
            lambda_api("GetFunction"),
            "application/json, x-amzn-errortype, x-amzn-requestid, a Message",
            |lab| async move {
                let path = format!("{}/{}", super::lambda::FUNCTIONS, lab.fresh());
                let answer = super::lambda::ask(&lab, "GET", path, None).send().await?;
                let names = ["x-amzn-errortype", "x-amzn-requestid"];
                let there = names.into_iter().filter(|name| answer.header(name).is_some());
                let message = answer.json()["Message"]
                    .as_str()
                    .map_or("no Message", |_| "a Message");
                let parts = std::iter::once(answer.value("content-type")).chain(there.map(str::to_owned));
                Ok(parts.chain([message.to_owned()]).collect::<Vec<_>>().join(", "))
            },
        ),
    ]
}

fn identity(lab: &Lab) -> Ask {
    let form = "Action=GetCallerIdentity&Version=2011-06-15";
    let kind = "application/x-www-form-urlencoded; charset=utf-8";
    lab.post("/", form).service("sts").header("content-type", kind)
}

fn functions(lab: &Lab) -> Ask {
    super::lambda::ask(lab, "GET", format!("{}/", super::lambda::FUNCTIONS), None)
}
