//! How the log is written.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::config::{LogFormat, LogSettings};

/// Starts logging to standard error; `usual` is what is logged if the settings
/// do not say.
///
/// # Errors
///
/// A filter that cannot be read, or a log that was started before.
pub fn start(
    settings: &LogSettings,
    usual: &str,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let filter = settings.log.as_deref().unwrap_or(usual);
    let filter = EnvFilter::try_new(filter)
        .map_err(|error| format!("{filter:?} is no log filter: {error}"))?;
    let terminal = std::io::stderr().is_terminal();
    let format = settings.log_format.unwrap_or(if terminal {
        LogFormat::Text
    } else {
        LogFormat::Json
    });
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(terminal);
    match format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .try_init(),
    }
}
