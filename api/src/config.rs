//! Settings, from arguments and the environment.

use std::ffi::OsStr;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use axum::http::HeaderValue;
use clap::builder::{TypedValueParser, ValueParserFactory};
use clap::error::ErrorKind;
use clap::{Arg, Command};
use clap::{Args, ValueEnum};
use tributary_domain::database;

use tributary_web::edge::Edge;

/// What every command that opens the database needs.
#[derive(Clone, Debug, Args)]
pub struct DatabaseSettings {
    /// The database: `sqlite://…` or `postgres://…`
    #[arg(
        long,
        env = "TRIBUTARY_DATABASE_URL",
        default_value = "sqlite://data/tributary.db",
        hide_env_values = true
    )]
    pub database_url: DatabaseUrl,

    /// Connections to the database, at most
    #[arg(long, env = "TRIBUTARY_DATABASE_CONNECTIONS", default_value_t = 10)]
    pub database_connections: u32,

    /// A file of the keys that seal secrets at rest, unless TRIBUTARY_KEYRING holds
    /// them; for an SQLite database usually `<database>.keyring`, which is made
    #[arg(long, env = "TRIBUTARY_KEYRING_FILE")]
    pub keyring_file: Option<PathBuf>,
}

/// What serving needs.
#[derive(Clone, Debug, Args)]
pub struct ServerSettings {
    /// The address to listen on
    #[arg(long, env = "TRIBUTARY_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,

    /// Where clients reach this server, if not at the address it listens on
    #[arg(long, env = "TRIBUTARY_PUBLIC_URL")]
    pub public_url: Option<url::Url>,

    /// Origins whose pages may call, as `https://app.example`, by commas
    #[arg(long, env = "TRIBUTARY_ALLOWED_ORIGINS", value_delimiter = ',', value_parser = origin)]
    pub allowed_origins: Vec<HeaderValue>,

    /// How many proxies of yours stand before this server, each adding to
    /// `x-forwarded-for`
    #[arg(long, env = "TRIBUTARY_TRUSTED_PROXIES", default_value_t = 0)]
    pub trusted_proxies: usize,
}

impl ServerSettings {
    /// Where clients reach a server that listens here, without a slash at the
    /// end: where uploads are put, for one.
    ///
    /// # Errors
    ///
    /// When it listens on every address, and nobody said which one clients use.
    pub fn public_url(&self, listening: SocketAddr) -> Result<String, &'static str> {
        let own = format!("http://{listening}");
        match &self.public_url {
            Some(given) => Ok(given.as_str().trim_end_matches('/').to_owned()),
            None if listening.ip().is_unspecified() => {
                Err("say where clients reach a server that listens on every address: --public-url")
            }
            None => Ok(own),
        }
    }

    /// What stands between this server and its callers.
    pub fn edge(&self) -> Edge {
        Edge {
            origins: self.allowed_origins.clone(),
            proxies: self.trusted_proxies,
        }
    }
}

/// An origin exactly as browsers send it. A wildcard, or a slash at the end,
/// would silently match no page.
fn origin(text: &str) -> Result<HeaderValue, String> {
    let url = url::Url::parse(text).ok();
    let sent = url.map(|url| url.origin().ascii_serialization());
    match (sent, HeaderValue::from_str(text)) {
        (Some(sent), Ok(value)) if sent == text => Ok(value),
        // Of the schemes that apps have for themselves, no URL tells an origin.
        (Some(sent), Ok(value)) if sent == "null" && is_bare(text) => Ok(value),
        (Some(sent), _) if sent != "null" => Err(format!("browsers send it as {sent}")),
        _ => Err("an origin reads https://app.example; each one is listed by itself".to_owned()),
    }
}

/// A scheme and a host, and nothing else.
fn is_bare(text: &str) -> bool {
    let host = text.split_once("://").map_or("", |(_, host)| host);
    !host.is_empty() && !host.contains(['/', '?', '#', '*', ','])
}

/// What goes to the log, and how.
#[derive(Clone, Debug, Args)]
pub struct LogSettings {
    /// What to log, as `info` or `tributary_api=debug,warn`; usually `info`,
    /// but `warn` in the demo
    #[arg(long, env = "TRIBUTARY_LOG", global = true)]
    pub log: Option<String>,

    /// How to write the log; text on a terminal, JSON elsewhere
    #[arg(long, env = "TRIBUTARY_LOG_FORMAT", global = true)]
    pub log_format: Option<LogFormat>,
}

/// The forms of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One line for people
    Text,
    /// One JSON object
    Json,
}

/// The address of a database. It may hold a password, so neither `Debug` nor
/// `Display` shows more than its kind, host and name.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// The address as given, for the driver alone.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The file of an SQLite database on disk.
    pub fn file(&self) -> Option<PathBuf> {
        database::file(&self.0).ok().flatten()
    }

    /// Whether it is this machine's alone: a file, or memory.
    pub fn is_local(&self) -> bool {
        self.0.starts_with("sqlite:")
    }
}

impl FromStr for DatabaseUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = ["sqlite:", "postgres://", "postgresql://"];
        // The text is not repeated: what looks wrong here may hold a password.
        if !known.iter().any(|scheme| text.starts_with(scheme)) {
            return Err("a database address starts with sqlite: or postgres://");
        }
        match database::file(text) {
            Ok(Some(file)) if file.as_os_str().is_empty() => Err("the address names no file"),
            Ok(_) => Ok(Self(text.to_owned())),
            Err(_) => Err("the address of an SQLite database is sqlite://<file>"),
        }
    }
}

/// Reads the address from the command line or the environment. The usual
/// parser repeats a value that it does not like, password and all.
#[derive(Clone)]
pub struct DatabaseUrlParser;

impl TypedValueParser for DatabaseUrlParser {
    type Value = DatabaseUrl;

    fn parse_ref(
        &self,
        command: &Command,
        _: Option<&Arg>,
        value: &OsStr,
    ) -> Result<DatabaseUrl, clap::Error> {
        let text = value.to_str().unwrap_or_default();
        let refused = |reason| {
            let message = format!("--database-url, TRIBUTARY_DATABASE_URL: {reason}\n");
            clap::Error::raw(ErrorKind::ValueValidation, message).with_cmd(command)
        };
        text.parse().map_err(refused)
    }
}

impl ValueParserFactory for DatabaseUrl {
    type Parser = DatabaseUrlParser;

    fn value_parser() -> DatabaseUrlParser {
        DatabaseUrlParser
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_local() {
            return f.write_str(&self.0);
        }
        match url::Url::parse(&self.0) {
            Ok(url) => {
                let host = url.host_str().unwrap_or_default();
                write!(f, "{}://{host}{}", url.scheme(), url.path())
            }
            Err(_) => f.write_str("postgres://…"),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> DatabaseUrl {
        text.parse().unwrap()
    }

    #[test]
    fn a_password_is_never_shown() {
        for text in [
            "postgres://ada:hunter2@db.example:5432/books?sslmode=require&password=hunter2",
            "postgresql://ada:hunter2@db.example/books",
            "postgres://ada:hunter2@[bad",
        ] {
            let shown = format!("{0} {0:?} {1:?}", url(text), url(text));
            assert!(
                !shown.contains("hunter2") && !shown.contains("ada"),
                "{shown}"
            );
        }
        let shown = url("postgres://ada:hunter2@db.example:5432/books").to_string();
        assert_eq!(shown, "postgres://db.example/books");
        let error = "mysql://ada:hunter2@db".parse::<DatabaseUrl>().unwrap_err();
        assert!(!error.contains("hunter2"));
    }

    #[test]
    fn an_origin_is_what_a_browser_sends() {
        for good in ["https://app.example", "http://localhost:5173"] {
            assert_eq!(origin(good).unwrap(), good);
        }
        for bad in [
            "*",
            "null",
            "app.example",
            "https://*.example/",
            "https://app.example/",
            "https://App.example",
            "https://app.example:443",
            "",
        ] {
            assert!(origin(bad).is_err(), "{bad}");
        }
        let error = origin("https://app.example/").unwrap_err();
        assert_eq!(error, "browsers send it as https://app.example");
    }

    #[test]
    fn the_file_of_a_database_is_known() {
        assert_eq!(
            url("sqlite://data/t.db").file(),
            Some(PathBuf::from("data/t.db"))
        );
        assert_eq!(
            url("sqlite:///tmp/t.db?mode=rwc").file(),
            Some(PathBuf::from("/tmp/t.db"))
        );
        assert_eq!(url("sqlite:t.db").file(), Some(PathBuf::from("t.db")));
        let spaced = PathBuf::from("data/a b.db");
        assert_eq!(url("sqlite://data/a%20b.db").file(), Some(spaced));
        assert_eq!(url("sqlite::memory:").file(), None);
        assert_eq!(url("sqlite://x?mode=memory").file(), None);
        assert_eq!(url("postgres://db/books").file(), None);
    }
}
