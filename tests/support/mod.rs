//! What several tests share. Not every test uses all of it.
#![allow(dead_code)]

pub mod fixture;
pub mod memory;
pub mod oracle;
pub mod transcript;
