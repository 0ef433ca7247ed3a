//! SMTP as a value: octets and events in, answers and things to do out. No socket, no clock, no database.
pub mod body;
pub mod command;
pub mod line;
pub mod reply;
pub mod session;
