//! What routing asks the store, and what the store answers.

use super::account::Account;
use super::address::Mailbox;
use super::identity::IdentityCode;
use super::ids::{ConversationId, OfficeId};

/// A question after one account.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Lookup {
    /// By a named alias, its tags taken off.
    Alias(Mailbox),
    /// By an opaque alias: its twelve characters, lower case, check characters found good.
    Opaque(String),
    /// By an identity code.
    Identity(IdentityCode),
    /// By a conversation.
    Conversation(ConversationId),
}

/// The account that was asked after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The account, whatever its state.
    pub account: Account,
    /// For a conversation: the office that it is with.
    pub office: Option<OfficeId>,
}
