//! Files that only their owner reads, and that are whole or not there.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// The path with something behind its name.
pub fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// The directory of a file.
pub fn directory(file: &Path) -> &Path {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// An empty file of a name of its own, in the directory where it will get another.
/// It is removed when dropped.
///
/// # Errors
/// Where it cannot be made.
pub fn unfinished(file: &Path) -> io::Result<NamedTempFile> {
    let prefix = ".tributary-unfinished-";
    NamedTempFile::with_prefix_in(prefix, directory(file))
}

/// Gives a finished file its name, unless there is one of that name.
///
/// # Errors
/// Where there is, and those of the disk; then nothing is left.
pub fn finish_new(finished: NamedTempFile, file: &Path) -> io::Result<()> {
    finished.as_file().sync_all()?;
    finished.persist_noclobber(file)?;
    sync_directory(file)
}

/// Writes a file, unless it is there.
///
/// # Errors
/// Where it is there, and those of the disk.
pub fn write_new(file: &Path, text: &str) -> io::Result<()> {
    let mut unfinished = unfinished(file)?;
    unfinished.write_all(text.as_bytes())?;
    finish_new(unfinished, file)
}

/// Writes a file, in place of the one that is there if there is one.
///
/// # Errors
/// Where it cannot be written; then the earlier one is as it was.
pub fn replace(file: &Path, text: &str) -> io::Result<()> {
    let mut unfinished = unfinished(file)?;
    unfinished.write_all(text.as_bytes())?;
    unfinished.as_file().sync_all()?;
    unfinished.persist(file)?;
    sync_directory(file)
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
    sync(directory(file))
}
