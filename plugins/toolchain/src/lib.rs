//! From a rule's source to a component that is admitted.
//!
//! The tool chooses target, profile and linker flags, so that a tenant's
//! manifest stays small and the same source gives the same bytes, whatever the
//! directory it lies in.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tributary_domain::calculator::{Description, Unadmitted};
use tributary_domain::digest::sha256;
use tributary_domain::error::Refusal;
use tributary_plugins::CheckError;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

const TARGET: &str = "wasm32-unknown-unknown";

/// What a rule exports, and of which types.
const CONTRACT: &str = include_str!("../../../plugin-sdk/wit/v1/rule.wit");

/// Where compilers put their files, if not under the rule's own `target`.
const TARGET_DIR: &str = "TRIBUTARY_PLUGIN_TARGET_DIR";

/// A built rule.
#[derive(Clone, Debug)]
pub struct Built {
    /// Where the component was written.
    pub path: PathBuf,
    /// Lower-case hexadecimal SHA-256 of its bytes.
    pub digest: String,
    /// How many bytes.
    pub size_bytes: usize,
    /// What it says of itself.
    pub description: Description,
}

/// Why a rule was not built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The directory holds no package with a `cdylib`.
    #[error("not a rule: {0}")]
    NotARule(String),
    /// There is no compiler for WebAssembly; says how to get one.
    #[error("{0}")]
    NoCompiler(String),
    /// The compiler reported errors, which it has printed itself.
    #[error("the rule did not compile")]
    Compilation,
    /// What came out cannot be made a component.
    #[error("no component came out: {0}")]
    NotAComponent(String),
    /// The component would not be admitted.
    #[error("the component would be refused: {0}")]
    Refused(Refusal),
    /// The machine could not check the component.
    #[error("{0}")]
    Unchecked(CheckError),
    /// A file could not be read or written, or a program not started.
    #[error("{path}: {source}", path = .0.display(), source = .1)]
    Io(PathBuf, #[source] io::Error),
}

/// Compiles the rule in `dir` and writes the component to `out`, or beside the
/// compiler's files as `<package>.wasm`.
///
/// Those files go to `<dir>/target`, or to `$TRIBUTARY_PLUGIN_TARGET_DIR`.
/// The compiler's messages go to standard error.
pub fn build(dir: &Path, out: Option<&Path>) -> Result<Built, BuildError> {
    let target_dir = env::var_os(TARGET_DIR).map_or_else(|| dir.join("target"), PathBuf::from);
    build_in(dir, &target_dir, out)
}

/// The same with the compiler's files in `target_dir`, which several rules may share.
pub fn build_in(dir: &Path, target_dir: &Path, out: Option<&Path>) -> Result<Built, BuildError> {
    let target_dir = std::path::absolute(target_dir)
        .map_err(|error| BuildError::Io(target_dir.to_path_buf(), error))?;
    let manifest = dir.join("Cargo.toml");
    let manifest = manifest
        .canonicalize()
        .map_err(|error| BuildError::Io(manifest, error))?;
    let dir = manifest.parent().unwrap_or(dir);

    let compiler = find_compiler(dir)?;
    let package = read_package(&manifest)?;
    run(compiler.command(dir, &target_dir, &package))?;

    let module = target_dir.join(TARGET).join("release");
    let module = module.join(format!("{}.wasm", package.library));
    let module = fs::read(&module).map_err(|error| BuildError::Io(module, error))?;
    let component = componentize(&module)?;
    let description = check(&component)?;

    let path = out.map_or_else(
        || target_dir.join(format!("{}.wasm", package.name)),
        Path::to_path_buf,
    );
    fs::write(&path, &component).map_err(|error| BuildError::Io(path.clone(), error))?;
    Ok(Built {
        path,
        digest: sha256(&component),
        size_bytes: component.len(),
        description,
    })
}

/// What is read off the manifest.
struct Package {
    name: String,
    /// The stem of the file that the compiler writes.
    library: String,
    /// Directories that sources lie in, and a name without a trace of this
    /// machine to stand for each. Few, and the same for every rule that has the
    /// same kinds of sources: they are flags of the compiler, and with other
    /// flags it would compile what rules share anew.
    sources: BTreeMap<String, String>,
}

fn read_package(manifest: &Path) -> Result<Package, BuildError> {
    let mut cargo = Command::new("cargo");
    cargo
        .args(["metadata", "--format-version", "1"])
        .args(["--filter-platform", TARGET, "--manifest-path"])
        .arg(manifest);
    let output = cargo
        .output()
        .map_err(|error| BuildError::Io("cargo".into(), error))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(BuildError::NotARule(said));
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)
        .map_err(|error| BuildError::NotARule(error.to_string()))?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let packages: Vec<_> = packages.collect();
    let rule = packages
        .iter()
        .find(|package| package["manifest_path"].as_str().map(Path::new) == Some(manifest))
        .ok_or_else(|| BuildError::NotARule("the manifest has no package".to_owned()))?;
    let root = metadata["workspace_root"].as_str().unwrap_or_default();
    let sources = packages.iter().filter_map(|package| {
        let (home, name) = source(package, rule, Path::new(root))?;
        Some((home.to_str()?.to_owned(), name))
    });
    Ok(Package {
        name: rule["name"].as_str().unwrap_or_default().to_owned(),
        library: library(rule)?,
        sources: sources.collect(),
    })
}

/// The directory that a package's source lies in, and what to call it. None
/// for packages of the rule's workspace that it does not name: they take no
/// part, or the compiler is given relative paths.
fn source<'a>(package: &'a Value, rule: &Value, root: &Path) -> Option<(&'a Path, String)> {
    let home = Path::new(package["manifest_path"].as_str()?).parent()?;
    match package["source"].as_str() {
        Some(origin) if origin.starts_with("git+") => {
            let mut around = home.ancestors();
            let checkouts = around.find(|around| around.ends_with("git/checkouts"))?;
            Some((checkouts, "/git".to_owned()))
        }
        Some(_) => Some((home.parent()?, "/registry".to_owned())),
        None if home.starts_with(root) && !names(rule, home) => None,
        None => {
            let (name, version) = (package["name"].as_str()?, package["version"].as_str()?);
            Some((home, format!("/{name}-{version}")))
        }
    }
}

/// Whether a package depends on the one in that directory.
fn names(package: &Value, home: &Path) -> bool {
    let mut named = package["dependencies"].as_array().into_iter().flatten();
    named.any(|dependency| dependency["path"].as_str().map(Path::new) == Some(home))
}

fn library(package: &Value) -> Result<String, BuildError> {
    let cdylib = Value::from("cdylib");
    let is_cdylib = |target: &&Value| {
        let kinds = target["crate_types"].as_array();
        kinds.is_some_and(|kinds| kinds.contains(&cdylib))
    };
    let targets = package["targets"].as_array().into_iter().flatten();
    let name = targets
        .filter(is_cdylib)
        .find_map(|target| target["name"].as_str());
    let missing = "the manifest needs `[lib] crate-type = [\"cdylib\", \"rlib\"]`";
    let name = name.ok_or_else(|| BuildError::NotARule(missing.to_owned()))?;
    Ok(name.replace('-', "_"))
}

/// A compiler that can make WebAssembly.
enum Compiler {
    /// The toolchain in use, with the target's standard library.
    Installed,
    /// A distribution's compiler that builds the standard library from source,
    /// for where a toolchain can fetch nothing. Needs a linker, too.
    FromSource { linker: PathBuf },
}

/// Where a distribution has its compiler, beside which the toolchain's own lies.
const SYSTEM_RUSTC: &str = "/usr/bin/rustc";
const SYSTEM_CARGO: &str = "/usr/bin/cargo";

fn find_compiler(dir: &Path) -> Result<Compiler, BuildError> {
    if has_target(dir) {
        return Ok(Compiler::Installed);
    }
    let added = Command::new("rustup")
        .args(["target", "add", TARGET])
        .current_dir(dir)
        .status();
    if added.is_ok_and(|status| status.success()) && has_target(dir) {
        return Ok(Compiler::Installed);
    }
    let source = printed(SYSTEM_RUSTC, dir, &["--print", "sysroot"])
        .map(|sysroot| Path::new(&sysroot).join("lib/rustlib/src/rust/library/std"));
    let linker = find_linker(dir);
    match (source.is_some_and(|source| source.is_dir()), linker) {
        (true, Some(linker)) => Ok(Compiler::FromSource { linker }),
        _ => Err(BuildError::NoCompiler(format!(
            "the compiler has no standard library for {TARGET}. Install it with \
             `rustup target add {TARGET}`. Where that can fetch nothing, a distribution's \
             compiler with the library's source does, as Debian's `apt-get install rustc-web \
             cargo-web rust-web-src lld`"
        ))),
    }
}

fn has_target(dir: &Path) -> bool {
    printed(
        "rustc",
        dir,
        &["--print", "target-libdir", "--target", TARGET],
    )
    .is_some_and(|libraries| Path::new(&libraries).is_dir())
}

/// The linker of the toolchain, or that of the system.
fn find_linker(dir: &Path) -> Option<PathBuf> {
    let libraries = printed("rustc", dir, &["--print", "target-libdir"]);
    let own = libraries.map(|libraries| Path::new(&libraries).join("../bin/rust-lld"));
    let system = PathBuf::from("/usr/bin/wasm-ld");
    own.into_iter()
        .chain([system])
        .find(|linker| linker.is_file())
}

fn printed(program: &str, dir: &Path, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new(program);
    let output = command.args(arguments).current_dir(dir).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

impl Compiler {
    /// The whole invocation: one unit, no unwinding, no names, no paths, and a
    /// stack that fits in half a page. Optimised for speed: the worked example
    /// then takes a quarter less fuel, and a seventh more bytes.
    fn command(&self, dir: &Path, target_dir: &Path, package: &Package) -> Command {
        let mut flags = vec!["-Clink-arg=-zstack-size=32768".to_owned()];
        for (home, name) in &package.sources {
            flags.push(format!("--remap-path-prefix={home}={name}"));
        }
        let mut cargo = Command::new(match self {
            Self::Installed => "cargo",
            Self::FromSource { .. } => SYSTEM_CARGO,
        });
        cargo
            .args(["build", "--release", "--lib", "--target", TARGET])
            .args(["--package", &package.name, "--target-dir"])
            .arg(target_dir)
            .current_dir(dir)
            .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"))
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "3")
            .env("CARGO_PROFILE_RELEASE_LTO", "fat")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1")
            .env("CARGO_PROFILE_RELEASE_PANIC", "abort")
            .env("CARGO_PROFILE_RELEASE_STRIP", "symbols")
            .env("CARGO_PROFILE_RELEASE_DEBUG", "false")
            .env_remove("RUSTC_WRAPPER")
            .env_remove("RUSTC_WORKSPACE_WRAPPER");
        if let Self::FromSource { linker } = self {
            cargo
                .arg("-Zbuild-std=std,panic_abort")
                .env("RUSTC", SYSTEM_RUSTC)
                .env("RUSTC_BOOTSTRAP", "1")
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
        }
        cargo
    }
}

fn run(mut cargo: Command) -> Result<(), BuildError> {
    let status = cargo
        .status()
        .map_err(|error| BuildError::Io("cargo".into(), error))?;
    if status.success() {
        Ok(())
    } else {
        Err(BuildError::Compilation)
    }
}

/// Makes a component of a core module that has the exports of the contract's
/// world, whatever language it was written in.
pub fn wrap(module: &[u8]) -> Result<Vec<u8>, BuildError> {
    let failed = |error| BuildError::NotAComponent(format!("{error:#}"));
    let mut module = module.to_vec();
    let mut resolve = Resolve::default();
    let package = resolve.push_str("rule.wit", CONTRACT).map_err(failed)?;
    let world = resolve.select_world(&[package], None).map_err(failed)?;
    let encoding = StringEncoding::UTF8;
    embed_component_metadata(&mut module, &resolve, world, encoding).map_err(failed)?;
    componentize(&module)
}

/// Makes a component of a core module, of the world that is written into it.
fn componentize(module: &[u8]) -> Result<Vec<u8>, BuildError> {
    let encoder = ComponentEncoder::default().validate(true);
    let encoded = encoder
        .module(module)
        .and_then(|mut encoder| encoder.encode());
    encoded.map_err(|error| BuildError::NotAComponent(format!("{error:#}")))
}

/// Runs the checks of admission.
fn check(component: &[u8]) -> Result<Description, BuildError> {
    tributary_plugins::check(component).map_err(|error| match error {
        CheckError::Unadmitted(Unadmitted::Refused(refusal)) => BuildError::Refused(refusal),
        error => BuildError::Unchecked(error),
    })
}
