//! What is read off an upload before any of it is compiled.
//!
//! A compiler follows every local variable through every branch, so that a few
//! kilobytes can keep it busy for minutes. Hence limits far below the parser's,
//! and one on the product of the two, over the whole component.

use std::fmt;

use wasmparser::{Encoding, Operator, Parser, Payload, Validator, WasmFeatures};

use crate::engine::FEATURES;
use crate::limits;

/// Functions in a component.
const FUNCTIONS: u64 = 5_000;
/// Bytes of one function's body.
const BODY_BYTES: usize = 64 << 10;
/// Local variables of one function, beside its parameters.
const LOCALS: u32 = 1_000;
/// Branches times local variables, added up over all functions. Compiling
/// takes up to some microseconds for each; the worked example has 143,000.
const TANGLE: u64 = 3_000_000;
/// Loops within loops, which take time by the square of their depth.
const LOOP_DEPTH: usize = 32;
/// Blocks within blocks; a compiler makes one for each arm of a large `match`.
const BLOCK_DEPTH: usize = 1_000;
/// Types in a component, of the core and of components together.
const TYPES: u64 = 4_000;
/// Parameters of one function.
const PARAMETERS: usize = 50;
/// Modules and components inside a component.
const NESTED: usize = 32;
/// Core instances that are made of modules.
const CORE_INSTANTIATIONS: usize = limits::CORE_INSTANCES;

/// What the walk over a component found wrong, as a check's code and its words.
#[derive(Debug)]
pub struct Finding {
    /// The check.
    pub code: &'static str,
    /// What it found.
    pub message: String,
}

fn finding(code: &'static str, message: impl fmt::Display) -> Finding {
    let message = message.to_string();
    Finding { code, message }
}

/// Whether these are the bytes of a component, and of what is switched on.
pub fn check_validity(bytes: &[u8]) -> Result<(), Finding> {
    if Parser::is_core_wasm(bytes) {
        let message = "this is a core module; `tributary plugin build` makes a component of it";
        return Err(finding("NOT_A_COMPONENT", message));
    }
    if !Parser::is_component(bytes) {
        return Err(finding(
            "NOT_A_COMPONENT",
            "these are not the bytes of a component",
        ));
    }
    let Err(error) = Validator::new_with_features(FEATURES).validate_all(bytes) else {
        return Ok(());
    };
    let anything = Validator::new_with_features(WasmFeatures::all()).validate_all(bytes);
    let code = match anything {
        Ok(_) => "FORBIDDEN_FEATURE",
        Err(_) => "NOT_A_COMPONENT",
    };
    Err(finding(code, error))
}

/// Counts of what costs time to compile or room to run.
#[derive(Default)]
struct Tally {
    depth: usize,
    nested: usize,
    functions: u64,
    types: u64,
    instantiations: usize,
    tangle: u64,
    imports: Vec<String>,
}

/// Whether the component imports nothing and is small enough in every part.
pub fn check_parts(bytes: &[u8]) -> Result<(), Finding> {
    let mut tally = Tally::default();
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(|error| finding("NOT_A_COMPONENT", error))?;
        take(&mut tally, payload)?;
    }
    if !tally.imports.is_empty() {
        let message = format!(
            "a rule may import nothing; this one imports {}",
            tally.imports.join(", ")
        );
        return Err(finding("HAS_IMPORTS", message));
    }
    Ok(())
}

fn take(tally: &mut Tally, payload: Payload<'_>) -> Result<(), Finding> {
    let unreadable = |error: wasmparser::BinaryReaderError| finding("NOT_A_COMPONENT", error);
    match payload {
        Payload::Version {
            encoding: Encoding::Component | Encoding::Module,
            ..
        } => {
            tally.depth += 1;
            tally.nested += 1;
            at_most(
                tally.nested <= NESTED + 1,
                "modules and components inside it",
            )?;
        }
        Payload::End(_) => tally.depth -= 1,
        Payload::ComponentImportSection(imports) if tally.depth == 1 => {
            for import in imports {
                let import = import.map_err(unreadable)?;
                tally.imports.push(format!("`{}`", import.name.name));
            }
        }
        Payload::InstanceSection(instances) => {
            for instance in instances {
                let instance = instance.map_err(unreadable)?;
                let made = matches!(instance, wasmparser::Instance::Instantiate { .. });
                tally.instantiations += usize::from(made);
            }
            at_most(
                tally.instantiations <= CORE_INSTANTIATIONS,
                "core instances",
            )?;
        }
        Payload::ComponentTypeSection(types) => {
            tally.types += u64::from(types.count());
            at_most(tally.types <= TYPES, "types")?;
        }
        Payload::TypeSection(types) => take_types(tally, types)?,
        Payload::FunctionSection(functions) => {
            tally.functions += u64::from(functions.count());
            at_most(tally.functions <= FUNCTIONS, "functions")?;
        }
        Payload::MemorySection(memories) => {
            for memory in memories {
                let pages = memory.map_err(unreadable)?.initial;
                let most = limits::MEMORY_BYTES as u64 / (64 << 10);
                at_most(pages <= most, "memory to start with")?;
            }
        }
        Payload::TableSection(tables) => {
            for table in tables {
                let elements = table.map_err(unreadable)?.ty.initial;
                at_most(elements <= limits::TABLE_ELEMENTS as u64, "table elements")?;
            }
        }
        Payload::CodeSectionEntry(body) => take_body(tally, &body)?,
        _ => {}
    }
    Ok(())
}

fn take_types(tally: &mut Tally, types: wasmparser::TypeSectionReader<'_>) -> Result<(), Finding> {
    tally.types += u64::from(types.count());
    at_most(tally.types <= TYPES, "types")?;
    for group in types {
        let group = group.map_err(|error| finding("NOT_A_COMPONENT", error))?;
        for ty in group.types() {
            if let wasmparser::CompositeInnerType::Func(function) = &ty.composite_type.inner {
                let size = function.params().len() + function.results().len();
                at_most(size <= PARAMETERS, "parameters of one function")?;
            }
        }
    }
    Ok(())
}

fn take_body(tally: &mut Tally, body: &wasmparser::FunctionBody<'_>) -> Result<(), Finding> {
    at_most(body.range().len() <= BODY_BYTES, "code in one function")?;
    let unreadable = |error: wasmparser::BinaryReaderError| finding("NOT_A_COMPONENT", error);
    let mut locals = 0_u32;
    for group in body.get_locals_reader().map_err(unreadable)? {
        locals = locals.saturating_add(group.map_err(unreadable)?.0);
    }
    at_most(locals <= LOCALS, "local variables in one function")?;

    let mut branches = 0;
    let mut nest = Nest::default();
    for operator in body.get_operators_reader().map_err(unreadable)? {
        let operator = operator.map_err(unreadable)?;
        branches += branches_of(&operator);
        nest.enter(&operator);
        at_most(nest.loops <= LOOP_DEPTH, "loops within loops")?;
        at_most(nest.frames.len() <= BLOCK_DEPTH, "blocks within blocks")?;
    }
    // Parameters and values on the stack are followed, too; both have a limit of their own.
    tally.tangle += branches * (u64::from(locals) + 16);
    at_most(tally.tangle <= TANGLE, "branches among local variables")
}

/// How many ways an operator makes for control to take.
fn branches_of(operator: &Operator<'_>) -> u64 {
    match operator {
        Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } | Operator::Else => 1,
        Operator::Br { .. } | Operator::BrIf { .. } => 1,
        Operator::BrTable { targets } => u64::from(targets.len()) + 1,
        _ => 0,
    }
}

/// The blocks around the present operator; of each, whether it is a loop.
#[derive(Default)]
struct Nest {
    frames: Vec<bool>,
    loops: usize,
}

impl Nest {
    fn enter(&mut self, operator: &Operator<'_>) {
        match operator {
            Operator::Block { .. } | Operator::If { .. } => self.frames.push(false),
            Operator::Loop { .. } => {
                self.frames.push(true);
                self.loops += 1;
            }
            Operator::End => self.loops -= usize::from(self.frames.pop() == Some(true)),
            _ => {}
        }
    }
}

fn at_most(holds: bool, what: &str) -> Result<(), Finding> {
    match holds {
        true => Ok(()),
        false => Err(finding(
            "COMPILE_LIMIT",
            format!("the component has too much of: {what}"),
        )),
    }
}
