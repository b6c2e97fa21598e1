//! What a component costs to compile, told from its bytes.
//!
//! A unit of price is about a tenth of a microsecond of one processor, and up to
//! two hundred bytes of memory while its function is compiled. The prices were
//! measured with nothing but the one operator, in small functions and in large
//! ones, and are what the worst of it took; ordinary code costs a half of them or
//! less. `tests/bombs.rs` holds them.

use std::fmt;

use wasmparser::Operator;

use super::counts::Finding;

/// The price of one function. It bounds the memory that compiling takes, which is
/// given back after each function.
pub const FUNCTION: u64 = 2_000_000;

/// The price of a whole component: two seconds; the worked example costs an
/// eighth of it.
pub const COMPONENT: u64 = 20_000_000;

/// What is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Functions, their signatures and local variables, and what calls them from
    /// outside.
    Functions,
    /// Segments, and expressions that start variables and segments.
    Starting,
    /// Operators on integers, variables and constants.
    Integers,
    /// Operators on floats, whose every NaN is made the same.
    Floats,
    /// Loads, stores, and operators on whole memories.
    Memory,
    /// Operators on tables and references.
    Tables,
    /// Calls, with each parameter and result.
    Calls,
    /// Blocks and branches, with the values that live through them.
    Branches,
}

impl Work {
    const ALL: [Self; 8] = [
        Self::Functions,
        Self::Starting,
        Self::Integers,
        Self::Floats,
        Self::Memory,
        Self::Tables,
        Self::Calls,
        Self::Branches,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Functions => "functions and their signatures",
            Self::Starting => "segments and starting values",
            Self::Integers => "operators on integers and variables",
            Self::Floats => "operators on floats",
            Self::Memory => "operators on memory",
            Self::Tables => "operators on tables",
            Self::Calls => "calls with their parameters and results",
            Self::Branches => "branches and the values that live through them",
        }
    }
}

/// A price, and what makes it up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Price([u64; Work::ALL.len()]);

impl Price {
    /// Adds to it.
    pub fn add(&mut self, work: Work, units: u64) {
        let part = &mut self.0[work as usize];
        *part = part.saturating_add(units);
    }

    /// Adds another price to it.
    pub fn add_all(&mut self, other: &Self) {
        for work in Work::ALL {
            self.add(work, other.0[work as usize]);
        }
    }

    /// All of it.
    pub fn units(&self) -> u64 {
        self.0
            .iter()
            .fold(0, |sum, units| sum.saturating_add(*units))
    }

    /// Refuses more than `most`, and says what it is for.
    pub fn at_most(&self, what: &str, most: u64) -> Result<(), Finding> {
        if self.units() <= most {
            return Ok(());
        }
        Err(Finding::too_much(
            &format!("compile price of {what} ({self})"),
            self.units(),
            most,
        ))
    }
}

impl fmt::Display for Price {
    /// The largest part of it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let largest = Work::ALL
            .into_iter()
            .max_by_key(|work| self.0[*work as usize]);
        let largest = largest.unwrap_or(Work::Functions);
        write!(
            f,
            "most of it for {}: {}",
            largest.name(),
            self.0[largest as usize]
        )
    }
}

/// A function without anything in it, and a way into it for the host.
pub const EMPTY_FUNCTION: u64 = 1_000;

/// A local variable.
pub const LOCAL: u64 = 2;

/// A type of function: a way out for its calls, to the host.
pub const SIGNATURE: u64 = 500;

/// A parameter or result that is handed over.
pub const VALUE: u64 = 30;

/// An export or import of a module.
pub const NAME: u64 = 10;

/// An element that is put into a table.
pub const ELEMENT: u64 = 300;

/// A segment of memory whose place is known, or that is put nowhere yet.
pub const PLACED_SEGMENT: u64 = 20;

/// A segment whose place is found at the start.
pub const SEGMENT: u64 = 2_000;

/// A byte of an expression that gives a variable or segment its start.
pub const EXPRESSION_BYTE: u64 = 30;

/// A branch, beside the values that live through it.
pub const BRANCH: u64 = 70;

/// A target of a `br_table`, and each value that is taken there.
pub const TARGET: u64 = 20;

/// The price of pairs of branches in one function: a thousandth.
pub const BRANCH_PAIR_MILLI: u64 = 15;

/// The price of a value that passes a branch, for each branch of the function: a
/// thousandth. The compiler joins such values one by one into ever longer lists.
pub const PASSED_MILLI: u64 = 40;

/// What an operator costs of itself.
pub fn operator(operator: &Operator<'_>) -> (Work, u64) {
    use Operator as O;
    match operator {
        O::I32Add | O::I64Add | O::I32Sub | O::I64Sub | O::I32Mul | O::I64Mul => {
            // Rewritten again and again where many follow one another.
            (Work::Integers, 200)
        }
        O::I32Rotl | O::I32Rotr | O::I64Rotl | O::I64Rotr => (Work::Integers, 480),
        O::I32RemS | O::I32RemU | O::I64RemS | O::I64RemU => (Work::Integers, 140),
        O::I32DivS | O::I32DivU | O::I64DivS | O::I64DivU => (Work::Integers, 80),
        O::Nop
        | O::Drop
        | O::Unreachable
        | O::LocalGet { .. }
        | O::LocalSet { .. }
        | O::LocalTee { .. }
        | O::I32Const { .. }
        | O::I64Const { .. }
        | O::F32Const { .. }
        | O::F64Const { .. } => (Work::Integers, 4),
        O::GlobalGet { .. } | O::GlobalSet { .. } => (Work::Integers, 40),
        O::Call { .. } | O::CallIndirect { .. } | O::Return => call(operator),
        _ => float(operator)
            .or_else(|| memory(operator))
            .or_else(|| table(operator))
            .or_else(|| branch(operator))
            // Comparisons, shifts, bits, conversions.
            .unwrap_or((Work::Integers, 60)),
    }
}

fn call(operator: &Operator<'_>) -> (Work, u64) {
    match operator {
        Operator::CallIndirect { .. } => (Work::Calls, 300),
        _ => (Work::Calls, 70),
    }
}

fn float(operator: &Operator<'_>) -> Option<(Work, u64)> {
    use Operator as O;
    let units = match operator {
        O::F32Ceil | O::F32Floor | O::F32Trunc | O::F32Nearest | O::F32Sqrt => 120,
        O::F64Ceil | O::F64Floor | O::F64Trunc | O::F64Nearest | O::F64Sqrt => 120,
        O::F32Add | O::F32Sub | O::F32Mul | O::F32Div | O::F32Min | O::F32Max => 130,
        O::F64Add | O::F64Sub | O::F64Mul | O::F64Div | O::F64Min | O::F64Max => 130,
        O::F32DemoteF64 | O::F64PromoteF32 => 150,
        O::F32Abs | O::F32Neg | O::F32Copysign | O::F64Abs | O::F64Neg | O::F64Copysign => 60,
        O::F32Eq | O::F32Ne | O::F32Lt | O::F32Gt | O::F32Le | O::F32Ge => 60,
        O::F64Eq | O::F64Ne | O::F64Lt | O::F64Gt | O::F64Le | O::F64Ge => 60,
        O::I32TruncF32S | O::I32TruncF32U | O::I32TruncF64S | O::I32TruncF64U => 80,
        O::I64TruncF32S | O::I64TruncF32U | O::I64TruncF64S | O::I64TruncF64U => 80,
        O::I32TruncSatF32S | O::I32TruncSatF32U | O::I32TruncSatF64S => 80,
        O::I32TruncSatF64U | O::I64TruncSatF32S | O::I64TruncSatF32U => 80,
        O::I64TruncSatF64S | O::I64TruncSatF64U => 80,
        _ => return None,
    };
    Some((Work::Floats, units))
}

fn memory(operator: &Operator<'_>) -> Option<(Work, u64)> {
    use Operator as O;
    let units = match operator {
        O::I32Load { .. } | O::I64Load { .. } | O::F32Load { .. } | O::F64Load { .. } => 90,
        O::I32Load8S { .. } | O::I32Load8U { .. } | O::I32Load16S { .. } => 90,
        O::I32Load16U { .. } | O::I64Load8S { .. } | O::I64Load8U { .. } => 90,
        O::I64Load16S { .. } | O::I64Load16U { .. } => 90,
        O::I64Load32S { .. } | O::I64Load32U { .. } => 90,
        O::I32Store { .. } | O::I64Store { .. } | O::F32Store { .. } | O::F64Store { .. } => 90,
        O::I32Store8 { .. } | O::I32Store16 { .. } => 90,
        O::I64Store8 { .. } | O::I64Store16 { .. } | O::I64Store32 { .. } => 90,
        O::MemorySize { .. } | O::DataDrop { .. } => 60,
        O::MemoryGrow { .. } => 420,
        O::MemoryCopy { .. } | O::MemoryFill { .. } | O::MemoryInit { .. } => 420,
        _ => return None,
    };
    Some((Work::Memory, units))
}

fn table(operator: &Operator<'_>) -> Option<(Work, u64)> {
    use Operator as O;
    let units = match operator {
        O::TableCopy { .. } | O::TableInit { .. } => 1_200,
        O::TableGrow { .. } => 650,
        O::TableFill { .. } => 420,
        O::TableGet { .. } | O::TableSet { .. } => 250,
        O::TableSize { .. } | O::ElemDrop { .. } | O::RefFunc { .. } => 60,
        O::RefNull { .. } | O::RefIsNull => 20,
        _ => return None,
    };
    Some((Work::Tables, units))
}

fn branch(operator: &Operator<'_>) -> Option<(Work, u64)> {
    use Operator as O;
    match operator {
        O::Block { .. } | O::Loop { .. } | O::If { .. } | O::Else | O::End => {}
        O::Br { .. } | O::BrIf { .. } | O::BrTable { .. } => {}
        _ => return None,
    }
    Some((Work::Branches, 4))
}

/// How many ways an operator makes for control to take: those that can be seen,
/// and those of the code that looks at fuel, deadline and bounds.
pub fn branches(operator: &Operator<'_>) -> u64 {
    use Operator as O;
    match operator {
        O::Block { .. } | O::Else | O::Br { .. } | O::BrIf { .. } | O::Return => 1,
        O::If { .. } | O::BrTable { .. } => 2,
        O::Loop { .. } | O::CallIndirect { .. } => 4,
        O::MemoryCopy { .. } | O::MemoryFill { .. } | O::MemoryInit { .. } => 8,
        O::TableGet { .. } | O::TableSet { .. } | O::TableFill { .. } => 8,
        O::MemoryGrow { .. } | O::TableGrow { .. } => 8,
        O::TableCopy { .. } | O::TableInit { .. } => 16,
        _ => 0,
    }
}
