//! The tools of our users, for the tests that drive a server through them.

use std::path::Path;
use std::process::Command;

use tributary_tests::packages;
use tributary_tests::steps::{attempt, output_of};

/// What the names of the tests begin with that need them.
pub const TESTS: &str = "clients::";

/// The one of them that also needs a browser.
pub const IN_A_BROWSER: &str = "clients::the_example_works_in_a_browser";

/// The oldest Node.js that the tools take.
const OLDEST_NODE: u32 = 20;

/// Makes sure of the tools, installing what can be. Returns whether they are there; the
/// tests that need them are left out otherwise.
///
/// # Errors
/// Where Node.js and Python are there, and the tools cannot be installed.
pub fn ensure() -> Result<bool, String> {
    if node().is_none_or(|version| version < OLDEST_NODE) {
        println!("    there is no Node.js {OLDEST_NODE} or newer, with npm");
        return Ok(false);
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join("clients");
    if output_of("python3", &["-m", "venv", "--help"]).is_none()
        && let Err(reason) = packages::install("python3-venv")
    {
        println!("    there is no Python with venv: {reason}");
        return Ok(false);
    }
    let npm = [
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--silent",
    ];
    for tests in [&folder, &root.join("examples")] {
        attempt(Command::new("npm").args(npm).current_dir(tests))?;
    }
    attempt(
        Command::new("python3")
            .args(["-m", "venv", ".venv"])
            .current_dir(&folder),
    )?;
    let pip = [
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "-r",
        "fuzz/requirements.txt",
    ];
    attempt(
        Command::new(folder.join(".venv/bin/pip"))
            .args(pip)
            .current_dir(&folder),
    )?;
    Ok(true)
}

/// The major version of Node.js, where npm is there as well.
fn node() -> Option<u32> {
    output_of("npm", &["--version"])?;
    let version = output_of("node", &["--version"])?;
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}
