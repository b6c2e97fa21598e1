//! Whether the tests may mount small file systems.

use std::env;
use std::fs;
use std::process::{Command, Stdio};

/// What the names of the tests have in common that mount one.
pub const TESTS: &str = "full_disk";

/// Whether a file system in memory can be mounted here.
pub fn can_mount() -> bool {
    let place = env::temp_dir().join(format!("tributary-mount-{}", std::process::id()));
    if fs::create_dir(&place).is_err() {
        return false;
    }
    let quietly = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .arg(&place)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let mounted = quietly("mount", &["-t", "tmpfs", "-o", "size=1m", "tmpfs"]);
    if mounted {
        quietly("umount", &[]);
    }
    // Empty either way; a leftover directory harms nobody.
    fs::remove_dir(&place).ok();
    mounted
}
