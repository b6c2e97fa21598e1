//! A PostgreSQL for the stories: the one named in the environment, or a
//! private cluster that lives only as long as the run.

use std::fs::DirBuilder;
use std::io::{self, BufRead, BufReader, Lines, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{DirBuilderExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::{env, fs};

use crate::packages::{self, is_root};
use crate::steps::output_of;

/// Where the stories look for their PostgreSQL.
pub const URL_VARIABLE: &str = "TRIBUTARY_TEST_POSTGRES_URL";

/// Where they look for the role that reads every row, as backups do.
pub const BACKUP_URL_VARIABLE: &str = "TRIBUTARY_TEST_POSTGRES_BACKUP_URL";

/// What the names of the tests begin with that need it.
const BACKUP_TESTS: [&str; 2] = [
    "backups::what_is_restored_has_every_row::on_postgres",
    "backups::what_was_sent_since_the_backup_is_paid_once::on_postgres",
];

/// Runs the cluster; see the comment on its first lines.
const CLUSTER_SCRIPT: &str = include_str!("cluster.sh");

/// What the names of the tests below begin with that start a cluster.
const CLUSTER_TESTS: &str = "postgres::tests::a_private_cluster";

/// How often a port is looked for that nobody takes before we do.
const PORTS: usize = 5;

/// What the script exits with where somebody else listens on the port.
const PORT_TAKEN: i32 = 98;

/// The server the stories use. Dropping it stops a private one.
pub enum Server {
    /// Somebody else's, named by [`URL_VARIABLE`].
    Given(String),
    /// Ours, gone when the run ends.
    Private(Cluster),
}

impl Server {
    /// Address of the database in which the stories may create others.
    pub fn url(&self) -> &str {
        match self {
            Self::Given(url) => url,
            Self::Private(cluster) => &cluster.url,
        }
    }

    /// The same by the role that reads every row; `None` where there is none.
    pub fn backup_url(&self) -> Option<String> {
        match self {
            Self::Given(_) => env::var(BACKUP_URL_VARIABLE).ok(),
            Self::Private(cluster) => {
                Some(cluster.url.replacen("tributary@", "tributary_backup@", 1))
            }
        }
    }

    /// The tests that cannot run beside it, by a part of their names, and why.
    pub fn untestable(&self) -> Vec<(&'static str, &'static str)> {
        let mut untestable = Vec::new();
        if matches!(self, Self::Given(_)) && find_programs().is_none() {
            untestable.push((CLUSTER_TESTS, "there is no PostgreSQL here to start"));
        }
        if self.backup_url().is_none() {
            let why = "TRIBUTARY_TEST_POSTGRES_BACKUP_URL names no role that reads every row";
            untestable.extend(BACKUP_TESTS.map(|names| (names, why)));
        }
        untestable
    }
}

/// Takes the server from the environment, else starts one, installing
/// PostgreSQL first where that is possible.
///
/// # Errors
/// Says what to run where there is no PostgreSQL and none can be installed.
pub fn provide() -> Result<Server, String> {
    if let Ok(url) = env::var(URL_VARIABLE) {
        println!("    using {URL_VARIABLE}");
        return Ok(Server::Given(url));
    }
    let programs = programs()?;
    let cluster = Cluster::start(&programs, None)?;
    println!("    {} on {}", programs.display(), cluster.url);
    Ok(Server::Private(cluster))
}

/// The directory of PostgreSQL's programs, which are installed first where that is
/// possible.
///
/// # Errors
/// Says what to run where there are none and none can be installed.
pub fn programs() -> Result<PathBuf, String> {
    if let Some(programs) = find_programs() {
        return Ok(programs);
    }
    packages::install("postgresql").map_err(|reason| {
        format!(
            "{reason}\nThere is no PostgreSQL. Install one (on Debian: `sudo apt-get \
             install postgresql`), or set {URL_VARIABLE} to a server where a plain role \
             may create databases"
        )
    })?;
    find_programs().ok_or_else(|| "PostgreSQL is installed but not found".to_owned())
}

/// The directory that holds `initdb` and `postgres`, the newest release first.
/// `PATH` comes last: what stands there may be a distribution's wrapper.
fn find_programs() -> Option<PathBuf> {
    let configured = output_of("pg_config", &["--bindir"]).map(PathBuf::from);
    let on_path = env::var_os("PATH").unwrap_or_default();
    configured
        .into_iter()
        .chain(packaged(Path::new("/usr/lib/postgresql")))
        .chain(env::split_paths(&on_path))
        .find(|programs| {
            ["initdb", "postgres"]
                .iter()
                .all(|name| programs.join(name).is_file())
        })
}

/// The `bin` directories of the releases under `root`, newest first.
fn packaged(root: &Path) -> Vec<PathBuf> {
    let releases = fs::read_dir(root).into_iter().flatten().flatten();
    let mut numbered: Vec<(u32, PathBuf)> = releases
        .filter_map(|release| {
            let number = release.file_name().to_str()?.parse().ok()?;
            Some((number, release.path().join("bin")))
        })
        .collect();
    numbered.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
    numbered.into_iter().map(|(_, programs)| programs).collect()
}

/// A private cluster on a free loopback port. It stops, and its directory
/// goes, when this is dropped or this process ends in any other way: the
/// cluster runs only while the pipe to it is open.
pub struct Cluster {
    url: String,
    keeper: Child,
    said: Lines<BufReader<ChildStdout>>,
}

/// How a cluster is restarted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restart {
    /// It ends its connections, and writes down what it holds.
    Orderly,
    /// As if it had been killed: it recovers from its log.
    Crash,
}

impl Cluster {
    /// Starts a cluster in a directory, or in one for temporary files.
    ///
    /// # Errors
    /// Where it does not start; its own words are on standard error.
    pub fn start(programs: &Path, room: Option<&Path>) -> Result<Self, String> {
        for _ in 0..PORTS {
            let port = free_port().map_err(failed)?;
            if let Some(cluster) = Self::start_on(port, programs, room)? {
                return Ok(cluster);
            }
            println!("    port {port} was taken before it was used");
        }
        Err("every free port is taken before it is used".to_owned())
    }

    /// `None` where somebody else has the port.
    fn start_on(port: u16, programs: &Path, within: Option<&Path>) -> Result<Option<Self>, String> {
        let plain_user = if is_root() {
            Some(unprivileged()?)
        } else {
            None
        };
        let room = within.map_or_else(|| room(plain_user), |within| Ok(within.to_owned()))?;
        let home = room.join(format!("tributary-{}-{port}", std::process::id()));
        DirBuilder::new()
            .mode(0o700)
            .create(&home)
            .map_err(failed)?;

        let mut command = Command::new("sh");
        command
            .args(["-c", CLUSTER_SCRIPT, "cluster"])
            .arg(programs)
            .arg(&home)
            .arg(port.to_string());
        // Ctrl-C reaches the whole foreground group; the cluster must outlive
        // it long enough to clean up.
        command
            .current_dir(&home)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        if let Some((user, group)) = plain_user {
            chown(&home, Some(user), Some(group)).map_err(failed)?;
            command.uid(user).gid(group);
        }

        let mut keeper = command.spawn().map_err(failed)?;
        let said = keeper.stdout.take().ok_or("the cluster has no output")?;
        let url = format!("postgres://tributary@127.0.0.1:{port}/tributary");
        let said = BufReader::new(said).lines();
        let mut cluster = Self { url, keeper, said };
        if cluster.is_ready() {
            return Ok(Some(cluster));
        }
        match cluster.keeper.wait().map_err(failed)?.code() {
            Some(PORT_TAKEN) => Ok(None),
            _ => Err("PostgreSQL did not start; its own words are above".to_owned()),
        }
    }

    fn is_ready(&mut self) -> bool {
        matches!(self.said.next(), Some(Ok(line)) if line == "ready")
    }

    /// Address of a database, by a role that may create others.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether somebody listens.
    pub fn is_up(&self) -> bool {
        let address = self.url.split(['@', '/']).nth(3);
        address.is_some_and(|address| TcpStream::connect(address).is_ok())
    }

    /// Restarts it, also if it went down by itself, and waits until it answers.
    ///
    /// # Errors
    /// Where it does not start again.
    pub fn restart(&mut self, how: Restart) -> Result<(), String> {
        let order = match how {
            Restart::Orderly => "restart",
            Restart::Crash => "crash",
        };
        let orders = self.keeper.stdin.as_mut().ok_or("the cluster is gone")?;
        writeln!(orders, "{order}").map_err(failed)?;
        if self.is_ready() {
            Ok(())
        } else {
            Err("PostgreSQL did not start again; its own words are above".to_owned())
        }
    }
}

fn failed(error: io::Error) -> String {
    format!("cannot start PostgreSQL: {error}")
}

/// A directory for temporary files that is open to the cluster's user as well:
/// root's own may not be.
fn room(plain_user: Option<(u32, u32)>) -> Result<PathBuf, String> {
    let own = std::path::absolute(env::temp_dir()).map_err(failed)?;
    let Some((user, group)) = plain_user else {
        return Ok(own);
    };
    let is_open = |directory: &PathBuf| {
        let mut look = Command::new("test");
        look.arg("-x").arg(directory);
        let seen = look.current_dir("/").uid(user).gid(group).status();
        seen.is_ok_and(|status| status.success())
    };
    let others = ["/tmp", "/var/tmp"].map(PathBuf::from);
    let mut rooms = [own].into_iter().chain(others);
    rooms
        .find(is_open)
        .ok_or_else(|| "no temporary directory is open to PostgreSQL's user".to_owned())
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Waiting closes our end of the pipe first, which is the sign to stop.
        if let Err(error) = self.keeper.wait() {
            eprintln!("PostgreSQL may still be running: {error}");
        }
    }
}

/// A port nobody listens on at this moment.
fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// User and group to run as instead of root, which PostgreSQL refuses.
fn unprivileged() -> Result<(u32, u32), String> {
    let number = |flag, name| output_of("id", &[flag, name])?.parse().ok();
    ["postgres", "nobody"]
        .iter()
        .find_map(|name| Some((number("-u", name)?, number("-g", name)?)))
        .ok_or_else(|| {
            "PostgreSQL does not run as root, and there is no user `postgres`".to_owned()
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn programs() -> PathBuf {
        find_programs().expect("PostgreSQL is installed; `cargo verify` sees to it")
    }

    #[test]
    fn a_private_cluster_answers_and_leaves_nothing_behind() {
        let mut cluster = Cluster::start(&programs(), None).unwrap();
        let (_, place) = cluster.url.split_once("127.0.0.1:").unwrap();
        let port: u16 = place.trim_end_matches("/tributary").parse().unwrap();
        let user = is_root().then(|| unprivileged().unwrap());
        let home = room(user)
            .unwrap()
            .join(format!("tributary-{}-{port}", std::process::id()));

        assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok());
        assert!(home.is_dir());
        for how in [Restart::Orderly, Restart::Crash] {
            cluster.restart(how).unwrap();
            assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok());
        }
        drop(cluster);
        assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err());
        assert!(!home.exists());
    }

    #[test]
    fn a_private_cluster_goes_where_nobody_is() {
        let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let cluster = Cluster::start_on(port, &programs(), None).unwrap();
        assert!(cluster.is_none());
    }

    #[test]
    fn a_cluster_that_cannot_start_says_so_and_cleans_up() {
        let refused = Cluster::start(Path::new("/nonexistent"), None).map(|_| ());
        assert_eq!(
            refused,
            Err("PostgreSQL did not start; its own words are above".to_owned())
        );
    }
}
