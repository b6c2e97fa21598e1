//! What is read off an upload before any of it is compiled.
//!
//! A compiler follows every value through every branch, and writes out each
//! instantiation of a component inside a component, so that a few kilobytes can
//! keep it busy for minutes or for ever. Hence limits far below the parser's,
//! and one on the product of branches and values, over the whole component.
//!
//! Of what we could build within them, code that is nothing but float
//! arithmetic took longest, 3.7 seconds of one processor, and loops in loops
//! among a hundred local variables 2.9, both with the workspace's development
//! profile; one component can have both.

use std::fmt;

use wasmparser::{
    BinaryReaderError, CanonicalFunction, CompositeInnerType, Encoding, FuncValidator,
    FuncValidatorAllocations, FunctionBody, Instance, Operator, OperatorsReader, Parser, Payload,
    TypeSectionReader, ValidPayload, Validator, ValidatorResources, WasmFeatures,
};

use crate::engine::FEATURES;
use crate::limits;

/// Functions in a component.
const FUNCTIONS: u64 = 5_000;
/// Bytes of all functions' bodies; the worked example has 89,000.
const CODE_BYTES: usize = 512 << 10;
/// Bytes of one function's body.
const BODY_BYTES: usize = 64 << 10;
/// Local variables of one function, its parameters among them.
const LOCALS: u32 = 1_000;
/// Branches times the values that live there (parameters, local variables and
/// what is on the stack), added up over all functions; the worked example has
/// 199,000.
const TANGLE: u64 = 1_000_000;
/// Loops within loops, which take time by the square of their depth.
const LOOP_DEPTH: usize = 32;
/// Blocks within blocks; a compiler makes one for each arm of a large `match`.
const BLOCK_DEPTH: usize = 1_000;
/// Types in a component, of the core and of components together.
const TYPES: u64 = 4_000;
/// Parameters of one function.
const PARAMETERS: usize = 50;
/// What the modules in a component may import of each other.
const CORE_IMPORTS: u32 = 1_000;
/// Global variables in a component.
const GLOBALS: u32 = 1_000;
/// Values that may wait on the stack of one function.
const STACK_HEIGHT: u32 = 1_000;
/// Core modules in a component, and instances that are made of them.
const MODULES: usize = limits::CORE_INSTANCES;
const CORE_INSTANCES: usize = limits::CORE_INSTANCES;
/// Components, the outermost among them, and instances that are made of them or
/// of exports. The compiler writes each instantiation out, also those that it
/// meets while writing one out, so that few make very many.
const COMPONENTS: usize = 4;
const INSTANCES: u32 = 4;
/// Core functions that are made functions of a component.
const LIFTED: u32 = 16;

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

/// Counts of what costs time to compile or room to run.
#[derive(Default)]
struct Tally {
    depth: usize,
    modules: usize,
    components: usize,
    functions: u64,
    code: usize,
    types: u64,
    core_instances: usize,
    instances: u32,
    lifted: u32,
    memories: u32,
    tables: u32,
    globals: u32,
    core_imports: u32,
    tangle: u64,
    imports: Vec<String>,
}

/// Whether these are the bytes of a component of what is switched on, which
/// imports nothing and is small enough in every part. Each part is counted
/// before it is validated.
pub fn check(bytes: &[u8]) -> Result<(), Finding> {
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
    let mut tally = Tally::default();
    let mut validator = Validator::new_with_features(FEATURES);
    let mut spare = FuncValidatorAllocations::default();
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(unreadable)?;
        take(&mut tally, &payload)?;
        let valid = validator.payload(&payload);
        if let ValidPayload::Func(function, body) = valid.map_err(|error| invalid(bytes, error))? {
            let mut function = function.into_validator(spare);
            take_body(&mut tally, &mut function, &body)
                .map_err(|wrong| wrong.unwrap_or_else(|error| invalid(bytes, error)))?;
            spare = function.into_allocations();
        }
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

fn unreadable(error: BinaryReaderError) -> Finding {
    finding("NOT_A_COMPONENT", error)
}

/// Tells what is not valid at all from what is, with a proposal switched on.
fn invalid(bytes: &[u8], error: BinaryReaderError) -> Finding {
    match Validator::new_with_features(WasmFeatures::all()).validate_all(bytes) {
        Ok(_) => finding("FORBIDDEN_FEATURE", error),
        Err(_) => finding("NOT_A_COMPONENT", error),
    }
}

fn take(tally: &mut Tally, payload: &Payload<'_>) -> Result<(), Finding> {
    match payload {
        Payload::Version { encoding, .. } => {
            tally.depth += 1;
            match encoding {
                Encoding::Module => tally.modules += 1,
                Encoding::Component => tally.components += 1,
            }
            at_most(tally.modules <= MODULES, "core modules")?;
            at_most(tally.components <= COMPONENTS, "components inside it")?;
        }
        Payload::End(_) => tally.depth -= 1,
        Payload::ComponentImportSection(imports) if tally.depth == 1 => {
            for import in imports.clone() {
                let import = import.map_err(unreadable)?;
                tally.imports.push(format!("`{}`", import.name.name));
            }
        }
        Payload::InstanceSection(instances) => {
            for instance in instances.clone() {
                let instance = instance.map_err(unreadable)?;
                let made = matches!(instance, Instance::Instantiate { .. });
                // An inner component may be instantiated several times.
                at_most(!made || tally.depth == 1, "core instances of its parts")?;
                tally.core_instances += usize::from(made);
            }
            at_most(tally.core_instances <= CORE_INSTANCES, "core instances")?;
        }
        Payload::ComponentInstanceSection(instances) => {
            tally.instances = tally.instances.saturating_add(instances.count());
            at_most(tally.instances <= INSTANCES, "instances of components")?;
        }
        Payload::ComponentCanonicalSection(functions) => {
            for function in functions.clone() {
                let function = function.map_err(unreadable)?;
                let lifted = matches!(function, CanonicalFunction::Lift { .. });
                at_most(lifted, "calls between components")?;
            }
            tally.lifted = tally.lifted.saturating_add(functions.count());
            at_most(tally.lifted <= LIFTED, "functions of components")?;
        }
        Payload::ComponentTypeSection(types) => take_types(tally, types.count())?,
        Payload::CoreTypeSection(types) => take_types(tally, types.count())?,
        Payload::TypeSection(types) => take_signatures(tally, types.clone())?,
        Payload::FunctionSection(functions) => {
            tally.functions += u64::from(functions.count());
            at_most(tally.functions <= FUNCTIONS, "functions")?;
        }
        _ => take_room(tally, payload)?,
    }
    Ok(())
}

/// What takes room at run time.
fn take_room(tally: &mut Tally, payload: &Payload<'_>) -> Result<(), Finding> {
    match payload {
        Payload::MemorySection(memories) => {
            for memory in memories.clone() {
                let pages = memory.map_err(unreadable)?.initial;
                let most = limits::MEMORY_BYTES as u64 / (64 << 10);
                at_most(pages <= most, "memory to start with")?;
            }
            // Several in one module are for the validator to refuse.
            tally.memories += u32::from(memories.count() > 0);
            at_most(tally.memories <= 1, "memories")?;
        }
        Payload::TableSection(tables) => {
            for table in tables.clone() {
                let elements = table.map_err(unreadable)?.ty.initial;
                at_most(elements <= limits::TABLE_ELEMENTS as u64, "table elements")?;
            }
            tally.tables = tally.tables.saturating_add(tables.count());
            at_most(tally.tables as usize <= limits::TABLES, "tables")?;
        }
        Payload::ImportSection(imports) => {
            tally.core_imports = tally.core_imports.saturating_add(imports.count());
            at_most(tally.core_imports <= CORE_IMPORTS, "imports of its modules")?;
        }
        Payload::GlobalSection(globals) => {
            tally.globals = tally.globals.saturating_add(globals.count());
            at_most(tally.globals <= GLOBALS, "global variables")?;
        }
        _ => {}
    }
    Ok(())
}

fn take_types(tally: &mut Tally, count: u32) -> Result<(), Finding> {
    tally.types += u64::from(count);
    at_most(tally.types <= TYPES, "types")
}

fn take_signatures(tally: &mut Tally, types: TypeSectionReader<'_>) -> Result<(), Finding> {
    take_types(tally, types.count())?;
    for group in types {
        for ty in group.map_err(unreadable)?.types() {
            if let CompositeInnerType::Func(function) = &ty.composite_type.inner {
                let size = function.params().len() + function.results().len();
                at_most(size <= PARAMETERS, "parameters of one function")?;
            }
        }
    }
    Ok(())
}

/// Validates a body, one operator after another. Fails with what is too much in
/// it, or with what is not valid.
fn take_body(
    tally: &mut Tally,
    function: &mut FuncValidator<ValidatorResources>,
    body: &FunctionBody<'_>,
) -> Result<(), Result<Finding, BinaryReaderError>> {
    at_most(body.range().len() <= BODY_BYTES, "code in one function").map_err(Ok)?;
    tally.code += body.range().len();
    at_most(tally.code <= CODE_BYTES, "code").map_err(Ok)?;
    let mut reader = body.get_binary_reader();
    function.read_locals(&mut reader).map_err(Err)?;
    // Parameters among them.
    let locals = function.len_locals();
    at_most(locals <= LOCALS, "local variables in one function").map_err(Ok)?;

    let mut nest = Nest::default();
    let mut operators = OperatorsReader::new(reader);
    while !operators.eof() {
        let (operator, offset) = operators.read_with_offset().map_err(Err)?;
        function.op(offset, &operator).map_err(Err)?;
        nest.enter(&operator);
        at_most(nest.loops <= LOOP_DEPTH, "loops within loops").map_err(Ok)?;
        at_most(nest.frames.len() <= BLOCK_DEPTH, "blocks within blocks").map_err(Ok)?;
        let height = function.operand_stack_height();
        at_most(height <= STACK_HEIGHT, "values on the stack").map_err(Ok)?;
        tally.tangle += branches_of(&operator) * u64::from(locals + height + 16);
        at_most(tally.tangle <= TANGLE, "branches among local variables").map_err(Ok)?;
    }
    operators.finish().map_err(Err)
}

/// How many ways an operator makes for control to take.
fn branches_of(operator: &Operator<'_>) -> u64 {
    match operator {
        Operator::Block { .. } | Operator::If { .. } | Operator::Else => 1,
        Operator::Br { .. } | Operator::BrIf { .. } => 1,
        // Fuel and deadline are looked at in each round.
        Operator::Loop { .. } => 3,
        // Come out as several blocks, and a loop where fuel is by the byte.
        Operator::CallIndirect { .. } => 4,
        Operator::MemoryCopy { .. } | Operator::MemoryFill { .. } | Operator::MemoryInit { .. } => {
            8
        }
        Operator::TableCopy { .. } | Operator::TableFill { .. } | Operator::TableInit { .. } => 8,
        Operator::TableGet { .. } | Operator::TableSet { .. } | Operator::TableGrow { .. } => 8,
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
