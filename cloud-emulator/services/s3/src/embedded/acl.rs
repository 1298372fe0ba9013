//! Access control lists: who was granted what by a canned name. Other grants are not emulated: policies say the same, and
//! buckets have had lists disabled since 2023.

use s3s::{S3Result, dto, s3_error};

use super::accounts::Accounts;
use super::error::not_emulated;

const ALL_USERS: &str = "http://acs.amazonaws.com/groups/global/AllUsers";
const AUTHENTICATED_USERS: &str = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";
const LOG_DELIVERY: &str = "http://acs.amazonaws.com/groups/s3/LogDelivery";

/// Who is granted something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grantee {
    /// An account, by its canonical id.
    Account(Box<str>),
    /// Everybody, signed or not.
    AllUsers,
    /// Everybody who signs.
    AuthenticatedUsers,
    /// The delivery of access logs.
    LogDelivery,
}

/// What is granted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Permission {
    /// Everything.
    #[default]
    FullControl,
    /// List a bucket, read an object.
    Read,
    /// Write into a bucket.
    Write,
    /// Read the list itself.
    ReadAcp,
    /// Write the list itself.
    WriteAcp,
}

impl Permission {
    fn name(self) -> &'static str {
        match self {
            Permission::FullControl => "FULL_CONTROL",
            Permission::Read => "READ",
            Permission::Write => "WRITE",
            Permission::ReadAcp => "READ_ACP",
            Permission::WriteAcp => "WRITE_ACP",
        }
    }
}

/// A list of grants in the order in which they were given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Acl {
    /// Who may do what.
    pub grants: Vec<(Grantee, Permission)>,
}

impl Acl {
    /// Everything to the owner, nothing to others.
    pub(crate) fn private(owner: &str) -> Acl {
        Acl {
            grants: vec![(Grantee::Account(owner.into()), Permission::FullControl)],
        }
    }

    /// The list that a canned name stands for.
    pub(crate) fn canned(name: &str, owner: &str, bucket_owner: &str) -> S3Result<Acl> {
        let mut acl = Acl::default();
        let mut grant = |grantee, permission| acl.grants.push((grantee, permission));
        match name {
            "private" => {}
            "public-read" => grant(Grantee::AllUsers, Permission::Read),
            "public-read-write" => {
                grant(Grantee::AllUsers, Permission::Read);
                grant(Grantee::AllUsers, Permission::Write);
            }
            "authenticated-read" => grant(Grantee::AuthenticatedUsers, Permission::Read),
            "bucket-owner-read" if owner != bucket_owner => {
                grant(Grantee::Account(bucket_owner.into()), Permission::Read);
            }
            "bucket-owner-full-control" if owner != bucket_owner => {
                grant(Grantee::Account(bucket_owner.into()), Permission::FullControl);
            }
            "bucket-owner-read" | "bucket-owner-full-control" | "aws-exec-read" => {}
            "log-delivery-write" => {
                grant(Grantee::LogDelivery, Permission::Write);
                grant(Grantee::LogDelivery, Permission::ReadAcp);
            }
            _ => return Err(s3_error!(InvalidArgument, "Unknown canned ACL: {name}")),
        }
        acl.grants.extend(Acl::private(owner).grants);
        Ok(acl)
    }

    /// Whether everybody is granted something.
    pub(crate) fn is_public(&self) -> bool {
        let public = |g: &Grantee| matches!(g, Grantee::AllUsers | Grantee::AuthenticatedUsers);
        self.grants.iter().any(|(grantee, _)| public(grantee))
    }

    /// Whether `account` (`None`: unsigned) holds `wanted`.
    pub(crate) fn allows(&self, account: Option<&str>, wanted: Permission, ignore_public: bool) -> bool {
        self.grants.iter().any(|(grantee, permission)| {
            let concerned = match grantee {
                Grantee::Account(id) => Some(&**id) == account,
                Grantee::AllUsers => !ignore_public,
                Grantee::AuthenticatedUsers => !ignore_public && account.is_some(),
                Grantee::LogDelivery => false,
            };
            concerned && (*permission == wanted || *permission == Permission::FullControl)
        })
    }

    /// As answers show it.
    pub(crate) fn grants(&self, accounts: &Accounts) -> Vec<dto::Grant> {
        let group = |uri: &str| dto::Grantee {
            type_: dto::Type::from_static(dto::Type::GROUP),
            uri: Some(uri.to_owned()),
            display_name: None,
            email_address: None,
            id: None,
        };
        let grantee = |grantee: &Grantee| match grantee {
            Grantee::AllUsers => group(ALL_USERS),
            Grantee::AuthenticatedUsers => group(AUTHENTICATED_USERS),
            Grantee::LogDelivery => group(LOG_DELIVERY),
            Grantee::Account(id) => dto::Grantee {
                display_name: accounts.by_id(id).map(|a| a.display_name.clone()),
                email_address: None,
                id: Some(id.to_string()),
                type_: dto::Type::from_static(dto::Type::CANONICAL_USER),
                uri: None,
            },
        };
        let grants = self.grants.iter();
        grants
            .map(|(who, what)| dto::Grant {
                grantee: Some(grantee(who)),
                permission: Some(dto::Permission::from_static(what.name())),
            })
            .collect()
    }
}

/// What a request says about grants: a canned name, or others, which are not emulated.
#[derive(Default)]
pub(crate) struct RequestedGrants<'a> {
    pub(crate) canned: Option<&'a str>,
    /// It has headers or a document with grants of their own.
    pub(crate) names_grants: bool,
}

impl RequestedGrants<'_> {
    /// The list that is asked for, if any is.
    pub(crate) fn acl(&self, owner: &str, bucket_owner: &str) -> S3Result<Option<Acl>> {
        match (self.canned, self.names_grants) {
            (None, false) => Ok(None),
            (Some(_), true) => Err(s3_error!(
                InvalidRequest,
                "Specifying both Canned ACLs and Header Grants is not allowed"
            )),
            (Some(name), false) => Acl::canned(name, owner, bucket_owner).map(Some),
            (None, true) => Err(not_emulated("There are no grants but those of canned ACLs")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canned_lists_grant_what_their_names_say() {
        let allows =
            |name: &str, who, what| Acl::canned(name, "me", "boss").unwrap().allows(who, what, false);
        assert!(allows("private", Some("me"), Permission::Write));
        assert!(!allows("private", Some("you"), Permission::Read));
        assert!(allows("public-read", None, Permission::Read));
        assert!(!allows("public-read", None, Permission::Write));
        assert!(allows("public-read-write", None, Permission::Write));
        assert!(!allows("authenticated-read", None, Permission::Read));
        assert!(allows("authenticated-read", Some("you"), Permission::Read));
        assert!(allows("bucket-owner-read", Some("boss"), Permission::Read));
        assert!(!allows("bucket-owner-read", Some("boss"), Permission::ReadAcp));
        assert!(Acl::canned("nonsense", "me", "boss").is_err());
    }

    #[test]
    fn grants_that_no_canned_list_has_are_refused() {
        let asked = |canned, names_grants| RequestedGrants { canned, names_grants }.acl("me", "me");
        let code = |canned, names_grants| {
            asked(canned, names_grants)
                .unwrap_err()
                .code()
                .as_str()
                .to_owned()
        };
        assert_eq!(code(None, true), "NotImplemented");
        assert_eq!(code(Some("private"), true), "InvalidRequest");
        assert_eq!(asked(None, false).unwrap(), None);
        assert_eq!(asked(Some("private"), false).unwrap(), Some(Acl::private("me")));
    }
}
