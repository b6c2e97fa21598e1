//! A file system that is soon full.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A file system of its own in memory. Dropping it takes it away.
pub struct SmallDisk {
    home: TempDir,
}

impl SmallDisk {
    /// A file system with room for so many mebibytes.
    ///
    /// # Panics
    /// If it cannot be mounted, which takes root: `cargo verify` leaves these
    /// stories out elsewhere, and says so.
    pub fn new(mebibytes: u32) -> Self {
        let home = TempDir::with_prefix("tributary-disk-").unwrap();
        let size = format!("size={mebibytes}m");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(home.path())
            .status();
        assert!(mounted.unwrap().success(), "mounting takes root");
        // A database server is somebody else, and has a directory in it.
        fs::set_permissions(home.path(), fs::Permissions::from_mode(0o1777)).unwrap();
        Self { home }
    }

    /// Where a file of this name is.
    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Fills it to the last byte, less a margin in kibibytes.
    pub fn fill(&self, margin: u64) {
        let path = self.path("filling");
        let mut filling = File::create(&path).unwrap();
        let block = vec![0_u8; 1 << 20];
        for size in [1 << 20, 4096] {
            while filling.write_all(&block[..size]).is_ok() {}
        }
        let length = filling.metadata().unwrap().len();
        filling
            .set_len(length.saturating_sub(margin * 1024))
            .unwrap();
    }

    /// Lets nobody write any more. Nobody may have a file open for writing.
    pub fn freeze(&self) {
        let mut command = Command::new("mount");
        let done = command.args(["-o", "remount,ro"]).arg(self.home.path());
        assert!(done.status().unwrap().success());
    }

    /// Makes room again.
    pub fn free(&self) {
        fs::remove_file(self.path("filling")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let umount = |path: &Path| Command::new("umount").arg("-l").arg(path).status();
        if let Err(error) = umount(self.home.path()) {
            eprintln!("{} is still mounted: {error}", self.home.path().display());
        }
    }
}
