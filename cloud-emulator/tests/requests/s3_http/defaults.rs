//! What a new bucket is like, as AWS has made them since 2023.

use super::with_bucket;

const PRIVATE: (&str, &str) = ("x-amz-acl", "private");
const FULL_CONTROL: (&str, &str) = ("x-amz-acl", "bucket-owner-full-control");
const PUBLIC: (&str, &str) = ("x-amz-acl", "public-read");

fn ownership(of: &str) -> String {
    format!("<OwnershipControls><Rule><ObjectOwnership>{of}</ObjectOwnership></Rule></OwnershipControls>")
}

#[test]
fn grants_are_disabled() {
    let bench = with_bucket();
    let controls = bench.get("/bucket?ownershipControls");
    assert_eq!(
        controls.element("ObjectOwnership").as_deref(),
        Some("BucketOwnerEnforced")
    );
    bench.put("/bucket/k", b"");
    for (path, acl) in [
        ("/bucket/new", PUBLIC),
        ("/bucket/new", PRIVATE),
        ("/bucket/k?acl", PUBLIC),
        ("/bucket?acl", PUBLIC),
        ("/bucket?acl", PRIVATE),
    ] {
        let refused = bench.send("PUT", path, &[acl], b"");
        assert_eq!(
            (
                refused.status,
                refused.element("Code").as_deref(),
                refused.element("Message").as_deref()
            ),
            (
                400,
                Some("AccessControlListNotSupported"),
                Some("The bucket does not allow ACLs")
            ),
            "{path} {acl:?}"
        );
    }
    for path in ["/bucket/new", "/bucket/k?acl"] {
        assert_eq!(
            bench.send("PUT", path, &[FULL_CONTROL], b"").status,
            200,
            "{path}"
        );
    }
    assert!(bench.get("/bucket/k?acl").text().contains("FULL_CONTROL"));
    let preferred = ownership("BucketOwnerPreferred");
    assert_eq!(
        bench
            .put("/bucket?ownershipControls", preferred.as_bytes())
            .status,
        200
    );
    assert_eq!(bench.send("PUT", "/bucket/new", &[PRIVATE], b"").status, 200);
    let refused = bench.send("PUT", "/bucket/new", &[PUBLIC], b"");
    assert_eq!(refused.status, 403, "public grants are blocked");
    assert_eq!(
        bench
            .put("/bucket?ownershipControls", ownership("Unknown").as_bytes())
            .status,
        400
    );
}

#[test]
fn a_bucket_is_made_public_in_steps_only() {
    let bench = with_bucket();
    let made = bench.send("PUT", "/open", &[PUBLIC], b"");
    assert_eq!(
        (made.status, made.element("Code").as_deref()),
        (400, Some("InvalidBucketAclWithObjectOwnership"))
    );
    let writer = ("x-amz-object-ownership", "ObjectWriter");
    let made = bench.send("PUT", "/open", &[PUBLIC, writer], b"");
    assert_eq!(
        (made.status, made.element("Code").as_deref()),
        (400, Some("InvalidBucketAclWithBlockPublicAccessError"))
    );
    let block = bench.get("/bucket?publicAccessBlock").text();
    for setting in [
        "BlockPublicAcls",
        "IgnorePublicAcls",
        "BlockPublicPolicy",
        "RestrictPublicBuckets",
    ] {
        assert!(block.contains(&format!("<{setting}>true</{setting}>")), "{block}");
    }
    let public = br#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*",
        "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket/*"}]}"#;
    let refused = bench.put("/bucket?policy", public);
    assert_eq!(
        (refused.status, refused.element("Code").as_deref()),
        (403, Some("AccessDenied"))
    );
    assert!(refused.text().contains("BlockPublicPolicy"), "{}", refused.text());
    assert_eq!(
        bench.send("DELETE", "/bucket?publicAccessBlock", &[], b"").status,
        204
    );
    assert_eq!(bench.get("/bucket?publicAccessBlock").status, 404);
    assert_eq!(bench.put("/bucket?policy", public).status, 204);
}

#[test]
fn everything_is_encrypted_with_the_keys_of_s3_unless_others_are_named() {
    let bench = with_bucket();
    let encryption = |answer: &crate::s3_http::bench::HttpAnswer| {
        answer.headers.get("x-amz-server-side-encryption").cloned()
    };
    let own = Some("AES256".to_owned());
    let stored = bench.get("/bucket?encryption");
    assert_eq!(stored.element("SSEAlgorithm"), own);
    assert_eq!(encryption(&bench.put("/bucket/k", b"1")), own);
    assert_eq!(encryption(&bench.get("/bucket/k")), own);
    assert_eq!(encryption(&bench.send("HEAD", "/bucket/k", &[], b"")), own);
    let upload = bench.send("POST", "/bucket/parts?uploads", &[], b"");
    let id = upload.element("UploadId").unwrap();
    let part = bench.put(&format!("/bucket/parts?partNumber=1&uploadId={id}"), b"part");
    assert_eq!(
        (encryption(&upload), encryption(&part)),
        (own.clone(), own.clone())
    );
    let kms = b"<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>\
        <SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>key</KMSMasterKeyID>\
        </ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>";
    assert_eq!(bench.put("/bucket?encryption", kms).status, 200);
    assert_eq!(
        encryption(&bench.put("/bucket/k", b"2")).as_deref(),
        Some("aws:kms")
    );
    let copy = [("x-amz-copy-source", "/bucket/k")];
    let copied = bench.send("PUT", "/bucket/copy", &copy, b"");
    assert_eq!(encryption(&copied).as_deref(), Some("aws:kms"));
    let named = [("x-amz-server-side-encryption", "AES256")];
    assert_eq!(encryption(&bench.send("PUT", "/bucket/k", &named, b"3")), own);
    assert_eq!(bench.send("DELETE", "/bucket?encryption", &[], b"").status, 204);
    assert_eq!(bench.get("/bucket?encryption").element("SSEAlgorithm"), own);
    assert_eq!(encryption(&bench.put("/bucket/k", b"4")), own);
}
