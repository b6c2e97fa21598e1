//! The forms that an answer can take, and which of them a caller accepts.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;

/// The forms an answer can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// `application/graphql-response+json`: the status tells how it went.
    GraphqlResponse,
    /// `application/json`: 200 for whatever a well-formed request led to.
    Json,
    /// `text/event-stream`: one event per result.
    EventStream,
}

impl Media {
    /// The best form that the caller accepts; no header, or anything at all,
    /// means plain JSON. `None` where nothing fits.
    pub fn accepted(headers: &HeaderMap) -> Option<Self> {
        let values: Vec<&str> = headers
            .get_all(ACCEPT)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .collect();
        if values.is_empty() {
            return Some(Self::Json);
        }
        let mut best: Option<(u16, Self)> = None;
        for range in values.iter().flat_map(|value| value.split(',')) {
            let (name, weight) = weighed(range);
            let media = match name.to_ascii_lowercase().as_str() {
                "application/graphql-response+json" => Self::GraphqlResponse,
                "application/json" | "application/*" | "*/*" => Self::Json,
                "text/event-stream" => Self::EventStream,
                _ => continue,
            };
            if weight > best.map_or(0, |(heaviest, _)| heaviest) {
                best = Some((weight, media));
            }
        }
        best.map(|(_, media)| media)
    }

    /// The value of `content-type`.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json | Self::EventStream => "application/json; charset=utf-8",
        }
    }
}

/// A media range and its weight in thousandths; 1000 where none is given.
fn weighed(range: &str) -> (&str, u16) {
    let mut parts = range.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default();
    let weight = parts
        .find_map(|part| part.strip_prefix("q="))
        .map_or(1000, thousandths);
    (name, weight)
}

/// Reads `1`, `0.5` or `0.25` in thousandths; 0 for anything else.
fn thousandths(text: &str) -> u16 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    match (whole, format!("{fraction:0<3}").parse::<u16>()) {
        ("1", _) => 1000,
        ("0", Ok(thousandths)) if thousandths < 1000 => thousandths,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepting(value: &str) -> Option<Media> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, value.parse().unwrap());
        Media::accepted(&headers)
    }

    #[test]
    fn the_caller_chooses_the_media_type() {
        use Media::{EventStream, GraphqlResponse, Json};

        assert_eq!(Media::accepted(&HeaderMap::new()), Some(Json));
        for (accept, expected) in [
            ("*/*", Some(Json)),
            ("application/*", Some(Json)),
            ("application/json", Some(Json)),
            ("application/json; charset=utf-8", Some(Json)),
            ("application/graphql-response+json", Some(GraphqlResponse)),
            (
                "application/graphql-response+json, application/json;q=0.9",
                Some(GraphqlResponse),
            ),
            (
                "application/json;q=0.25, application/graphql-response+json;q=0.5",
                Some(GraphqlResponse),
            ),
            ("text/html, */*;q=0.1", Some(Json)),
            ("text/event-stream", Some(EventStream)),
            ("Text/Event-Stream", Some(EventStream)),
            ("text/html", None),
            ("application/json;q=0", None),
            ("application/json;q=nonsense", None),
            ("", None),
        ] {
            assert_eq!(accepting(accept), expected, "{accept}");
        }
    }
}
