//! Whether the database is there, and of our version. It is read, never made or migrated.

use super::Findings;
use crate::config::Sections;
use crate::domain::wanted::Wanted;

/// What the database holds of offices; `None`: it cannot be asked, or is still to be made.
pub(super) async fn check(config: &Sections, findings: &mut Findings) -> Option<Wanted> {
    let _ = (config, findings);
    None
}
