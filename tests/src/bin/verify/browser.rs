//! A browser for the tests of pages.

use tributary_tests::packages;
use tributary_tests::steps::output_of;

/// What the names of the tests begin with that need it.
pub const TESTS: &str = "editor::";

/// Makes sure of Chromium, installing it where that is possible. Returns whether it
/// is there; the tests that need it are left out otherwise.
pub fn ensure() -> bool {
    let is_there = || output_of("chromium", &["--version"]);
    if is_there().is_none()
        && let Err(reason) = packages::install("chromium")
    {
        println!("    {reason}");
    }
    match is_there() {
        Some(version) => println!("    {version}"),
        None => println!("    there is none; on Debian: `sudo apt-get install chromium`"),
    }
    is_there().is_some()
}
