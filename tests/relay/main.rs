//! The relay against real peers on loopback: servers that keep to the standards, and servers that do not.

mod compose;
mod dns;
mod outside;
mod peer;
mod send;
mod targets;
mod tls;
mod walk;
mod world;
