//! What the black-box tests share: the real binary in a folder of its own, real peers on loopback, and conversations
//! as files.
#![allow(dead_code)] // each test binary uses a part of it

pub mod api;
pub mod certificate;
pub mod clerk;
pub mod client;
pub mod clients;
pub mod dns;
pub mod fixture;
pub mod gateway;
pub mod hash;
pub mod ledger;
pub mod letters;
pub mod mailbox;
pub mod memory;
pub mod oracle;
pub mod origin;
pub mod peers;
pub mod scanner;
pub mod signer;
pub mod sink;
pub mod tls;
pub mod transcript;
pub mod winmail;
pub mod wire;
pub mod world;
pub mod zip;
