//! A certificate of our own making, for the minutes before the first one is given: TLS that proves nothing keeps
//! listeners from going in clear, and offices that check certificates wait.

use std::io;
use std::path::Path;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::file::private;
use crate::domain::address::Domain;

/// Longer than any authority takes to be reached again.
const DAYS: i64 = 90;

/// Makes one for these names, and writes it and its key to this file.
///
/// # Errors
/// When the file cannot be written.
pub fn interim(file: &Path, names: &[Domain], now: Timestamp) -> io::Result<()> {
    let names: Vec<String> = names.iter().map(|name| name.wire().to_owned()).collect();
    let mut wanted = rcgen::CertificateParams::new(names).map_err(io::Error::other)?;
    let day = |day: i64| {
        let date = TimeZone::UTC.to_datetime(now + SignedDuration::from_hours(24 * day)).date();
        let part = |n: i8| u8::try_from(n).unwrap_or(1);
        rcgen::date_time_ymd(i32::from(date.year()), part(date.month()), part(date.day()))
    };
    (wanted.not_before, wanted.not_after) = (day(0), day(DAYS));
    let key = rcgen::KeyPair::generate().map_err(io::Error::other)?;
    let certificate = wanted.self_signed(&key).map_err(io::Error::other)?;
    private(file, (certificate.pem() + &key.serialize_pem()).as_bytes())
}
