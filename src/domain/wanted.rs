//! What an admin wants the store to hold: the content of `offices.toml`, checked.

use super::account::Account;
use super::address::Mailbox;
use super::directory::ServiceAddress;
use super::identity::IdentityCode;
use super::office::Office;

/// Offices, accounts and service addresses. What is not named here stays as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Wanted {
    /// `[[office]]`.
    pub offices: Vec<Office>,
    /// `[[account]]`.
    pub accounts: Vec<WantedAccount>,
    /// `[[address]]`.
    pub services: Vec<ServiceAddress>,
}

/// An account with what leads to it.
#[derive(Debug, Clone, PartialEq)]
pub struct WantedAccount {
    /// The account itself.
    pub account: Account,
    /// The person's identity code; kept encrypted, never read back out but for `export`.
    pub identity: Option<IdentityCode>,
    /// Named aliases.
    pub aliases: Vec<Mailbox>,
    /// Opaque aliases: twelve characters each, lower case, without hyphens, check characters good.
    pub opaque: Vec<String>,
}

/// One difference between what is wanted and what is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Change {
    /// `office hel-social`, `account anna`, `address begaran.social@konto.example`.
    pub what: String,
    /// `added`, `changed`.
    pub how: &'static str,
    /// Which keys changed; never the value of an identity code.
    pub keys: Vec<String>,
}
