//! The program in a process of its own, built from what is here.

use std::env;
use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tributary_tests::steps::attempt;

use crate::Failure;

/// How long it may take to start: it may have to wait for its database.
const STARTING: Duration = Duration::from_secs(60);

/// Builds the program, and puts a copy into a directory: a run is of one program,
/// whatever is built meanwhile.
pub fn build(into: &Path) -> Result<PathBuf, Failure> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    attempt(cargo.args(["build", "--workspace", "--bin", "tributary"]))?;
    // Ours is in `deps`, beside which it is.
    let own = env::current_exe()?;
    let beside = own.ancestors().nth(2).ok_or("no target directory")?;
    let copy = into.join("tributary");
    std::fs::copy(beside.join("tributary"), &copy)?;
    Ok(copy)
}

/// The program over one database. Dropping it kills it.
pub struct Program {
    file: PathBuf,
    database: String,
    log: PathBuf,
    address: String,
    process: Option<Child>,
}

impl Program {
    /// Nothing runs yet.
    pub fn new(file: &Path, database: String, log: PathBuf) -> Result<Self, Failure> {
        // Its own for the whole run: clients come back to it.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        Ok(Self {
            file: file.to_owned(),
            database,
            log,
            address,
            process: None,
        })
    }

    /// Where it is reached.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.file);
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("TRIBUTARY_") {
                command.env_remove(name);
            }
        }
        command
            .args(arguments)
            .args(["--database-url", &self.database])
            .arg("--keyring-file")
            .arg(self.log.with_file_name("keyring"))
            .stdin(Stdio::null());
        command
    }

    /// What a command prints.
    pub fn prints(&self, arguments: &[&str]) -> Result<String, Failure> {
        let output = self.command(arguments).output()?;
        if output.status.success() {
            Ok(String::from_utf8(output.stdout)?)
        } else {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(format!("{arguments:?}: {said}").into())
        }
    }

    /// Writes the keys that seal secrets.
    pub fn make_keyring(&self) -> Result<(), Failure> {
        let output = Command::new(&self.file).args(["keyring", "new"]).output()?;
        std::fs::write(self.log.with_file_name("keyring"), output.stdout)?;
        Ok(())
    }

    /// Starts the server, and waits until it answers.
    pub async fn start(&mut self) -> Result<(), Failure> {
        let log = File::options().append(true).create(true).open(&self.log)?;
        let mut command = self.command(&["serve", "--listen", &self.address]);
        let mut process = command.stdout(Stdio::null()).stderr(log).spawn()?;
        let began = Instant::now();
        let health = format!("{}/healthz", self.url());
        while reqwest::get(&health).await.is_err() {
            if let Some(status) = process.try_wait()? {
                return Err(format!("the server ended ({status}): {}", self.log.display()).into());
            }
            if began.elapsed() > STARTING {
                process.kill()?;
                return Err("the server does not start".into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.process = Some(process);
        Ok(())
    }

    /// Kills the server where it stands.
    pub fn kill(&mut self) -> Result<(), Failure> {
        if let Some(mut process) = self.process.take() {
            process.kill()?;
            process.wait()?;
        }
        Ok(())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if let Err(failure) = self.kill() {
            eprintln!("the server may still run: {failure}");
        }
    }
}
