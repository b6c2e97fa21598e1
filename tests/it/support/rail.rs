//! A stand-in for a payout provider: it moves no money, counts what would have
//! moved, and fails as it is told.

use std::collections::{BTreeMap, VecDeque};
use std::future::pending;
use std::sync::Mutex;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::Semaphore;
use tributary_domain::entity::payout_method::RailName;
use tributary_domain::entity::tenant;
use tributary_domain::rail::{Instruction, Rail, Status};

/// What becomes of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// The money moves, and the answer says so.
    Pays,
    /// The money moves, and the answer is lost.
    LosesAnswer,
    /// The call is lost before anything moves.
    LosesCall,
    /// It takes the instruction, and pays when it is asked again.
    Accepts,
    /// It takes the instruction, and does not know it when it is asked.
    TakesAndForgets,
    /// It says for certain that this attempt moves nothing, and that another may.
    Declines,
    /// It takes the instruction, and declines it when it is asked again.
    DeclinesLate,
    /// It says for certain that nothing moves, now or later.
    Refuses,
    /// The caller dies before anything moves: the call never returns.
    HangsBefore,
    /// The caller dies after the money moved: the call never returns.
    HangsAfter,
    /// The money moves, and what is then said is that nobody knows, late: not
    /// before [`TestRail::lets_go`].
    AnswersLate,
    /// The money moves late, not before [`TestRail::lets_go`], and the answer says so.
    PaysLate,
}

/// The stand-in.
pub struct TestRail {
    state: Mutex<State>,
    hung: Semaphore,
    gate: Semaphore,
}

#[derive(Default)]
struct State {
    script: VecDeque<Act>,
    decided: BTreeMap<String, Decision>,
    moved: Vec<Moved>,
    calls: usize,
}

impl State {
    /// Decides about a key; the money of one moves once.
    fn take(&mut self, instruction: &Instruction, decision: Decision) {
        let key = instruction.key();
        let earlier = self.decided.insert(key.clone(), decision);
        if decision == Decision::Paid && earlier != Some(Decision::Paid) {
            let destination = instruction.destination.expose().to_owned();
            self.moved.push(Moved {
                key,
                destination,
                minor: instruction.money.minor,
            });
        }
    }
}

/// What the provider has decided about a key. It never changes its mind.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Decision {
    Accepted,
    Paid,
    Refused,
    Declined,
}

/// Money that left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The idempotency key it left under.
    pub key: String,
    /// Where to.
    pub destination: String,
    /// How much, in minor units.
    pub minor: i64,
}

impl TestRail {
    /// A provider that does these things call by call, and then always pays.
    /// A call under a key that is decided already takes nothing from the
    /// script: it gets the decision.
    pub fn new(script: impl IntoIterator<Item = Act>) -> Self {
        let script = script.into_iter().collect();
        let state = Mutex::new(State {
            script,
            ..State::default()
        });
        Self {
            state,
            hung: Semaphore::new(0),
            gate: Semaphore::new(0),
        }
    }

    /// All money that left, in order.
    pub fn moved(&self) -> Vec<Moved> {
        self.state.lock().unwrap().moved.clone()
    }

    /// How much left for a destination, in minor units.
    pub fn sum_to(&self, destination: &str) -> i64 {
        let moved = self.moved().into_iter();
        moved
            .filter(|moved| moved.destination == destination)
            .map(|moved| moved.minor)
            .sum()
    }

    /// How often it was called.
    pub fn calls(&self) -> usize {
        self.state.lock().unwrap().calls
    }

    /// Waits until a call hangs.
    pub async fn hangs(&self) {
        self.hung.acquire().await.unwrap().forget();
    }

    /// Lets the late answer go.
    pub fn lets_go(&self) {
        self.gate.add_permits(1);
    }

    fn decide(&self, instruction: &Instruction) -> Act {
        let mut state = self.state.lock().unwrap();
        state.calls += 1;
        let key = instruction.key();
        let act = match state.decided.get(&key) {
            // Called again, it does what it took on.
            Some(Decision::Accepted | Decision::Paid) => Act::Pays,
            Some(Decision::Refused) => Act::Refuses,
            Some(Decision::Declined) => Act::Declines,
            None => state.script.pop_front().unwrap_or(Act::Pays),
        };
        let decision = match act {
            Act::LosesCall | Act::HangsBefore | Act::TakesAndForgets | Act::PaysLate => None,
            Act::Accepts => Some(Decision::Accepted),
            Act::DeclinesLate | Act::Declines => Some(Decision::Declined),
            Act::Refuses => Some(Decision::Refused),
            Act::Pays | Act::LosesAnswer | Act::HangsAfter | Act::AnswersLate => {
                Some(Decision::Paid)
            }
        };
        if let Some(decision) = decision {
            state.take(instruction, decision);
        }
        act
    }

    /// Whether it has ever seen a key.
    fn knows(&self, key: &str) -> bool {
        self.state.lock().unwrap().decided.contains_key(key)
    }

    async fn answer(&self, instruction: Instruction) -> Status {
        let reference = format!("test-{}", instruction.key());
        match self.decide(&instruction) {
            Act::Pays => Status::Paid { reference },
            Act::Accepts | Act::TakesAndForgets | Act::DeclinesLate => {
                Status::Accepted { reference }
            }
            Act::Refuses => Status::Failed {
                reason: "account closed".to_owned(),
            },
            Act::Declines => Status::Declined {
                reason: "too little money".to_owned(),
            },
            Act::LosesAnswer | Act::LosesCall => unknown("timed out"),
            Act::HangsBefore | Act::HangsAfter => {
                self.hung.add_permits(1);
                pending().await
            }
            Act::AnswersLate => {
                self.hung.add_permits(1);
                self.gate.acquire().await.unwrap().forget();
                unknown("timed out after a long time")
            }
            Act::PaysLate => {
                self.hung.add_permits(1);
                self.gate.acquire().await.unwrap().forget();
                self.state
                    .lock()
                    .unwrap()
                    .take(&instruction, Decision::Paid);
                Status::Paid { reference }
            }
        }
    }
}

fn unknown(reason: &str) -> Status {
    Status::Unknown {
        reason: reason.to_owned(),
    }
}

impl Rail for TestRail {
    fn name(&self) -> RailName {
        RailName::Paypal
    }

    fn serves(&self, kind: tenant::Kind) -> bool {
        kind == tenant::Kind::Sandbox
    }

    fn send(&self, instruction: Instruction) -> BoxFuture<'_, Status> {
        self.answer(instruction).boxed()
    }

    /// What it took on goes on meanwhile; what it never saw is not made to.
    fn ask(&self, instruction: Instruction) -> BoxFuture<'_, Status> {
        if self.knows(&instruction.key()) {
            self.answer(instruction).boxed()
        } else {
            async { Status::NeverArrived }.boxed()
        }
    }
}
