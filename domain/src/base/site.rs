//! Web addresses of companies, however they are written.

use url::{Host, Url};

use crate::error::{Error, Result};

/// What a domain or web address says of a company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Site {
    /// Its registrable domain, in lower-case ASCII: the company is known by it.
    Own(String),
    /// A host of many companies, as for mail or pages: it says nothing of whose.
    Shared(String),
}

/// Reads a domain or web address: `https://www.Globex.example/about` gives
/// `globex.example`. Which suffixes are public is Mozilla's Public Suffix List.
///
/// # Errors
///
/// [`Error::Invalid`] for what is neither, and for a scheme that is not the web's:
/// with a mistyped one, the rest would be read by other rules.
pub fn site(text: &str) -> Result<Site> {
    let invalid = |what: &str| Error::invalid("account.domain", what);
    let text = text.trim();
    let lower = text.to_ascii_lowercase();
    let web = ["http://", "https://"]
        .iter()
        .any(|scheme| lower.starts_with(scheme));
    if !web && (text.contains("://") || text.starts_with('/')) {
        return Err(invalid("a web address begins with https:// or http://"));
    }
    let address = if web {
        text.to_owned()
    } else {
        format!("https://{text}")
    };
    let neither = || invalid("not a domain or web address");
    let url = Url::parse(&address).map_err(|_| neither())?;
    let Some(Host::Domain(host)) = url.host() else {
        return Err(neither());
    };
    let host = host.trim_end_matches('.');
    if SHARED_HOSTS.lines().any(|shared| is_under(host, shared)) {
        return Ok(Site::Shared(host.to_owned()));
    }
    let domain = psl::domain_str(host).ok_or_else(neither)?;
    let plain = domain
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte));
    if plain {
        Ok(Site::Own(domain.to_owned()))
    } else {
        Err(neither())
    }
}

/// Hosts under which many companies are found, a line each.
const SHARED_HOSTS: &str = include_str!("shared_hosts.txt");

/// Whether a host is another one, or one below it.
fn is_under(host: &str, above: &str) -> bool {
    let rest = host.strip_suffix(above).filter(|_| !above.is_empty());
    rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_company_under_many_spellings() {
        for (text, domain) in [
            ("globex.example", "globex.example"),
            ("https://www.Globex.example/about", "globex.example"),
            ("HTTPS://WWW.GLOBEX.EXAMPLE", "globex.example"),
            ("WWW.GLOBEX.EXAMPLE:443", "globex.example"),
            ("globex.example.", "globex.example"),
            ("shop.globex.co.uk", "globex.co.uk"),
            ("sales@globex.example", "globex.example"),
            ("globex.github.io", "globex.github.io"),
            (
                "https://user@mail.bücher.example/?q=1",
                "xn--bcher-kva.example",
            ),
        ] {
            assert_eq!(site(text).unwrap(), Site::Own(domain.to_owned()), "{text}");
        }
        for text in [
            "",
            "co.uk",
            "localhost",
            "10.0.0.1",
            "https://[::1]/",
            "a b.example",
            "://",
            "htps://WWW.Globex.example",
            "web://Globex.Example",
            "//globex.example",
            "file:///etc/globex.example",
            "github.io",
        ] {
            assert!(site(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_host_of_many_companies_identifies_none() {
        for text in [
            "gmail.com",
            "rossi@mail.gmail.com",
            "linkedin.com/company/kilo-labs",
            "https://www.LinkedIn.com/company/lima-foods",
            "sites.google.com/view/kilo",
        ] {
            assert!(matches!(site(text), Ok(Site::Shared(_))), "{text}");
        }
        for text in ["google.com", "notgmail.com", "gmail.com.globex.example"] {
            assert!(matches!(site(text), Ok(Site::Own(_))), "{text}");
        }
    }

    #[test]
    fn shared_hosts_are_hosts_of_their_own() {
        let is_host = |line: &&str| !line.is_empty() && !line.starts_with('#');
        let hosts = || SHARED_HOSTS.lines().filter(is_host);
        let suffixes: Vec<&str> = hosts()
            .filter(|host| psl::domain_str(host).is_none())
            .collect();
        assert!(
            suffixes.is_empty(),
            "these are public suffixes: {suffixes:?}"
        );
        for host in hosts() {
            assert_eq!(site(host).unwrap(), Site::Shared(host.to_owned()));
        }
    }
}
