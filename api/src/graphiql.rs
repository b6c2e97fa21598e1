//! The query editor, served from the program itself: no other host is asked.

use axum::Router;
use axum::http::HeaderName;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// Scripts, styles and connections of this origin alone; the editor's fonts are
/// in its stylesheet.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     font-src data:; img-src 'self' data:; connect-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'";

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

/// A file of `assets/graphiql`: its path here, its media type, its bytes.
type Asset = (&'static str, &'static str, &'static [u8]);

macro_rules! asset {
    ($name:literal, $kind:expr) => {
        (
            concat!("/graphiql/", $name),
            $kind,
            include_bytes!(concat!("../assets/graphiql/", $name)),
        )
    };
}

const ASSETS: [Asset; 7] = [
    asset!("graphiql.min.css", STYLE),
    asset!("graphiql.min.js", SCRIPT),
    asset!("graphql-ws.min.js", SCRIPT),
    asset!("page.css", STYLE),
    asset!("page.js", SCRIPT),
    asset!("react-dom.production.min.js", SCRIPT),
    asset!("react.production.min.js", SCRIPT),
];

/// The editor's page.
pub fn page() -> Response {
    let html = include_str!("../assets/graphiql/index.html");
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-cache"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("vary"), "accept"),
    ];
    (headers, html).into_response()
}

/// The page at `/`, and the files it loads.
pub fn routes() -> Router {
    let pages = Router::new().route("/", get(async || page()));
    ASSETS
        .into_iter()
        .fold(pages, |router, (path, kind, bytes)| {
            let headers = [
                (CONTENT_TYPE, kind),
                (CACHE_CONTROL, "public, max-age=3600"),
                (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            ];
            router.route(path, get(async move || (headers, bytes)))
        })
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn what_is_not_ours_is_as_published() {
        let readme = include_str!("../assets/graphiql/README.md");
        for (path, _, bytes) in ASSETS {
            let name = path.trim_start_matches("/graphiql/");
            if name.starts_with("page.") {
                continue;
            }
            let digest: String = Sha256::digest(bytes)
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            let row = readme
                .lines()
                .find(|line| line.contains(&format!("`{name}`")));
            assert!(
                row.is_some_and(|row| row.contains(&digest)),
                "{name}: {digest}"
            );
        }
    }

    /// The editor's history holds headers: whatever it is given to keep things in
    /// must not outlive the page.
    #[test]
    fn the_page_gives_the_editor_nothing_that_lasts() {
        let page = include_str!("../assets/graphiql/page.js");
        let started = page.split("React.createElement(GraphiQL").nth(1);
        assert!(started.is_some_and(|options| options.contains("storage: memory(),")));
        for lasting in ["setItem(", "sessionStorage", "indexedDB", "document.cookie"] {
            let uses = page.matches(lasting).count();
            assert_eq!(uses, 0, "{lasting}");
        }
    }

    #[test]
    fn the_page_loads_only_what_is_served_here() {
        let html = include_str!("../assets/graphiql/index.html");
        let wanted = html.split("\"/graphiql/").skip(1);
        let wanted: Vec<_> = wanted.filter_map(|rest| rest.split('"').next()).collect();
        assert_eq!(wanted.len(), ASSETS.len());
        for name in wanted {
            let path = format!("/graphiql/{name}");
            assert!(
                ASSETS.iter().any(|(served, _, _)| *served == path),
                "{name}"
            );
        }
        assert!(!html.contains("://"));
    }
}
