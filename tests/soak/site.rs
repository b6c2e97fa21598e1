//! Where a run happens: the program, its database, and what disturbs them.

use std::path::Path;
use std::time::Duration;

use rand::RngExt;
use rand::rngs::StdRng;
use tempfile::TempDir;
use tokio::time::sleep;
use tributary_tests::postgres::{self, Cluster, Restart};

use crate::program::Program;
use crate::small_disk::SmallDisk;
use crate::{Backend, Failure, Name};

/// How large the disk is that fills up, in mebibytes: PostgreSQL takes a quarter for
/// itself.
const DISK: u32 = 512;

/// A program with a database of its own.
pub struct Site {
    name: Name,
    /// The program; gone before its database is.
    pub program: Program,
    cluster: Option<Cluster>,
    disk: Option<SmallDisk>,
    _home: TempDir,
}

impl Site {
    /// A database with its schema, and the program over it; the program starts with
    /// [`Office::open`](crate::office::Office::open).
    pub fn new(name: Name, backend: Backend, program: &Path) -> Result<Self, Failure> {
        let home = TempDir::with_prefix("tributary-soak-")?;
        let disk = match name {
            Name::Disk => Some(SmallDisk::new(DISK)),
            _ => None,
        };
        let room = disk.as_ref().map(|disk| disk.path(""));
        let (cluster, database) = match backend {
            Backend::Sqlite => {
                let file = room.as_deref().unwrap_or(home.path()).join("soak.db");
                (None, format!("sqlite://{}", file.display()))
            }
            Backend::Postgres => {
                let cluster = Cluster::start(&postgres::programs()?, room.as_deref())?;
                let url = cluster.url().to_owned();
                (Some(cluster), url)
            }
        };
        let program = Program::new(program, database, home.path().join("log"))?;
        program.make_keyring()?;
        program.prints(&["migrate"])?;
        Ok(Self {
            name,
            program,
            cluster,
            disk,
            _home: home,
        })
    }

    /// Waits for a moment, then disturbs, and makes good what was disturbed. Returns
    /// how often.
    pub async fn disturb(&mut self, random: &mut StdRng) -> Result<u32, Failure> {
        sleep(Duration::from_millis(random.random_range(50..1_500))).await;
        match self.name {
            Name::Model => return Ok(0),
            Name::Kill => {
                self.program.kill()?;
                self.program.start().await?;
            }
            Name::Disk => {
                let disk = self.disk.as_ref().ok_or("there is no small disk")?;
                // Now and then there is room for some pages and not for others.
                let margin = [0, 0, 4, 16, 64, 256][random.random_range(0..6)];
                disk.fill(margin);
                sleep(Duration::from_millis(random.random_range(50..3_000))).await;
                disk.free();
                // PostgreSQL stops where it cannot write its log.
                if let Some(cluster) = &mut self.cluster
                    && !cluster.is_up()
                {
                    cluster.restart(Restart::Crash)?;
                }
                sleep(Duration::from_millis(random.random_range(500..2_000))).await;
            }
            Name::Restart => {
                let cluster = self.cluster.as_mut().ok_or("there is no server")?;
                let how = match random.random_range(0..2) {
                    0 => Restart::Orderly,
                    _ => Restart::Crash,
                };
                cluster.restart(how)?;
                sleep(Duration::from_millis(random.random_range(200..2_000))).await;
            }
        }
        Ok(1)
    }
}
