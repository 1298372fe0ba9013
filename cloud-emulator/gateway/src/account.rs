//! The accounts to which keys belong. A drill has one, which owns everything; tests of access control have more.

/// The account of every run, in AWS's twelve digits.
pub const ACCOUNT_ID: &str = "000000000000";

/// The canonical id of the account that owns everything.
pub const OWNER_ID: &str = "f1redr111f1redr111f1redr111f1redr111f1redr111f1redr111f1redr111";

/// An AWS account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its canonical id.
    pub id: String,
    /// Its display name.
    pub display_name: String,
}

impl Account {
    /// The account that owns everything unless said otherwise.
    pub fn owner() -> Account {
        Account {
            id: OWNER_ID.to_owned(),
            display_name: "firedrill".to_owned(),
        }
    }
}
