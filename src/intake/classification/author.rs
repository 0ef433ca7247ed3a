//! Authors who are no people.

use mail_parser::{HeaderName, Headers};

use crate::intake::fields;

/// Local parts of mail servers themselves.
const DAEMONS: [&str; 9] = [
    "mailer-daemon",
    "mailerdaemon",
    "mail-daemon",
    "maildaemon",
    "mdaemon",
    "postmaster",
    "mail-router",
    "mailrouter",
    "smtp-daemon",
];
/// How servers call themselves.
const NAMES: [&str; 12] = [
    "mail delivery subsystem",
    "mail delivery system",
    "mail delivery service",
    "mail administrator",
    "mail router",
    "mailer daemon",
    "system administrator",
    "systemadministratör",
    "järjestelmänvalvoja",
    "internet mail delivery",
    "postmaster",
    "delivery failure",
];

/// Whether From is a mail server, by what it calls itself. A person may sit at postmaster@: more must be there.
pub(super) fn is_daemon(headers: Headers<'_>) -> bool {
    let from = fields::people(headers, HeaderName::From);
    let [author] = &from[..] else { return false };
    let local = author.address.split('@').next().unwrap_or_default().to_ascii_lowercase();
    let name = author.name.as_deref().unwrap_or_default().to_lowercase();
    DAEMONS.contains(&&*local)
        // Exchange: this, and the organisation's number.
        || local.strip_prefix("microsoftexchange").is_some_and(|id| id.len() == 32)
        || NAMES.iter().any(|known| name.starts_with(known))
}

/// Whether Sender is a list program's: majordomo's and Mailman's names for where bounces go.
pub(super) fn is_list(headers: Headers<'_>) -> bool {
    fields::people(headers, HeaderName::Sender).iter().any(|sender| {
        let local = sender.address.split('@').next().unwrap_or_default().to_ascii_lowercase();
        local.starts_with("owner-") || local.ends_with("-owner") || local.ends_with("-bounces")
    })
}
