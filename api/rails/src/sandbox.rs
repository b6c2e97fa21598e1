//! A stand-in for a payout provider.

use futures_util::FutureExt;
use futures_util::future::{self, BoxFuture};
use tributary_domain::clock::Moment;
use tributary_domain::entity::payout_method::RailName;
use tributary_domain::entity::tenant;
use tributary_domain::rail::{Instruction, Rail, Status};

/// Minutes from sending to settling, on the tenant's clock.
const SETTLING_MINUTES: i32 = 60;

/// A rail that moves no money: it answers as a provider would, for trying
/// programs out and for tests. Payouts over it are recorded as paid, and
/// nobody has been paid.
///
/// It keeps nothing: an answer depends on the instruction alone, so that
/// repeating one repeats its answer, after a crash and on any server.
///
/// | Destination | What happens |
/// |---|---|
/// | `fail@sandbox` | it fails at once |
/// | `decline@sandbox` | the first two attempts are declined, the third is accepted |
/// | `silent@sandbox` | it is never known what became of it |
/// | anything else | it is accepted, and paid an hour after it was sent |
#[derive(Clone, Copy, Debug, Default)]
pub struct Sandbox;

impl Rail for Sandbox {
    fn name(&self) -> RailName {
        RailName::Sandbox
    }

    fn serves(&self, kind: tenant::Kind) -> bool {
        kind == tenant::Kind::Sandbox
    }

    fn send(&self, instruction: Instruction) -> BoxFuture<'_, Status> {
        future::ready(answer(&instruction)).boxed()
    }

    fn ask(&self, instruction: Instruction) -> BoxFuture<'_, Status> {
        self.send(instruction)
    }
}

fn answer(instruction: &Instruction) -> Status {
    let reference = format!("sandbox-{}", instruction.key());
    match instruction.destination.expose() {
        "fail@sandbox" => Status::Failed {
            reason: "the sandbox refuses this destination".to_owned(),
        },
        "decline@sandbox" if instruction.attempt < 3 => Status::Declined {
            reason: "the sandbox has too little money just now".to_owned(),
        },
        "silent@sandbox" => Status::Unknown {
            reason: "the sandbox does not answer for this destination".to_owned(),
        },
        _ if instruction.now >= settles_at(instruction) => Status::Paid { reference },
        _ => Status::Accepted { reference },
    }
}

fn settles_at(instruction: &Instruction) -> Moment {
    instruction.sent_at.plus_minutes(SETTLING_MINUTES)
}

#[cfg(test)]
mod tests {
    use tributary_domain::ids::PayoutId;
    use tributary_domain::keyring::Secret;
    use tributary_domain::money::{Currency, Money};

    use super::*;

    fn sent_to(destination: &str) -> Instruction {
        let sent_at = Moment::parse("2026-11-10T09:00:00Z").unwrap();
        Instruction {
            payout: PayoutId::new(),
            attempt: 1,
            destination: Secret::new(destination),
            money: Money::new(816_667, Currency::USD),
            sent_at,
            now: sent_at,
        }
    }

    fn after(instruction: &Instruction, minutes: i32) -> Instruction {
        Instruction {
            now: instruction.sent_at.plus_minutes(minutes),
            ..instruction.clone()
        }
    }

    #[test]
    fn a_payout_is_paid_an_hour_after_it_was_sent() {
        let sent = sent_to("northwind@bank");
        let reference = format!("sandbox-{}", sent.key());
        let accepted = Status::Accepted {
            reference: reference.clone(),
        };
        assert_eq!(answer(&sent), accepted);
        assert_eq!(answer(&after(&sent, 59)), accepted);
        let paid = Status::Paid { reference };
        assert_eq!(answer(&after(&sent, 60)), paid);
        assert_eq!(answer(&after(&sent, 600)), paid);
    }

    #[test]
    fn each_attempt_has_a_reference_of_its_own() {
        let first = sent_to("northwind@bank");
        let second = Instruction {
            attempt: 2,
            ..first.clone()
        };
        assert_ne!(answer(&first), answer(&second));
    }

    #[test]
    fn two_destinations_never_settle() {
        for minutes in [0, 60, 6_000] {
            let failed = answer(&after(&sent_to("fail@sandbox"), minutes));
            assert!(matches!(failed, Status::Failed { .. }), "{failed:?}");
            let unknown = answer(&after(&sent_to("silent@sandbox"), minutes));
            assert!(matches!(unknown, Status::Unknown { .. }), "{unknown:?}");
        }
    }
}
