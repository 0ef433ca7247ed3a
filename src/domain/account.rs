//! Citizens' accounts, as far as a message needs to know them.

use super::address::Mailbox;
use super::ids::AccountId;
use super::language::Language;

/// A person's mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The admin's name for it; in no address or page.
    pub id: AccountId,
    /// The person's name: the From name of replies.
    pub name: String,
    /// Whether anything can be put in.
    pub state: AccountState,
    /// Of pages and notices.
    pub language: Language,
    /// Where arrival notices go; may be none.
    pub notices: Vec<Mailbox>,
}

/// Consent, and whether it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AccountState {
    /// Consent given.
    Active,
    /// Known, no consent yet.
    Waiting,
    /// Closed.
    Closed,
}

impl AccountState {
    /// The word in `offices.toml`, the database and the API.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Waiting => "waiting",
            Self::Closed => "closed",
        }
    }
}
