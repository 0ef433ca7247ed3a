//! The citizens' portal: pages without a line of script, and the same over `/api/v1`.
//!
//! Promises: everybody sees only their own mailbox, and what is another's looks as if it did not exist; what a message
//! brings along (HTML, pictures, files) can do nothing in the browser; quotes are folded, never cut, and the message can
//! be had as it came; a reply handed in twice is one reply; a form that will not do comes back with its text; messages
//! being read and forms being taken in hold a bounded amount of memory.
//!
//! Leaves out: identification by a provider, and the admins' side (`admin`).

mod addressee;
mod api;
mod appointment;
mod assets;
mod body;
mod cookie;
mod download;
pub mod fault;
mod form;
mod form_id;
mod grant;
mod guard;
mod language;
mod login;
mod mailbox;
mod reading;
mod reply;
mod routes;
mod seal;
mod settings;
mod state;
mod thread;
mod view;
mod visitor;
mod words;

pub use cookie::value as cookie_value;
pub use guard::around;
pub use routes::router;
pub use state::{Inner, Limits, Login, PortalState, Settings};
pub use view::{Frame, page};
pub use visitor::{Admin, Visitor};
pub use words::Words;
