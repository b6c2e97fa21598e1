//! One run of a guest: a fresh store, a fresh instance, one call, and nothing kept.

use tributary_domain::calculator::{Case, Fault, Outcome};
use wasmtime::component::{Component, Linker};
use wasmtime::{Store, Trap};

use crate::bindings::{self, MALFORMED_ANSWER, Rule, RulePre, wit};
use crate::engine::Engine;
use crate::limits::{self, Denied, Limiter};
use crate::machine;

/// Code that is compiled and found to have the right exports.
pub struct CompiledRule {
    pre: RulePre<Limiter>,
    /// Ticks after which a run is interrupted.
    deadline: u64,
}

/// Why a run ended without an answer.
#[derive(Debug)]
pub enum Stop {
    /// By the guest's own doing, and so always the same way.
    Fault(Fault),
    /// By the wall clock.
    Interrupted,
    /// By the host: no room for an instance or its memory, or a defect.
    Host(wasmtime::Error),
}

/// Why code cannot be run.
#[derive(Debug)]
pub enum CompileError {
    /// It does not compile, and never will here.
    Code(wasmtime::Error),
    /// It imports something, or lacks the exports of the world.
    World(wasmtime::Error),
    /// The host had no room for it.
    Host(wasmtime::Error),
}

impl CompiledRule {
    /// Compiles a component and finds its exports. What it costs is for the
    /// caller to have checked.
    pub fn compile(engine: &Engine, bytes: &[u8]) -> Result<Self, CompileError> {
        let component = Component::from_binary(&engine.wasm, bytes);
        let component = component.map_err(|error| {
            if machine::lacks(&error) {
                CompileError::Host(error)
            } else {
                CompileError::Code(error)
            }
        })?;
        check_resources(&component).map_err(CompileError::Code)?;
        Self::link(&component).map_err(CompileError::World)
    }

    fn link(component: &Component) -> wasmtime::Result<Self> {
        let nothing = Linker::new(component.engine());
        let pre = RulePre::new(nothing.instantiate_pre(component)?)?;
        let deadline = limits::DEADLINE_TICKS;
        Ok(Self { pre, deadline })
    }

    /// Bytes of machine code and what belongs to it.
    pub fn image_bytes(&self) -> usize {
        let image = self.pre.instance_pre().component().image_range();
        image.end.addr() - image.start.addr()
    }

    /// Whether the exports have the types of the world. Instantiates, so that
    /// the guest's start code runs.
    pub fn check_types(&self) -> Result<wasmtime::Result<()>, Stop> {
        let mut store = self.store().map_err(Stop::Host)?;
        let instance = self.pre.instance_pre().instantiate(&mut store);
        let instance = instance.map_err(|error| stop(error, Phase::Instantiation))?;
        Ok(Rule::new(&mut store, &instance).map(drop))
    }

    /// What the rule says of itself.
    pub fn describe(&self) -> Result<wit::Description, Stop> {
        let mut store = self.store().map_err(Stop::Host)?;
        let rule = self.pre.instantiate(&mut store);
        let rule = rule.map_err(|error| stop(error, Phase::Instantiation))?;
        rule.tributary_rule_calculation()
            .call_describe(&mut store)
            .map_err(|error| stop(error, Phase::Call))
    }

    /// Puts a case to the rule. An interruption by the wall clock says nothing
    /// of the rule, so that it is tried once more.
    pub fn evaluate(&self, case: &Case, bases: &[String]) -> Outcome {
        let question = case.into();
        for _ in 0..2 {
            match self.run(&question, case, bases) {
                Ok(outcome) => return outcome,
                Err(Stop::Interrupted) => tracing::warn!("an evaluation was interrupted"),
                Err(error) => {
                    tracing::error!(?error, "an evaluation could not be run");
                    break;
                }
            }
        }
        Outcome::Aborted
    }

    fn run(&self, question: &wit::Case, case: &Case, bases: &[String]) -> Result<Outcome, Stop> {
        let mut store = self.store().map_err(Stop::Host)?;
        let result = match self.call(&mut store, question) {
            Ok(Ok(answer)) => bindings::verdict(answer, case, bases),
            Ok(Err(refusal)) => Err(bindings::refusal(refusal)),
            Err(Stop::Fault(fault)) => Err(fault),
            Err(stop) => return Err(stop),
        };
        let fuel = limits::FUEL - store.get_fuel().map_err(Stop::Host)?;
        Ok(Outcome::Decided { result, fuel })
    }

    fn call(
        &self,
        store: &mut Store<Limiter>,
        question: &wit::Case,
    ) -> Result<Result<wit::Verdict, wit::Refusal>, Stop> {
        let rule = self.pre.instantiate(&mut *store);
        let rule = rule.map_err(|error| stop(error, Phase::Instantiation))?;
        rule.tributary_rule_calculation()
            .call_evaluate(store, question)
            .map_err(|error| stop(error, Phase::Call))
    }

    /// A store for one run.
    fn store(&self) -> wasmtime::Result<Store<Limiter>> {
        let mut store = Store::new(self.pre.engine(), Limiter);
        store.limiter(|limiter| limiter);
        store.set_fuel(limits::FUEL)?;
        store.set_epoch_deadline(self.deadline);
        store.set_hostcall_fuel(limits::ANSWER_BYTES);
        store.set_max_component_handles(0);
        Ok(store)
    }
}

/// Whether an instance would be within the limits. Where instances are not
/// pooled, the engine finds out only when there is one.
fn check_resources(component: &Component) -> wasmtime::Result<()> {
    let unknown = || wasmtime::Error::msg("what an instance takes cannot be told");
    let taken = component.resources_required().ok_or_else(unknown)?;
    let largest = |bytes: Option<u64>| bytes.unwrap_or(0);
    for (what, found, most) in [
        ("memories", taken.num_memories.into(), 1),
        ("tables", taken.num_tables.into(), limits::TABLES as u64),
        (
            "bytes of a memory",
            largest(taken.max_initial_memory_size),
            limits::MEMORY_BYTES as u64,
        ),
        (
            "elements of a table",
            largest(taken.max_initial_table_size),
            limits::TABLE_ELEMENTS as u64,
        ),
    ] {
        if found > most {
            wasmtime::bail!("{what}: {found} of at most {most}");
        }
    }
    Ok(())
}

/// When a run ended.
#[derive(Clone, Copy)]
enum Phase {
    Instantiation,
    Call,
}

/// Sorts the engine's errors. Only the guest's own doing becomes a fault.
fn stop(error: wasmtime::Error, phase: Phase) -> Stop {
    if error.is::<Denied>() {
        return Stop::Fault(Fault::OutOfMemory);
    }
    if machine::lacks(&error) {
        return Stop::Host(error);
    }
    match (error.downcast_ref::<Trap>(), phase) {
        (Some(Trap::Interrupt), _) => Stop::Interrupted,
        (Some(Trap::OutOfFuel), _) => Stop::Fault(Fault::OutOfFuel),
        (Some(trap), _) => Stop::Fault(trapped(kind(*trap))),
        (None, Phase::Instantiation) => Stop::Host(error),
        (None, Phase::Call) if is_answer_too_large(&error) => Stop::Fault(Fault::OutputTooLarge),
        // What else can fail in a call without an import is reading the answer.
        (None, Phase::Call) => Stop::Fault(trapped(MALFORMED_ANSWER)),
    }
}

fn trapped(kind: &str) -> Fault {
    let kind = kind.to_owned();
    Fault::Trapped { kind }
}

/// Whether the host stopped copying the answer. The engine keeps the type of
/// this error to itself; a test with such an answer watches over its words.
fn is_answer_too_large(error: &wasmtime::Error) -> bool {
    format!("{error:#}").contains("fuel allocated for hostcalls")
}

/// The closed list of traps that receipts may name. Neither addresses nor
/// function names, which depend on the build.
fn kind(trap: Trap) -> &'static str {
    match trap {
        Trap::UnreachableCodeReached => "unreachable",
        Trap::StackOverflow => "stack-overflow",
        Trap::MemoryOutOfBounds => "memory-out-of-bounds",
        Trap::TableOutOfBounds => "table-out-of-bounds",
        Trap::IndirectCallToNull => "call-to-null",
        Trap::BadSignature => "bad-signature",
        Trap::IntegerOverflow => "integer-overflow",
        Trap::IntegerDivisionByZero => "division-by-zero",
        Trap::BadConversionToInteger => "bad-conversion",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use tributary_domain::calculator::{CaseDeal, CaseTerms};
    use tributary_domain::clock::Moment;
    use tributary_domain::entity::{credit_share::Role, program::ProgramModel};
    use tributary_domain::ids::{DealId, TermsId};
    use tributary_domain::money::Currency;

    use super::*;

    /// A rule that never stops of its own accord.
    const ENDLESS: &str = r#"(module
        (memory (export "memory") 1)
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
        (func (export "tributary:rule/calculation@1.0.0#describe") (result i32)
            (loop (br 0)) unreachable)
        (func (export "tributary:rule/calculation@1.0.0#evaluate") (param i32) (result i32)
            (loop (br 0)) unreachable))"#;

    fn endless() -> Vec<u8> {
        tributary_toolchain::wrap(&wat::parse_str(ENDLESS).unwrap()).unwrap()
    }

    fn case() -> Case {
        let then = Moment(1_780_000_000_000);
        Case {
            evaluated_at: then,
            deal: CaseDeal {
                id: DealId::new(),
                amount_minor: 1_000_000,
                currency: Currency::USD,
                opened_at: then,
                closed_at: then,
            },
            role: Role::Sourced,
            credits: Vec::new(),
            terms: CaseTerms {
                id: TermsId::new(),
                version: 1,
                model: ProgramModel::Referral,
            },
            history: Vec::new(),
            config: "{}".to_owned(),
        }
    }

    /// The same rule and case: fuel decides, and the clock says nothing.
    #[test]
    fn what_the_clock_stops_is_no_verdict() {
        let engine = Engine::new(1).unwrap();
        let mut rule = CompiledRule::compile(&engine, &endless()).unwrap();
        rule.deadline = u64::MAX / 2;
        let decided = rule.evaluate(&case(), &[]);
        let Outcome::Decided { result, .. } = decided else {
            panic!("{decided:?}")
        };
        assert_eq!(result, Err(Fault::OutOfFuel));

        rule.deadline = 0;
        assert_eq!(rule.evaluate(&case(), &[]), Outcome::Aborted);
        assert!(matches!(rule.describe(), Err(Stop::Interrupted)));
    }
}
