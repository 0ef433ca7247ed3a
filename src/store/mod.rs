//! The one place where anything becomes durable: SQL and files, over SQLite or PostgreSQL.
//!
//! Promises: what [`Store::keep`] has given a [`Receipt`](crate::domain::Receipt) for is committed and synced, once,
//! with its bytes as they were received; cause and consequence (a record and its notice, a reply and its outbox item,
//! a change and its event) commit together; every write of a gateway goes through one committer, so that whatever
//! waits shares one sync; identity codes lie sealed, secrets of tokens and sessions only as hashes; nothing personal
//! stands in an error.
//!
//! One SQL text per operation runs on either database: `$1` parameters, and of types only integers (times are Unix
//! milliseconds), texts and bytes. Rows never leave this room.
//!
//! Left out: what a message says (`intake` reads the raw bytes when they are shown), whether it may come in (`trust`,
//! `routing`), and when something is sent (`outbound`, by [`Store::claim`] and [`Store::outbox_wake`]).

mod accounts;
mod answered;
mod apply;
mod blobs;
mod chain;
mod checkpoints;
mod claims;
mod committer;
mod connection;
mod error;
mod events;
mod identity;
mod keep;
mod lease;
mod mailbox;
mod offices;
mod open;
mod outbox;
mod passwords;
mod placing;
mod queue;
mod readers;
mod replies;
mod reveal;
mod rows;
mod seals;
mod signed;
mod sql;
mod standing;
mod stats;
mod tokens;
mod written;

pub use accounts::AccountChange;
pub use answered::Among;
pub use chain::{FIRST_LINK, link};
pub use error::{OpenError, StoreError};
pub use events::Added;
pub use mailbox::{ConversationLine, Page};
pub use open::{Settings, Store};
pub use outbox::Move;
pub use passwords::{Kept, Password, Secrets};
pub use reveal::Revealed;
pub use rows::postmaster;
pub use seals::Letter;
pub use standing::Standing;
pub use stats::Stats;
pub use tokens::Principal;
