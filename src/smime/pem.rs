//! PEM (RFC 7468): the blocks of a file, whatever stands between them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The blocks whose label is asked for, decoded; blocks that are no base64 are left out.
pub(super) fn blocks(text: &[u8], wanted: impl Fn(&str) -> bool) -> Vec<(String, Vec<u8>)> {
    let text = String::from_utf8_lossy(text);
    let (mut found, mut rest) = (Vec::new(), &*text);
    while let Some((_, after)) = rest.split_once("-----BEGIN ") {
        let Some((label, body)) = after.split_once("-----") else { break };
        let end = format!("-----END {label}-----");
        let Some((body, after)) = body.split_once(&end) else {
            rest = body;
            continue;
        };
        rest = after;
        let digits: String = body.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        // A passphrase's fields (RFC 1421) are no base64: whoever wants the block sees that it is none.
        if wanted(label) {
            found.push((label.to_owned(), STANDARD.decode(digits).unwrap_or_default()));
        }
    }
    found
}

/// The certificates of a file, in its order.
pub(super) fn certificates(text: &[u8]) -> Vec<Vec<u8>> {
    blocks(text, |label| label == "CERTIFICATE").into_iter().map(|(_, der)| der).collect()
}
