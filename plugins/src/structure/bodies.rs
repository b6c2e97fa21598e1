//! The bodies of functions: validated and priced, one operator after another.

use wasmparser::{
    BinaryReaderError, BlockType, CompositeInnerType, FuncValidator, FunctionBody, Operator,
    OperatorsReader, ValidatorResources, WasmModuleResources,
};

use super::counts::{Finding, at_most, most};
use super::price::{self, Price, Work};

/// Why a body was not taken.
pub enum Wrong {
    /// There is too much in it.
    TooMuch(Finding),
    /// It is not valid.
    Invalid(BinaryReaderError),
}

impl From<Finding> for Wrong {
    fn from(finding: Finding) -> Self {
        Self::TooMuch(finding)
    }
}

impl From<BinaryReaderError> for Wrong {
    fn from(error: BinaryReaderError) -> Self {
        Self::Invalid(error)
    }
}

/// Validates a body, and tells what it costs to compile.
pub fn walk(
    function: &mut FuncValidator<ValidatorResources>,
    ty: u32,
    body: &FunctionBody<'_>,
) -> Result<Price, Wrong> {
    at_most(
        "bytes of one function",
        body.range().len() as u64,
        most::BODY_BYTES,
    )?;
    let mut reader = body.get_binary_reader();
    function.read_locals(&mut reader)?;
    // Parameters among them.
    let locals = function.len_locals();
    at_most("local variables of one function", locals, most::LOCALS)?;

    let (parameters, results) = arities(function, ty);
    let mut walk = Walk::new(locals, parameters, results);
    let mut operators = OperatorsReader::new(reader);
    while !operators.eof() {
        let (operator, offset) = operators.read_with_offset()?;
        let height = function.operand_stack_height();
        function.op(offset, &operator)?;
        // Before or after: whichever is more waits beside the operator.
        let height = height.max(function.operand_stack_height());
        at_most("values on the stack", height, most::STACK_HEIGHT)?;
        walk.take(function, &operator, u64::from(height))?;
    }
    operators.finish()?;
    Ok(walk.price())
}

/// What was seen of a body so far.
struct Walk {
    price: Price,
    locals: u64,
    results: u64,
    /// Ways that control may take.
    branches: u64,
    /// Values that are not the same whichever way control took, at each place
    /// where ways meet.
    passed: u64,
    nest: Nest,
}

impl Walk {
    fn new(locals: u32, parameters: u64, results: u64) -> Self {
        let locals = u64::from(locals);
        let variables = price::LOCAL * locals + 2 * price::VALUE * (parameters + results);
        let mut price = Price::default();
        price.add(Work::Functions, price::EMPTY_FUNCTION + variables);
        Self {
            price,
            locals,
            results,
            branches: 0,
            passed: 0,
            nest: Nest::new(locals),
        }
    }

    fn take(
        &mut self,
        function: &FuncValidator<ValidatorResources>,
        operator: &Operator<'_>,
        height: u64,
    ) -> Result<(), Finding> {
        let (work, units) = price::operator(operator);
        self.price.add(work, units);
        let values = match operator {
            Operator::Return => self.results,
            _ => values(function, operator),
        };
        self.price.add(Work::Calls, price::VALUE * values);
        if let Operator::BrTable { targets } = operator {
            let each = price::TARGET + 2 * height.min(most::SIGNATURE);
            let units = each * u64::from(targets.len());
            self.price.add(Work::Branches, units);
        }
        let branches = price::branches(operator);
        let living = price::BRANCH + self.locals + 2 * height;
        self.price.add(Work::Branches, branches * living);
        self.branches += branches;
        self.passed += branches + self.nest.take(function, operator);
        at_most("loops within loops", self.nest.loops, most::LOOP_DEPTH)?;
        at_most("blocks within blocks", self.nest.depth(), most::BLOCK_DEPTH)
    }

    fn price(mut self) -> Price {
        let pairs = self.branches.saturating_mul(self.branches);
        let passed = self.passed.saturating_mul(self.branches);
        let units = pairs.saturating_mul(price::BRANCH_PAIR_MILLI) / 1_000
            + passed.saturating_mul(price::PASSED_MILLI) / 1_000;
        self.price.add(Work::Branches, units);
        self.price
    }
}

/// Values that a call hands over.
fn values(function: &FuncValidator<ValidatorResources>, operator: &Operator<'_>) -> u64 {
    let index = match operator {
        Operator::Call { function_index } => {
            function.resources().type_index_of_function(*function_index)
        }
        Operator::CallIndirect { type_index, .. } => Some(*type_index),
        _ => None,
    };
    let (parameters, results) = index.map_or((0, 0), |index| arities(function, index));
    parameters + results
}

/// How many parameters and results a type of function has.
fn arities(function: &FuncValidator<ValidatorResources>, ty: u32) -> (u64, u64) {
    let ty = function.resources().sub_type_at(ty);
    match ty.map(|ty| &ty.composite_type.inner) {
        Some(CompositeInnerType::Func(ty)) => (ty.params().len() as u64, ty.results().len() as u64),
        _ => (0, 0),
    }
}

/// The blocks around the present operator, and which variables each of them sets.
struct Nest {
    blocks: Vec<Block>,
    loops: u64,
    /// Words of one bit a variable, for each block.
    set: Vec<u64>,
    words: usize,
}

struct Block {
    is_loop: bool,
    /// Values that it takes or gives.
    values: u64,
}

impl Nest {
    fn new(locals: u64) -> Self {
        let words = usize::try_from(locals.div_ceil(64)).unwrap_or(0);
        Self {
            blocks: Vec::new(),
            loops: 0,
            set: vec![0; words],
            words,
        }
    }

    fn depth(&self) -> u64 {
        self.blocks.len() as u64
    }

    /// Follows the nesting; tells how many values pass where ways meet.
    fn take(
        &mut self,
        function: &FuncValidator<ValidatorResources>,
        operator: &Operator<'_>,
    ) -> u64 {
        match operator {
            Operator::Block { blockty } | Operator::If { blockty } => {
                self.enter(false, arity(function, *blockty));
                0
            }
            Operator::Loop { blockty } => {
                self.enter(true, arity(function, *blockty));
                0
            }
            Operator::End => self.leave(),
            Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => {
                self.note(*local_index);
                0
            }
            _ => 0,
        }
    }

    fn enter(&mut self, is_loop: bool, values: u64) {
        self.blocks.push(Block { is_loop, values });
        self.loops += u64::from(is_loop);
        self.set.resize(self.set.len() + self.words, 0);
    }

    fn note(&mut self, local: u32) {
        let (word, bit) = (local as usize / 64, local % 64);
        let at = self.set.len() - self.words + word;
        if let Some(word) = self.set.get_mut(at) {
            *word |= 1 << bit;
        }
    }

    /// Leaves a block: what it set, its surroundings set.
    fn leave(&mut self) -> u64 {
        let Some(block) = self.blocks.pop() else {
            return 0;
        };
        self.loops -= u64::from(block.is_loop);
        let inner = self.set.split_off(self.set.len() - self.words);
        let outer = self.set.len() - self.words;
        for (word, set) in self.set[outer..].iter_mut().zip(&inner) {
            *word |= set;
        }
        let set: u64 = inner.iter().map(|word| u64::from(word.count_ones())).sum();
        // A loop's values meet at its start, and where fuel and deadline were
        // looked at.
        let meetings = if block.is_loop { 3 } else { 1 };
        (set + block.values) * meetings
    }
}

fn arity(function: &FuncValidator<ValidatorResources>, block: BlockType) -> u64 {
    match block {
        BlockType::Empty => 0,
        BlockType::Type(_) => 1,
        BlockType::FuncType(ty) => {
            let (parameters, results) = arities(function, ty);
            parameters.max(results)
        }
    }
}
