//! Fields that several messages share without sharing a type: macros that read and fill them.

/// The content headers of an input that writes an object.
macro_rules! headers_of {
    ($input:ident) => {
        $crate::embedded::object::Headers {
            content_type: $input.content_type.take().map(Into::into),
            cache_control: $input.cache_control.take().map(Into::into),
            content_disposition: $input.content_disposition.take().map(Into::into),
            content_encoding: $crate::embedded::attributes::content_encoding($input.content_encoding.take()),
            content_language: $input.content_language.take().map(Into::into),
            expires_us: $input.expires.as_ref().map($crate::embedded::calendar::micros),
            website_redirect: $input.website_redirect_location.take().map(Into::into),
        }
    };
}

/// The MD5 of the customer's key that a request brings.
macro_rules! customer_key_of {
    ($input:ident) => {
        $crate::embedded::attributes::customer_key(
            $input.sse_customer_algorithm.as_deref(),
            $input.sse_customer_key.as_deref(),
            $input.sse_customer_key_md5.as_deref(),
        )?
    };
}

/// The encryption that an input asks for.
macro_rules! encryption_of {
    ($input:ident) => {
        $crate::embedded::attributes::encryption(
            $input.server_side_encryption.as_ref(),
            $input.ssekms_key_id.as_deref(),
            $crate::embedded::fields::customer_key_of!($input),
        )?
    };
}

/// The rare fields of an input that writes an object.
macro_rules! extra_of {
    ($service:expr, $bucket:expr, $writer:expr, $input:ident) => {{
        let protection = $crate::embedded::fields::protection_of!($service, $bucket, $input);
        let mut extra = $crate::embedded::object::Extra {
            headers: $crate::embedded::fields::headers_of!($input),
            metadata: $crate::embedded::attributes::metadata($input.metadata.take())?,
            tags: $crate::embedded::attributes::header_tags($input.tagging.as_deref())?,
            storage_class: $crate::embedded::attributes::storage_class($input.storage_class.as_ref())?,
            encryption: $crate::embedded::attributes::or_default(
                $bucket,
                $crate::embedded::fields::encryption_of!($input),
            )?,
            retention: protection.retention,
            legal_hold: protection.legal_hold,
            ..Default::default()
        };
        let asked = $crate::embedded::fields::asked_of!($input);
        $crate::embedded::grants::apply($bucket, $writer, &asked, &mut extra)?;
        $crate::embedded::attributes::boxed(extra)
    }};
}

/// What an input that writes an object says about grants.
macro_rules! asked_of {
    ($input:expr) => {
        $crate::embedded::acl::RequestedGrants {
            canned: $input.acl.as_ref().map(|acl| acl.as_str()),
            names_grants: $input.grant_read.is_some()
                || $input.grant_read_acp.is_some()
                || $input.grant_write_acp.is_some()
                || $input.grant_full_control.is_some(),
        }
    };
}

/// What an input about a bucket says about grants.
macro_rules! bucket_asked_of {
    ($input:expr) => {{
        let mut asked = $crate::embedded::fields::asked_of!($input);
        asked.names_grants |= $input.grant_write.is_some();
        asked
    }};
}

/// The protection that an input asks for, or that its bucket gives.
macro_rules! protection_of {
    ($service:expr, $bucket:expr, $input:expr) => {
        $crate::embedded::ops::lock::requested(
            $service,
            $bucket,
            $input.object_lock_mode.as_ref().map(|mode| mode.as_str()),
            $input.object_lock_retain_until_date.as_ref(),
            $input
                .object_lock_legal_hold_status
                .as_ref()
                .map(|status| status.as_str()),
        )?
    };
}

/// The checksum fields of an input, each with its algorithm.
macro_rules! checksums_of {
    ($input:expr) => {{
        use $crate::embedded::checksum::Algorithm;
        [
            (Algorithm::Crc32, $input.checksum_crc32.as_deref()),
            (Algorithm::Crc32c, $input.checksum_crc32c.as_deref()),
            (Algorithm::Crc64Nvme, $input.checksum_crc64nvme.as_deref()),
            (Algorithm::Sha1, $input.checksum_sha1.as_deref()),
            (Algorithm::Sha256, $input.checksum_sha256.as_deref()),
        ]
    }};
}

/// Fills the checksum of an output; `$parts` is how many parts a composite one is over.
macro_rules! set_checksum {
    ($output:ident, $checksum:expr, $parts:expr) => {
        $crate::embedded::fields::set_checksum_value!($output, $checksum, $parts);
        if let Some(checksum) = $checksum {
            let kind = if checksum.composite {
                "COMPOSITE"
            } else {
                "FULL_OBJECT"
            };
            $output.checksum_type = Some(s3s::dto::ChecksumType::from_static(kind));
        }
    };
}

/// Fills the checksum of an output that has no field for its type.
macro_rules! set_checksum_value {
    ($output:ident, $checksum:expr, $parts:expr) => {
        if let Some(checksum) = $checksum {
            use $crate::embedded::checksum::Algorithm;
            let text = Some(checksum.shown($parts));
            match checksum.algorithm {
                Algorithm::Crc32 => $output.checksum_crc32 = text,
                Algorithm::Crc32c => $output.checksum_crc32c = text,
                Algorithm::Crc64Nvme => $output.checksum_crc64nvme = text,
                Algorithm::Sha1 => $output.checksum_sha1 = text,
                Algorithm::Sha256 => $output.checksum_sha256 = text,
            }
        }
    };
}

/// Fills the encryption of an output.
macro_rules! set_encryption {
    ($output:ident, $object:expr) => {
        let encryption = $object
            .extra
            .as_deref()
            .and_then(|extra| extra.encryption.as_deref());
        $output.server_side_encryption = $crate::embedded::attributes::shown_encryption(encryption);
        if let Some(encryption) = encryption {
            $output.ssekms_key_id = encryption.kms_key.as_deref().map(str::to_owned);
            $output.sse_customer_key_md5 = encryption.customer_key_md5.as_deref().map(str::to_owned);
            $output.sse_customer_algorithm =
                encryption.customer_key_md5.is_some().then(|| "AES256".to_owned());
        }
    };
}

/// Fills the content headers, metadata and protections of an output.
macro_rules! set_attributes {
    ($output:ident, $object:expr) => {
        $output.content_type = Some("binary/octet-stream".to_owned());
        if let Some(extra) = &$object.extra {
            let headers = &extra.headers;
            let owned = |text: &Option<Box<str>>| text.as_deref().map(str::to_owned);
            if headers.content_type.is_some() {
                $output.content_type = owned(&headers.content_type);
            }
            $output.cache_control = owned(&headers.cache_control);
            $output.content_disposition = owned(&headers.content_disposition);
            $output.content_encoding = owned(&headers.content_encoding);
            $output.content_language = owned(&headers.content_language);
            $output.expires = headers.expires_us.map($crate::embedded::calendar::timestamp);
            $output.website_redirect_location = owned(&headers.website_redirect);
            $output.metadata = $crate::embedded::attributes::metadata_map(extra);
            $output.storage_class = owned(&extra.storage_class).map(s3s::dto::StorageClass::from);
            $output.object_lock_legal_hold_status = extra
                .legal_hold
                .map(|on| s3s::dto::ObjectLockLegalHoldStatus::from_static(if on { "ON" } else { "OFF" }));
            if let Some(retention) = extra.retention {
                $output.object_lock_mode = Some(s3s::dto::ObjectLockMode::from_static(retention.mode()));
                $output.object_lock_retain_until_date =
                    Some($crate::embedded::calendar::timestamp(retention.until_us));
            }
        }
    };
}

pub(crate) use {
    asked_of, bucket_asked_of, checksums_of, customer_key_of, encryption_of, extra_of, headers_of,
    protection_of, set_attributes, set_checksum, set_checksum_value, set_encryption,
};
