//! Every state has a way out: a verb, an event or a deadline. A state without one is
//! an end, or one in which nothing waits.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use sea_orm::Iterable;
use tributary_domain::entity::work::Kind;

use crate::support::contract::{self, list, name};

/// What takes something out of a state.
#[derive(Clone, Copy, Debug)]
enum Exit {
    /// Somebody sends this mutation.
    Verb(&'static str),
    /// The server does this work, at once or when it is due.
    Work(Kind),
    /// What somebody did to another noun, with this mutation.
    Follows(&'static str),
    /// The tenant's clock passes a date that the row shows in this field.
    Passes(&'static str),
}

use Exit::{Follows, Passes, Verb, Work};

/// What a state is, besides its ways out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    /// Somebody or something waits for it to end.
    Waits,
    /// It is in force, and nothing waits.
    InForce,
    /// Nothing happens any more.
    End,
}

use Rest::{End, InForce, Waits};

type Row = (&'static str, &'static str, Rest, &'static [Exit]);

const TABLE: &[Row] = &[
    (
        "ActivationState",
        "PROPOSED",
        Waits,
        &[Verb("approveActivation"), Verb("cancelActivation")],
    ),
    (
        "ActivationState",
        "APPROVED",
        InForce,
        &[Verb("cancelActivation")],
    ),
    ("ActivationState", "CANCELLED", End, &[]),
    (
        "AgreementState",
        "ACCEPTED",
        InForce,
        &[Follows("acceptAgreement")],
    ),
    (
        "CommissionState",
        "PENDING",
        Waits,
        &[Work(Kind::AssessDeal)],
    ),
    (
        "CommissionState",
        "APPROVED",
        InForce,
        &[Follows("writeOffDeal")],
    ),
    (
        "CommissionState",
        "HELD",
        Waits,
        &[Verb("retryCommission"), Follows("approveActivation")],
    ),
    ("CommissionState", "CLOSED", End, &[]),
    (
        "DealState",
        "OPEN",
        Waits,
        &[Verb("closeDealWon"), Verb("closeDealLost")],
    ),
    ("DealState", "CLOSED_WON", InForce, &[Verb("writeOffDeal")]),
    ("DealState", "CLOSED_LOST", End, &[]),
    (
        "EarningState",
        "HELD",
        Waits,
        &[Passes("payableAt"), Verb("proposePayoutRun")],
    ),
    (
        "EarningState",
        "PAYABLE",
        Waits,
        &[Verb("proposePayoutRun")],
    ),
    (
        "EarningState",
        "IN_PAYOUT",
        Waits,
        &[Work(Kind::ApplyPayout), Follows("cancelPayoutRun")],
    ),
    ("EarningState", "PAID", End, &[]),
    (
        "EnrollmentState",
        "INVITED",
        Waits,
        &[Follows("acceptAgreement")],
    ),
    ("EnrollmentState", "ACTIVE", InForce, &[]),
    (
        "InvolvementState",
        "PROPOSED",
        Waits,
        &[
            Verb("confirmInvolvement"),
            Verb("declineInvolvement"),
            Follows("closeDealWon"),
            Work(Kind::SettleCredit),
        ],
    ),
    (
        "InvolvementState",
        "CONFIRMED",
        InForce,
        &[Verb("declineInvolvement")],
    ),
    (
        "InvolvementState",
        "DECLINED",
        InForce,
        &[Verb("confirmInvolvement")],
    ),
    (
        "PartnerState",
        "ONBOARDING",
        Waits,
        &[Follows("verifyPayoutMethod"), Verb("suspendPartner")],
    ),
    ("PartnerState", "ACTIVE", InForce, &[Verb("suspendPartner")]),
    ("PartnerState", "SUSPENDED", Waits, &[Verb("resumePartner")]),
    (
        "PayoutMethodState",
        "UNVERIFIED",
        Waits,
        &[Verb("verifyPayoutMethod"), Verb("disablePayoutMethod")],
    ),
    (
        "PayoutMethodState",
        "VERIFIED",
        InForce,
        &[Follows("verifyPayoutMethod"), Verb("disablePayoutMethod")],
    ),
    ("PayoutMethodState", "DISABLED", End, &[]),
    (
        "PayoutRunState",
        "PREPARING",
        Waits,
        &[Work(Kind::PrepareRun), Verb("cancelPayoutRun")],
    ),
    (
        "PayoutRunState",
        "DRAFT",
        Waits,
        &[Verb("approvePayoutRun"), Verb("cancelPayoutRun")],
    ),
    (
        "PayoutRunState",
        "APPROVED",
        Waits,
        &[Work(Kind::ExecuteRun), Verb("cancelPayoutRun")],
    ),
    (
        "PayoutRunState",
        "EXECUTING",
        Waits,
        &[
            Work(Kind::ExecuteRun),
            Follows("confirmPayoutOutcome"),
            Verb("cancelPayoutRun"),
        ],
    ),
    ("PayoutRunState", "DONE", End, &[]),
    (
        "PayoutRunState",
        "CANCELLING",
        Waits,
        &[Work(Kind::CancelRun)],
    ),
    ("PayoutRunState", "CANCELLED", End, &[]),
    (
        "PayoutState",
        "SCHEDULED",
        Waits,
        &[Work(Kind::ExecuteRun), Follows("cancelPayoutRun")],
    ),
    ("PayoutState", "SENDING", Waits, &[Work(Kind::ExecuteRun)]),
    (
        "PayoutState",
        "UNKNOWN",
        Waits,
        &[Work(Kind::ExecuteRun), Verb("reportPayoutOutcome")],
    ),
    (
        "PayoutState",
        "SENT",
        Waits,
        &[Work(Kind::ExecuteRun), Verb("reportPayoutOutcome")],
    ),
    ("PayoutState", "PAID", End, &[]),
    ("PayoutState", "FAILED", End, &[]),
    (
        "PluginVersionState",
        "ADMITTED",
        InForce,
        &[Follows("approveActivation"), Follows("publishTerms")],
    ),
    (
        "PluginVersionState",
        "ACTIVE",
        InForce,
        &[Follows("approveActivation")],
    ),
    ("ProgramState", "DRAFT", Waits, &[Verb("publishTerms")]),
    ("ProgramState", "OPEN", InForce, &[]),
    (
        "RegistrationState",
        "SUBMITTED",
        Waits,
        &[
            Verb("approveRegistration"),
            Verb("rejectRegistration"),
            Verb("withdrawRegistration"),
        ],
    ),
    (
        "RegistrationState",
        "IN_CONFLICT",
        Waits,
        &[
            Verb("approveRegistration"),
            Verb("rejectRegistration"),
            Verb("withdrawRegistration"),
        ],
    ),
    (
        "RegistrationState",
        "APPROVED",
        Waits,
        &[
            Verb("linkRegistration"),
            Verb("convertRegistration"),
            Verb("withdrawRegistration"),
            Work(Kind::ExpireRegistrations),
        ],
    ),
    ("RegistrationState", "REJECTED", End, &[]),
    ("RegistrationState", "WITHDRAWN", End, &[]),
    ("RegistrationState", "EXPIRED", End, &[]),
    ("RegistrationState", "CONVERTED", End, &[]),
    (
        "TaxFormState",
        "SUBMITTED",
        Waits,
        &[Verb("approveTaxForm"), Verb("rejectTaxForm")],
    ),
    ("TaxFormState", "APPROVED", InForce, &[Passes("expiresAt")]),
    ("TaxFormState", "REJECTED", End, &[]),
    ("TaxFormState", "EXPIRED", End, &[]),
    (
        "TermsState",
        "SCHEDULED",
        Waits,
        &[Verb("withdrawTerms"), Work(Kind::BeginTerms)],
    ),
    ("TermsState", "IN_FORCE", InForce, &[Verb("publishTerms")]),
    ("TermsState", "SUPERSEDED", End, &[]),
    ("TermsState", "WITHDRAWN", End, &[]),
];

/// Every state of the schema stands in the table once, and what it names is there.
#[tokio::test]
async fn every_state_has_a_way_out() {
    let schema = contract::introspect().await;
    let states: BTreeSet<(String, String)> = contract::own_types(&schema)
        .filter(|of| of["kind"] == "ENUM" && name(of).ends_with("State"))
        .flat_map(|of| {
            let values = list(&of["enumValues"]).iter();
            values.map(|value| (name(of).to_owned(), name(value).to_owned()))
        })
        .collect();
    let rows = TABLE.iter();
    let known: BTreeSet<_> = rows
        .map(|row| (row.0.to_owned(), row.1.to_owned()))
        .collect();
    assert_eq!(known, states);
    assert_eq!(TABLE.len(), known.len(), "each state stands once");

    let fields = contract::own_types(&schema).map(|of| {
        let fields = list(&of["fields"])
            .iter()
            .map(name)
            .collect::<BTreeSet<_>>();
        (name(of), fields)
    });
    let fields: BTreeMap<_, _> = fields.collect();
    let mut work: HashSet<Kind> = Kind::iter().collect();
    for (noun, state, rest, exits) in TABLE {
        match rest {
            Waits => assert!(!exits.is_empty(), "{noun}.{state} waits for nothing"),
            End => assert!(exits.is_empty(), "{noun}.{state} is no end"),
            InForce => {}
        }
        for exit in *exits {
            let (of, field) = match exit {
                Verb(verb) | Follows(verb) => ("Mutation", *verb),
                Passes(field) => (noun.trim_end_matches("State"), *field),
                Work(kind) => {
                    work.remove(kind);
                    continue;
                }
            };
            assert!(
                fields[of].contains(field),
                "{noun}.{state}: no {of}.{field}"
            );
        }
    }
    assert!(
        work.is_empty(),
        "work that takes nothing out of a state: {work:?}"
    );
}
