//! Access control lists: who was granted what, and how requests say so.

use s3s::{S3Error, S3Result, dto, s3_error};

use super::accounts::Accounts;

const ALL_USERS: &str = "http://acs.amazonaws.com/groups/global/AllUsers";
const AUTHENTICATED_USERS: &str = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";
const LOG_DELIVERY: &str = "http://acs.amazonaws.com/groups/s3/LogDelivery";

/// AWS allows so many grants.
const MOST_GRANTS: usize = 100;

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

    fn named(name: &str) -> Option<Permission> {
        use Permission::*;
        [FullControl, Read, Write, ReadAcp, WriteAcp]
            .into_iter()
            .find(|p| p.name() == name)
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

    /// Reads a document.
    pub(crate) fn of_policy(policy: dto::AccessControlPolicy, accounts: &Accounts) -> S3Result<Acl> {
        let malformed = || {
            s3_error!(
                MalformedACLError,
                "The XML you provided was not well-formed or did not validate against our published schema"
            )
        };
        let mut acl = Acl::default();
        for grant in policy.grants.unwrap_or_default() {
            let who = grant.grantee.ok_or_else(malformed)?;
            let what = grant.permission.ok_or_else(malformed)?;
            let what = Permission::named(what.as_str()).ok_or_else(malformed)?;
            let who = match (who.id, who.uri, who.email_address) {
                (Some(id), ..) => account(accounts, "id", &id)?,
                (_, Some(uri), _) => account(accounts, "uri", &uri)?,
                (.., Some(email)) => account(accounts, "emailAddress", &email)?,
                _ => return Err(malformed()),
            };
            acl.grants.push((who, what));
        }
        if acl.grants.len() > MOST_GRANTS {
            return Err(malformed());
        }
        Ok(acl)
    }

    /// Adds the grantees that a grant header names: `id="…", uri="…", emailAddress="…"`.
    fn add_header(&mut self, header: &str, permission: Permission, accounts: &Accounts) -> S3Result<()> {
        for grantee in header.split(',') {
            let (kind, value) = grantee
                .trim()
                .split_once('=')
                .ok_or_else(|| s3_error!(InvalidArgument, "Argument format not recognized"))?;
            let who = account(accounts, kind.trim(), value.trim().trim_matches('"'))?;
            self.grants.push((who, permission));
        }
        Ok(())
    }
}

fn account(accounts: &Accounts, kind: &str, value: &str) -> S3Result<Grantee> {
    let invalid = || -> S3Error { s3_error!(InvalidArgument, "Invalid id") };
    match kind {
        "id" => accounts
            .by_id(value)
            .map(|a| Grantee::Account(a.id.as_str().into()))
            .ok_or_else(invalid),
        "emailAddress" => {
            let found = accounts
                .by_email(value)
                .map(|a| Grantee::Account(a.id.as_str().into()));
            found.ok_or_else(|| {
                s3_error!(
                    UnresolvableGrantByEmailAddress,
                    "The e-mail address you provided does not match any account on record."
                )
            })
        }
        "uri" => match value {
            ALL_USERS => Ok(Grantee::AllUsers),
            AUTHENTICATED_USERS => Ok(Grantee::AuthenticatedUsers),
            LOG_DELIVERY => Ok(Grantee::LogDelivery),
            _ => Err(s3_error!(InvalidArgument, "Invalid group uri")),
        },
        _ => Err(s3_error!(InvalidArgument, "Argument format not recognized")),
    }
}

/// What a request says about grants: a canned name, or headers.
#[derive(Default)]
pub(crate) struct Asked<'a> {
    pub(crate) canned: Option<&'a str>,
    pub(crate) headers: [(Permission, Option<&'a str>); 5],
}

impl Asked<'_> {
    /// The list that is asked for, if any is.
    pub(crate) fn acl(&self, owner: &str, bucket_owner: &str, accounts: &Accounts) -> S3Result<Option<Acl>> {
        let named = self.headers.iter().any(|(_, header)| header.is_some());
        match (self.canned, named) {
            (None, false) => Ok(None),
            (Some(_), true) => Err(s3_error!(
                InvalidRequest,
                "Specifying both Canned ACLs and Header Grants is not allowed"
            )),
            (Some(name), false) => Acl::canned(name, owner, bucket_owner).map(Some),
            (None, true) => {
                let mut acl = Acl::default();
                for (permission, header) in &self.headers {
                    if let Some(header) = header {
                        acl.add_header(header, *permission, accounts)?;
                    }
                }
                Ok(Some(acl))
            }
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
    fn header_grants_name_accounts_and_groups() {
        let accounts = Accounts::new(Vec::new());
        let asked = |header| Asked {
            canned: None,
            headers: [
                (Permission::Read, Some(header)),
                Default::default(),
                Default::default(),
                Default::default(),
                Default::default(),
            ],
        };
        let email =
            "emailAddress=\"firedrill@example.com\", uri=\"http://acs.amazonaws.com/groups/global/AllUsers\"";
        let acl = asked(email).acl("me", "me", &accounts).unwrap().unwrap();
        assert_eq!(acl.grants.len(), 2);
        assert!(acl.is_public());
        for wrong in [
            "",
            "id",
            "id=nobody",
            "emailAddress=a@b",
            "uri=http://x",
            "name=x",
        ] {
            assert!(asked(wrong).acl("me", "me", &accounts).is_err(), "{wrong}");
        }
    }
}
