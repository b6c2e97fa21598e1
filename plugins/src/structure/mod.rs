//! What is read off an upload before any of it is compiled.
//!
//! A compiler follows every value through every branch, gives each parameter of
//! each call a place, and writes out each instantiation of a component inside a
//! component. So a few kilobytes can keep it busy for minutes and fill gigabytes.
//! Hence counts with limits far below the parser's, and a price for what they let
//! pass: it bounds what compiling takes, in time and in memory.

mod bodies;
mod counts;
mod modules;
mod price;
mod sections;
mod types;

use wasmparser::{
    BinaryReaderError, FuncValidatorAllocations, Parser, ValidPayload, Validator, WasmFeatures,
};

use crate::engine::FEATURES;
pub use counts::Finding;
use sections::Tally;

const NOT_A_COMPONENT: &str = "NOT_A_COMPONENT";

/// What a component costs to compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompilePrice {
    /// Units; about a tenth of a microsecond each.
    pub units: u64,
    /// The most that one of its functions costs, in units.
    pub largest_function: u64,
}

impl CompilePrice {
    /// Bytes of memory that compiling takes at most: for what is kept of all of
    /// it, and for the function that is compiled.
    pub fn memory_bytes(&self) -> u64 {
        (16 << 20) + 10 * self.units + 90 * self.largest_function
    }
}

/// Whether these are the bytes of a component of what is switched on, which
/// imports nothing and is small enough in every part; and what it costs to
/// compile. Each part is counted before it is validated.
pub fn check(bytes: &[u8]) -> Result<CompilePrice, Finding> {
    if Parser::is_core_wasm(bytes) {
        let message = "this is a core module; `tributary plugin build` makes a component of it";
        return Err(Finding::new(NOT_A_COMPONENT, message));
    }
    if !Parser::is_component(bytes) {
        let message = "these are not the bytes of a component";
        return Err(Finding::new(NOT_A_COMPONENT, message));
    }
    walk(bytes, FEATURES).map_err(|finding| match walk(bytes, WasmFeatures::all()) {
        // Valid, with a proposal switched on; whether it is too large or not.
        _ if finding.code != NOT_A_COMPONENT => finding,
        Err(all) if all.code == NOT_A_COMPONENT => finding,
        _ => Finding::new("FORBIDDEN_FEATURE", finding.message),
    })
}

fn walk(bytes: &[u8], features: WasmFeatures) -> Result<CompilePrice, Finding> {
    let mut tally = Tally::new();
    let mut largest_function = 0;
    let mut validator = Validator::new_with_features(features);
    let mut spare = FuncValidatorAllocations::default();
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(unreadable)?;
        tally.take(bytes, &payload)?;
        let valid = validator.payload(&payload).map_err(unreadable)?;
        if let ValidPayload::Func(function, body) = valid {
            let ty = function.ty;
            let mut function = function.into_validator(spare);
            let price = bodies::walk(&mut function, ty, &body);
            let price = price.map_err(|wrong| match wrong {
                bodies::Wrong::TooMuch(finding) => finding,
                bodies::Wrong::Invalid(error) => unreadable(error),
            })?;
            price.at_most("one function", price::FUNCTION)?;
            largest_function = largest_function.max(price.units());
            tally.price.add_all(&price);
            spare = function.into_allocations();
        }
    }
    if !tally.imports.is_empty() {
        let message = format!(
            "a rule may import nothing; this one imports {}",
            tally.imports.join(", ")
        );
        return Err(Finding::new("HAS_IMPORTS", message));
    }
    tally.price.at_most("the component", price::COMPONENT)?;
    Ok(CompilePrice {
        units: tally.price.units(),
        largest_function,
    })
}

fn unreadable(error: BinaryReaderError) -> Finding {
    Finding::new(NOT_A_COMPONENT, error)
}
