//! Logging: where lines go and in which form. What may stand in them is each room's duty: ids, codes and hosts.

use std::io;

use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::writer::BoxMakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Registry, fmt, reload};

use crate::config::{LogFormat, LogTarget, Logging};

/// How much is told; can be changed while lines go out.
pub struct Level(reload::Handle<LevelFilter, Registry>);

impl Level {
    /// From now on so much.
    pub fn set(&self, level: tracing::Level) {
        // It fails only where another subscriber stands: the demonstration's, which has a level of its own.
        let _ = self.0.reload(LevelFilter::from_level(level));
    }
}

/// Begins logging, once in a process; a second call leaves the first one's in place.
pub fn begin(logging: &Logging) -> Level {
    let target = match logging.target {
        LogTarget::Stderr => BoxMakeWriter::new(io::stderr),
        LogTarget::Stdout => BoxMakeWriter::new(io::stdout),
    };
    let colours = logging.target == LogTarget::Stderr && io::IsTerminal::is_terminal(&io::stderr());
    let (filter, handle) = reload::Layer::new(LevelFilter::from_level(logging.level));
    let lines = fmt::layer().with_target(false).with_writer(target);
    let from_here = tracing_subscriber::registry().with(filter);
    // A second set-up in one process is the demonstration's: the first one's stands.
    let _ = match logging.format {
        LogFormat::Text => from_here.with(lines.with_ansi(colours)).try_init(),
        LogFormat::Json => from_here.with(lines.json()).try_init(),
    };
    Level(handle)
}
