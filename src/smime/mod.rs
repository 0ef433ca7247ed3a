//! S/MIME (RFC 8551): what is sealed is opened, and who signed is said. Bytes and keys in, bytes and verdicts out.
//!
//! Leaves out: where keys are kept (`config`), which part of a message is sealed (`intake`), what is refused (`inbound`).

/// What opens sealed messages, and whose signatures are known.
#[derive(Debug, Clone, Default)]
pub struct Keyring {}
