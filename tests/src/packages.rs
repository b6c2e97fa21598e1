//! Debian's packages, for what the tests run beside themselves.

use std::process::Command;

use crate::steps::{attempt, output_of};

/// Installs a package, directly as root or through a `sudo` that asks for no
/// password.
///
/// # Errors
/// Where neither is possible, or it cannot be had.
pub fn install(package: &str) -> Result<(), String> {
    let apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--yes"];
    let prefix: &[&str] = if is_root() {
        &[]
    } else if output_of("sudo", &["-n", "true"]).is_some() {
        &["sudo", "-n"]
    } else {
        return Err("installing takes root".to_owned());
    };
    if output_of("apt-get", &["--version"]).is_none() {
        return Err("there is no apt-get".to_owned());
    }
    let apt_get = |arguments: &[&str]| {
        let line: Vec<&str> = prefix
            .iter()
            .chain(&apt)
            .chain(arguments)
            .copied()
            .collect();
        attempt(Command::new(line[0]).args(&line[1..]))
    };
    println!("    installing {package}");
    // One source that does not answer is no reason not to ask the others.
    if let Err(reason) = apt_get(&["update"]) {
        println!("    {reason}; trying all the same");
    }
    apt_get(&["install", "--no-install-recommends", package])
}

/// Whether this process may do everything.
pub fn is_root() -> bool {
    output_of("id", &["-u"]).as_deref() == Some("0")
}
