//! Running other programs, one step at a time.

use std::ffi::OsStr;
use std::iter;
use std::process::{Command, Stdio};
use std::time::Instant;

/// Prints the heading of a step.
pub fn heading(name: &str) {
    println!("==> {name}");
}

/// Runs one step under its heading, and prints the time it took.
///
/// # Errors
/// Those of the step.
pub fn step<T>(name: &str, run: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    heading(name);
    let start = Instant::now();
    let value = run()?;
    println!("    {:.1?}", start.elapsed());
    Ok(value)
}

/// Runs a command that shares our terminal.
///
/// # Errors
/// Names the command when it cannot be run or does not succeed.
pub fn attempt(command: &mut Command) -> Result<(), String> {
    // Not the command's own `Debug`: that would print its environment too.
    let words = iter::once(command.get_program()).chain(command.get_args());
    let line: Vec<_> = words.map(OsStr::to_string_lossy).collect();
    let line = line.join(" ");
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{line}` failed ({status})")),
        Err(error) => Err(format!("`{line}` cannot be run: {error}")),
    }
}

/// What a program prints, trimmed; nothing if it is absent or fails.
pub fn output_of(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(arguments)
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
