//! Bytes → domain values. Reading never fails and never panics: it yields what the message is, and the defects that it
//! has. What cannot be shown is offered as it came.
//!
//! - [`glance`] is the reading at the door, before the 250: who, what about, which thread, how many attachments. It
//!   decodes no body.
//! - [`read`] is the whole message, made whenever it is shown; nothing of it is stored. [`attachment`] is one part of it.
//! - [`copy()`] is the message for the citizen to keep, without whoever else it went to.
//! - [`report::read`] is what a delivery report or a receipt says.
//! - [`calendar`] is what an invitation says.
//! - [`explain`] is the message as a tree of parts, for admins.
//! - [`quotes`] tells what of a text is new and what an earlier message said.
//! - [`json`] is the record as `brevbro parse` and the API give it.
//!
//! Both readings see the same structure: an attachment's index from one means the same in the other. HTML that comes
//! out of here runs nothing and asks the network for nothing. Leaves out: whether the author is who it says (`trust`),
//! whom it is for (`routing`), malware.

mod attachments;
mod body;
pub mod calendar;
mod charset;
mod classification;
mod codepage;
mod copy;
mod defects;
mod enclosed;
pub mod explain;
mod fields;
mod glance;
mod html;
pub mod json;
mod limits;
mod names;
mod opened;
mod openpgp;
mod outside;
mod pictures;
pub mod quotes;
mod record;
pub mod report;
pub mod rtf;
mod sealed;
mod text;
mod tnef;
mod tree;
mod unpack;
mod uuencode;

pub use attachments::{attachment, attachment_with};
pub use copy::copy;
pub use glance::{Glance, Stated, glance, stated};
pub use html::Page;
pub use limits::Limits;
pub use names::safe as safe_file_name;
pub use opened::{Leaf, Opened};
pub use record::{ReadOptions, read, read_with};
