//! The text of a document: where its lines are, and what its parser does not
//! know yet.

use async_graphql::Pos;

use super::scan::{self, Token};

/// Bytes between two points at which characters were counted.
const STRIDE: usize = 1024;

/// Finds lines and columns by byte offsets.
pub struct Lines<'a> {
    text: &'a str,
    /// Where each line starts.
    starts: Vec<usize>,
    /// The characters before each multiple of [`STRIDE`].
    counted: Vec<usize>,
}

impl<'a> Lines<'a> {
    /// Measures a text.
    pub fn new(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for (at, byte) in bytes.iter().enumerate() {
            let crlf = *byte == b'\r' && bytes.get(at + 1) == Some(&b'\n');
            if matches!(byte, b'\n' | b'\r') && !crlf {
                starts.push(at + 1);
            }
        }
        let mut counted = vec![0];
        let mut total = 0;
        for chunk in bytes.chunks(STRIDE) {
            total += characters(chunk);
            counted.push(total);
        }
        Self {
            text,
            starts,
            counted,
        }
    }

    /// The position of a byte, both counted from 1.
    pub fn position(&self, offset: usize) -> Pos {
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts.get(line.saturating_sub(1)).copied();
        let before = self.characters_before(start.unwrap_or_default());
        Pos {
            line,
            column: self.characters_before(offset) - before + 1,
        }
    }

    fn characters_before(&self, offset: usize) -> usize {
        let offset = offset.min(self.text.len());
        let whole = offset / STRIDE;
        let rest = &self.text.as_bytes()[whole * STRIDE..offset];
        self.counted.get(whole).copied().unwrap_or_default() + characters(rest)
    }
}

/// The characters that begin in these bytes of UTF-8.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}

/// Takes the descriptions of operations, fragments and variables out of a
/// document: they are in the language since September 2025, and the parser does
/// not know them yet. Everything else keeps its place. The second part is the
/// descriptions, to be checked as strings.
pub fn without_descriptions(text: &str) -> (String, Vec<&str>) {
    let tokens: Vec<Token<'_>> = scan::tokens(text).collect();
    let mut nesting = 0_usize;
    let mut defines_variables = false;
    let mut descriptions = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| tokens.get(at));
        let before = before.map_or("", |token| token.text);
        let next = tokens.get(at + 1).map_or("", |token| token.text);
        match token.text {
            "{" | "[" => nesting += 1,
            "(" => {
                defines_variables |= nesting == 0 && next_is_variable(&tokens, at + 1);
                nesting += 1;
            }
            "}" | "]" | ")" => {
                nesting = nesting.saturating_sub(1);
                defines_variables &= nesting > 0;
            }
            text if text.starts_with('"') => {
                let definition = nesting == 0
                    && matches!(next, "query" | "mutation" | "subscription" | "fragment");
                let variable = nesting == 1 && defines_variables && next == "$" && before != "=";
                if definition || variable {
                    descriptions.push(token);
                }
            }
            _ => {}
        }
    }
    let mut bytes = text.as_bytes().to_vec();
    for token in &descriptions {
        for byte in &mut bytes[token.at..token.at + token.text.len()] {
            if !matches!(*byte, b'\n' | b'\r') {
                *byte = b' ';
            }
        }
    }
    let bare = String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned());
    (bare, descriptions.iter().map(|token| token.text).collect())
}

/// Whether a variable's definition begins here, described or not.
fn next_is_variable(tokens: &[Token<'_>], at: usize) -> bool {
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text);
    text(at) == "$" || (text(at).starts_with('"') && text(at + 1) == "$")
}

/// Where an argument or input field has a name and no value, if any has: the
/// parser leaves such a one out.
pub fn name_without_value(text: &str) -> Option<usize> {
    let tokens: Vec<Token<'_>> = scan::tokens(text).collect();
    // What the open brackets hold: names with values, or not.
    let mut open: Vec<bool> = Vec::new();
    let mut within_value = 0_usize;
    let mut before = "";
    for (at, token) in tokens.iter().enumerate() {
        let starts_name = |byte: &u8| byte.is_ascii_alphabetic() || *byte == b'_';
        match token.text {
            "(" | "[" => {
                open.push(token.text == "(");
                within_value += 1;
            }
            // Within arguments it is an object, elsewhere a selection set.
            "{" => {
                open.push(within_value > 0);
                within_value += usize::from(within_value > 0);
            }
            ")" | "]" | "}" => {
                open.pop();
                within_value = within_value.saturating_sub(1);
            }
            name if name.as_bytes().first().is_some_and(starts_name) => {
                let next = tokens.get(at + 1).map_or("", |token| token.text);
                let needs_value =
                    open.last() == Some(&true) && !matches!(before, ":" | "$" | "=" | "@");
                if needs_value && next != ":" {
                    return Some(token.at);
                }
            }
            _ => {}
        }
        before = token.text;
    }
    None
}
