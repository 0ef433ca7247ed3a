//! Logging: where lines go and in which form. What may stand in them is each room's duty: ids, codes and hosts.

use std::io;

use tracing_subscriber::fmt::writer::BoxMakeWriter;

use crate::config::{LogFormat, LogTarget, Logging};

/// Begins logging, once in a process; a second call leaves the first one's in place.
pub fn begin(logging: &Logging) {
    let target = match logging.target {
        LogTarget::Stderr => BoxMakeWriter::new(io::stderr),
        LogTarget::Stdout => BoxMakeWriter::new(io::stdout),
    };
    let colours = logging.target == LogTarget::Stderr && io::IsTerminal::is_terminal(&io::stderr());
    let lines = tracing_subscriber::fmt().with_max_level(logging.level).with_target(false).with_writer(target);
    // A second set-up in one process is the demonstration's: the first one's stands.
    let _ = match logging.format {
        LogFormat::Text => lines.with_ansi(colours).try_init(),
        LogFormat::Json => lines.json().try_init(),
    };
}
