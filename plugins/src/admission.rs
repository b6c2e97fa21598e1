//! What an upload must be before it may run: one named check after another.
//!
//! The same checks run on a tenant's machine and on the server, so that what
//! is built there is admitted here.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tributary_domain::calculator::{Description, Unadmitted};
use tributary_domain::error::Refusal;

use crate::bindings::{is_plain, wit};
use crate::engine::{Engine, StartError};
use crate::evaluation::{CompileError, CompiledRule, Stop};
use crate::limits;
use crate::machine;
use crate::structure::{self, CompilePrice, Finding};
use crate::workers;

/// Why a component was not found to be a rule.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// There is no sandbox to check it in.
    #[error(transparent)]
    Start(#[from] StartError),
    /// It would not be admitted, or the machine was too busy.
    #[error(transparent)]
    Unadmitted(#[from] Unadmitted),
}

/// Checks a component as [`Sandbox`](crate::Sandbox) does on admission, once and
/// on an engine of its own: for tools. Blocks until it is done.
pub fn check(component: &[u8]) -> Result<Description, CheckError> {
    let engine = Engine::new(1)?;
    let bytes = component.to_vec();
    let checked = workers::join("rule-check", move || admit(&engine, &bytes));
    Ok(checked.map_err(|error| StartError(error.to_string()))??)
}

/// Checks uploaded bytes. The codes of refusal, in the order of the checks:
///
/// - `TOO_LARGE`: more bytes than are looked at.
/// - `NOT_A_COMPONENT`: not valid, or a core module.
/// - `FORBIDDEN_FEATURE`: valid, but of a proposal that is switched off.
/// - `COMPILE_LIMIT`: some part is too large, or all of it too dear, to compile in
///   good time, or it takes more than a rule may have at run time.
/// - `HAS_IMPORTS`: it asks for something from outside.
/// - `WRONG_WORLD`: the exports are missing or of other types.
/// - `DESCRIBE_FAILED`: it does not start, or does not describe itself properly.
///
/// What the machine could not do is none of these: [`Unadmitted::Busy`]. A panic
/// that the component causes is a refusal, too: it would cause it again.
///
/// Runs the guest: call it where the stack has room for
/// [`limits::WASM_STACK_BYTES`]. Compilation itself cannot be interrupted; it is
/// its price that bounds it.
pub fn admit(engine: &Engine, bytes: &[u8]) -> Result<Description, Unadmitted> {
    if bytes.len() > limits::COMPONENT_BYTES {
        let message = format!("a rule may have {} bytes", limits::COMPONENT_BYTES);
        return Err(refuse("TOO_LARGE", message));
    }
    let rule = compile(engine, bytes)?;
    let described = guarded("DESCRIBE_FAILED", "it could not be run", || {
        let wrong_world = |error| refuse("WRONG_WORLD", format!("{error:#}"));
        rule.check_types().map_err(failed)?.map_err(wrong_world)?;
        rule.describe().map_err(failed)
    });
    describe(described?)
}

/// What a component costs to compile, if it passes the checks before that.
pub fn price(bytes: &[u8]) -> Result<CompilePrice, Unadmitted> {
    guarded("NOT_A_COMPONENT", "it could not be read", || {
        structure::check(bytes).map_err(refuse_finding)
    })
}

/// Checks and compiles a component, with its part of the memory for that.
pub fn compile(engine: &Engine, bytes: &[u8]) -> Result<CompiledRule, Unadmitted> {
    let price = price(bytes)?;
    let _memory = engine.compiling.hold(price.memory_bytes());
    guarded("COMPILE_LIMIT", "the compiler cannot deal with it", || {
        CompiledRule::compile(engine, bytes).map_err(|error| match error {
            CompileError::Code(error) => refuse("COMPILE_LIMIT", format!("{error:#}")),
            CompileError::World(error) => refuse("WRONG_WORLD", format!("{error:#}")),
            CompileError::Host(error) => busy(&error),
        })
    })
}

/// Does something that may panic over a component, which is then refused.
fn guarded<T>(
    code: &str,
    message: &str,
    check: impl FnOnce() -> Result<T, Unadmitted>,
) -> Result<T, Unadmitted> {
    // Nothing is left behind that the panic could have broken.
    catch_unwind(AssertUnwindSafe(check)).unwrap_or_else(|_| {
        tracing::error!(code, "a check of a component panicked: {message}");
        Err(refuse(code, message))
    })
}

fn refuse(code: &str, message: impl Into<String>) -> Unadmitted {
    let (code, message) = (code.to_owned(), message.into());
    Unadmitted::Refused(Refusal { code, message })
}

fn refuse_finding(finding: Finding) -> Unadmitted {
    refuse(finding.code, finding.message)
}

fn failed(stop: Stop) -> Unadmitted {
    match stop {
        Stop::Fault(fault) => refuse("DESCRIBE_FAILED", fault.to_string()),
        Stop::Interrupted => Unadmitted::Busy,
        Stop::Host(error) if machine::lacks(&error) => busy(&error),
        Stop::Host(error) => refuse("COMPILE_LIMIT", format!("{error:#}")),
    }
}

fn busy(error: &wasmtime::Error) -> Unadmitted {
    tracing::error!(?error, "a component could not be checked");
    Unadmitted::Busy
}

/// Checks what the rule says of itself.
fn describe(said: wit::Description) -> Result<Description, Unadmitted> {
    let wrong = |what: &str| Err(refuse("DESCRIBE_FAILED", what));
    if !is_name(&said.name) {
        return wrong("the name must be 1 to 64 letters, digits, `-`, `_` or `.`");
    }
    if !is_name(&said.version) {
        return wrong("the version must be 1 to 64 letters, digits, `-`, `_` or `.`");
    }
    if said.basis_codes.is_empty() || said.basis_codes.len() > limits::BASIS_CODES {
        return wrong("a rule must declare 1 to 64 basis codes");
    }
    if !said.basis_codes.iter().all(|code| is_name(code)) {
        return wrong("each basis code must be 1 to 64 letters, digits, `-`, `_` or `.`");
    }
    if said.config_schema.len() > limits::SCHEMA_BYTES || !is_plain(&said.config_schema) {
        return wrong("the schema of the configuration is too long, or not plain text");
    }
    match serde_json::from_str(&said.config_schema) {
        Ok(serde_json::Value::Object(_) | serde_json::Value::Bool(_)) => Ok(Description {
            name: said.name,
            version: said.version,
            basis_codes: said.basis_codes,
            config_schema: said.config_schema,
        }),
        _ => wrong("the schema of the configuration is not a JSON Schema"),
    }
}

fn is_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=limits::NAME_BYTES).contains(&text.len()) && text.bytes().all(allowed)
}
