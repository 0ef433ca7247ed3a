//! Authentication-Results (RFC 8601).

use crate::domain::address::Domain;
use crate::domain::authentication::Authentication;

/// The field with its CRLF, folded; `host` is the authserv-id.
#[must_use]
pub fn header(host: &Domain, _found: &Authentication) -> String {
    format!("Authentication-Results: {}; none\r\n", host.wire())
}
