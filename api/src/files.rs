//! Files that only their owner reads, and that are whole or not there.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The path with something behind its name.
pub fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Makes an empty file that only its owner reads and writes.
///
/// # Errors
/// Where it is there already, or cannot be made.
pub fn create(file: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600).open(file)
}

/// Writes a file, in place of the one that is there if there is one.
///
/// # Errors
/// Where it cannot be written; then the earlier one is as it was.
pub fn replace(file: &Path, text: &str) -> io::Result<()> {
    let unfinished = beside(file, ".new");
    remove(&unfinished)?;
    let mut opened = create(&unfinished)?;
    opened.write_all(text.as_bytes())?;
    opened.sync_all()?;
    fs::rename(&unfinished, file)?;
    sync_directory(file)
}

/// Removes a file, if it is there.
///
/// # Errors
/// Where it cannot be removed.
pub fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Makes what was written to a file durable.
///
/// # Errors
/// Those of the disk.
pub fn sync(file: &Path) -> io::Result<()> {
    File::open(file)?.sync_all()
}

/// Makes the name of a file durable.
///
/// # Errors
/// Those of the disk.
pub fn sync_directory(file: &Path) -> io::Result<()> {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync(parent),
        _ => sync(Path::new(".")),
    }
}
