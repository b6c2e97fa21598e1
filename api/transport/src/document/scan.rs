//! How large a document is, before anything takes it apart.
//!
//! The parser's work and its use of the stack grow with the document, so the
//! document is measured first, in one pass that keeps nothing.

/// The size of a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// Lexical tokens: names, numbers, strings and punctuators.
    pub tokens: usize,
    /// The deepest nesting of braces, brackets and parentheses.
    pub nesting: usize,
}

/// One token and where it begins.
#[derive(Clone, Copy, Debug)]
pub struct Token<'a> {
    /// Its text; of a string, with its quotes.
    pub text: &'a str,
    /// The byte that it begins at.
    pub at: usize,
}

/// Measures a document. Text that is no GraphQL is measured too: it is the
/// parser's task to refuse it.
pub fn measure(document: &str) -> Extent {
    let mut extent = Extent::default();
    let mut open = 0_usize;
    for token in tokens(document) {
        extent.tokens += 1;
        match token.text {
            "{" | "[" | "(" => open += 1,
            "}" | "]" | ")" => open = open.saturating_sub(1),
            _ => {}
        }
        extent.nesting = extent.nesting.max(open);
    }
    extent
}

/// The tokens of a document, without white space, commas and comments.
pub fn tokens(document: &str) -> impl Iterator<Item = Token<'_>> {
    let bytes = document.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some(&byte) = bytes.get(at) {
            let from = at;
            at = match byte {
                b' ' | b'\t' | b'\r' | b'\n' | b',' | 0xEF | 0xBB | 0xBF => at + 1,
                b'#' => skip(bytes, at, |byte| byte != b'\n' && byte != b'\r'),
                _ => {
                    at = end_of_token(bytes, at).min(bytes.len());
                    // Bytes of one character are one token.
                    while !document.is_char_boundary(at) {
                        at += 1;
                    }
                    let text = document.get(from..at).unwrap_or_default();
                    return Some(Token { text, at: from });
                }
            };
        }
        None
    })
}

/// The first position after `at` whose byte does not match.
fn skip(bytes: &[u8], at: usize, matching: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest
        .iter()
        .position(|byte| !matching(*byte))
        .unwrap_or(rest.len())
}

/// Where the token that starts at `at` ends.
fn end_of_token(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    if rest.starts_with(b"...") {
        return at + 3;
    }
    if rest.starts_with(b"\"\"\"") {
        return end_of_block(bytes, at + 3);
    }
    match rest.first() {
        Some(b'"') => end_of_string(bytes, at + 1),
        Some(b'-' | b'0'..=b'9') => skip(bytes, at, |byte| {
            is_name(byte) || matches!(byte, b'-' | b'+' | b'.')
        }),
        Some(byte) if is_name(*byte) => skip(bytes, at, is_name),
        _ => at + 1,
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn end_of_string(bytes: &[u8], mut at: usize) -> usize {
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' | b'\n' | b'\r' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn end_of_block(bytes: &[u8], mut at: usize) -> usize {
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with(b"\\\"\"\"") {
            at += 4;
        } else if rest.starts_with(b"\"\"\"") {
            return at + 3;
        } else {
            at += 1;
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(document: &str) -> usize {
        measure(document).tokens
    }

    #[test]
    fn tokens_are_counted_as_the_language_has_them() {
        assert_eq!(tokens(""), 0);
        assert_eq!(tokens(" \t\r\n,, \u{feff}"), 0);
        assert_eq!(tokens("{ a b, c }"), 5);
        assert_eq!(tokens("query($id:ID!){deal(id:$id){...F}}"), 21);
        assert_eq!(tokens("{ a(x: -1.5e3, y: [1,2]) }"), 14);
        assert_eq!(tokens("{a...F}"), 5);
        assert_eq!(tokens("{ a @skip(if: true) }"), 10);
    }

    #[test]
    fn strings_and_comments_hide_what_is_in_them() {
        assert_eq!(tokens("# { a b c }\n{ a }"), 3);
        assert_eq!(tokens(r#"{ a(x: "{ { b \" } c") }"#), 8);
        assert_eq!(tokens(r#"{ a(x: """{ " \""" { """) }"#), 8);
        assert_eq!(measure(r#"{ a(x: "{[(") }"#).nesting, 2);
        assert_eq!(tokens(r#"{ a(x: "") b }"#), 9);
    }

    #[test]
    fn text_that_never_ends_is_measured_to_its_end() {
        for document in [
            "\"",
            "\"\"\"",
            "\"\\",
            "\"\"\"\\\"\"\"",
            "{ a(x: \"abc",
            "é ü",
        ] {
            assert!(tokens(document) <= document.len(), "{document}");
        }
    }

    #[test]
    fn nesting_is_the_deepest_point() {
        assert_eq!(measure("{ a { b } c { d { e } } }").nesting, 3);
        assert_eq!(measure("{ a(x: [[[1]]]) }").nesting, 5);
        assert_eq!(measure("}}}{").nesting, 1);
    }
}
