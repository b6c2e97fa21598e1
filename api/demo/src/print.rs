//! The story on paper: dates in the margin, words and figures beside them.

use std::io::{IsTerminal, Write, stderr, stdout};

/// The width of the margin.
const MARGIN: usize = 14;

/// Writes a story for a reader. What cannot be written is dropped: a reader
/// who leaves does not stop what is told.
pub struct Teller {
    page: Box<dyn Write + Send>,
    bold: bool,
}

impl Teller {
    /// Tells it on standard output, with headings in bold on a terminal.
    pub fn aloud() -> Self {
        Self {
            bold: stdout().is_terminal(),
            page: Box::new(stdout()),
        }
    }

    /// Tells it on standard error, and leaves standard output to a program.
    pub fn aside() -> Self {
        Self {
            bold: stderr().is_terminal(),
            page: Box::new(stderr()),
        }
    }

    /// Tells it to nobody.
    pub fn silent() -> Self {
        Self {
            bold: false,
            page: Box::new(std::io::sink()),
        }
    }

    /// A heading with its date in the margin.
    pub fn heading(&mut self, date: &str, title: &str) {
        let (on, off) = if self.bold {
            ("\x1b[1m", "\x1b[0m")
        } else {
            ("", "")
        };
        let _ = writeln!(self.page, "\n{on}{date:<MARGIN$}{title}{off}");
    }

    /// A line of words. A line break within it begins a new line.
    pub fn say(&mut self, words: &str) {
        for line in words.lines() {
            let _ = writeln!(self.page, "{:MARGIN$}{line}", "");
        }
    }

    /// Somebody, what about them, and an amount in major units.
    pub fn figure(&mut self, who: &str, what: &str, amount: &str) {
        self.say(&format!("  {who:<11} {what:<34} {:>11}", grouped(amount)));
    }

    /// A line from the left edge, to be copied.
    pub fn plain(&mut self, line: &str) {
        let _ = writeln!(self.page, "{line}");
    }
}

/// An amount with a comma between thousands: `15500.00` gives `15,500.00`.
pub fn grouped(amount: &str) -> String {
    let (whole, rest) = amount.split_at(amount.find('.').unwrap_or(amount.len()));
    let (sign, digits) = whole.split_at(whole.find(|c: char| c != '-').unwrap_or(0));
    let mut text = String::from(sign);
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        for (amount, shown) in [
            ("0.00", "0.00"),
            ("100.00", "100.00"),
            ("15500.00", "15,500.00"),
            ("-1291.66", "-1,291.66"),
            ("-100.00", "-100.00"),
            ("1234567", "1,234,567"),
        ] {
            assert_eq!(grouped(amount), shown);
        }
    }
}
