//! What the data of facts holds.

use serde::Serialize;

use super::values::{Amount, Field, Shape, ShareOfCredit, Time, Value};
use crate::access;
use crate::actor::Actor;
use crate::entity::payout_method::RailName;
use crate::entity::{
    account_identifier, credit_share, involvement, payout_report, registration, tax_form,
};
use crate::ids::{
    AccountId, CommissionId, EvaluationId, PartnerId, PersonId, PluginId, PluginVersionId,
    ProgramId, TermsId,
};

/// Makes shapes, and what the documentation says of them.
macro_rules! shapes {
    ($($(#[$doc:meta])* $name:ident {
        $($(#[doc = $about:literal])+ $field:ident: $type:ty,)*
    })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Serialize)]
        pub struct $name {
            $($(#[doc = $about])+ pub $field: $type,)*
        }

        impl Shape for $name {
            const FIELDS: &'static [Field] = &[$(Field {
                name: stringify!($field),
                words: <$type as Value>::words,
                about: concat!($($about),+).trim_ascii(),
            },)*];

            fn partner(&self) -> Option<PartnerId> {
                let Self { $($field),* } = self;
                None$(.or($field.partner()))*
            }
        }
    )+};
}

shapes! {
    /// The fact alone.
    Nothing {}

    /// What a thing is called.
    Named {
        /// Its name.
        name: String,
    }

    /// Which partner it concerns.
    OfPartner {
        /// The partner.
        partner: PartnerId,
    }

    /// Who looks after a partner.
    Responsibility {
        /// One of the tenant's people; null where nobody does any more.
        responsible: Option<PersonId>,
    }

    /// Why a person did it.
    Reason {
        /// In that person's words.
        reason: String,
    }

    /// Another epoch of the log.
    Restored {
        /// How many came before it, the first included.
        epoch: i32,
    }

    /// A test clock that was moved.
    ClockMoved {
        /// What it showed.
        from: Time,
        /// What it shows.
        to: Time,
    }

    /// A key.
    ApiKeyData {
        /// Its name.
        name: String,
        /// Who answers for it.
        person: PersonId,
        /// Whether it acts as a service of that person.
        service: bool,
        /// Its role.
        role: access::Role,
    }

    /// A version of a program's terms.
    TermsVersion {
        /// The program.
        program: ProgramId,
        /// Counted from 1.
        version: i32,
        /// The SHA-256 of the document that partners accept.
        document_digest: String,
        /// From when on they are in force, unless they are withdrawn before.
        effective_at: Time,
    }

    /// Which version of a program's terms.
    TermsNumber {
        /// The program.
        program: ProgramId,
        /// Counted from 1.
        version: i32,
    }

    /// A version of a program's terms that was withdrawn.
    TermsNotToBe {
        /// The program.
        program: ProgramId,
        /// Counted from 1.
        version: i32,
        /// Why.
        reason: String,
    }

    /// A partner that was invited.
    Invitation {
        /// The partner's name.
        name: String,
        /// The program.
        program: ProgramId,
    }

    /// Terms that a partner accepted.
    Acceptance {
        /// The partner.
        partner: PartnerId,
        /// The terms.
        terms: TermsId,
    }

    /// A tax form that was filed.
    FiledForm {
        /// The partner.
        partner: PartnerId,
        /// Which form.
        kind: tax_form::Kind,
    }

    /// A payout method that was added.
    AddedMethod {
        /// The partner.
        partner: PartnerId,
        /// The rail.
        rail: RailName,
    }

    /// A payout method that is no longer used.
    DisabledMethod {
        /// The partner.
        partner: PartnerId,
        /// Why.
        reason: String,
    }

    /// What a customer is known by.
    Identifier {
        /// A domain, or an id of a CRM.
        kind: account_identifier::Kind,
        /// The domain or id.
        value: String,
    }

    /// A registration.
    RegistrationData {
        /// The partner.
        partner: PartnerId,
        /// The customer.
        account: AccountId,
        /// Whether something stands against it.
        state: registration::State,
    }

    /// A registration that was decided on.
    RegistrationDecision {
        /// The partner.
        partner: PartnerId,
        /// The customer.
        account: AccountId,
        /// Who decided.
        decided_by: Actor,
    }

    /// A deal as it was opened.
    Opening {
        /// The customer.
        account: AccountId,
        /// What it is worth.
        amount: Amount,
        /// Its stage.
        stage: String,
    }

    /// Two stages.
    StageChange {
        /// The earlier one.
        from: String,
        /// The later one.
        to: String,
    }

    /// Two amounts.
    AmountChange {
        /// The earlier one.
        from: Amount,
        /// The later one.
        to: Amount,
    }

    /// What a won deal is worth.
    Worth {
        /// The amount.
        amount: Amount,
    }

    /// A partner's part in a deal.
    Part {
        /// The partner.
        partner: PartnerId,
        /// Its role.
        role: credit_share::Role,
        /// What the partner did.
        kind: involvement::Kind,
    }

    /// Settled credit.
    Shares {
        /// The version of the deal's credit, from 1.
        version: i32,
        /// Who gets what part.
        shares: Vec<ShareOfCredit>,
    }

    /// Money that came in, or went back.
    Payment {
        /// How much; positive.
        amount: Amount,
        /// When.
        received_at: Time,
    }

    /// What a commission adds up to.
    Assessed {
        /// The partner.
        partner: PartnerId,
        /// The whole commission.
        total: Amount,
        /// The receipt of the rule.
        evaluation: EvaluationId,
    }

    /// Why a commission waits.
    Fault {
        /// The partner.
        partner: PartnerId,
        /// The code of the fault.
        fault: String,
        /// The receipt of the rule.
        evaluation: EvaluationId,
    }

    /// A commission of which nothing more is expected.
    ClosedCommission {
        /// The partner.
        partner: PartnerId,
        /// What was entitled and not released.
        written_off: Amount,
    }

    /// A part of a commission.
    Release {
        /// The partner.
        partner: PartnerId,
        /// The commission.
        commission: CommissionId,
        /// How much; negative where a refund took it back.
        amount: Amount,
        /// When its hold ends.
        payable_at: Time,
    }

    /// A run that was proposed.
    ProposedRun {
        /// The program.
        program: ProgramId,
    }

    /// Earnings of a partner that add up to nothing.
    SetOff {
        /// The partner.
        partner: PartnerId,
        /// How many earnings.
        earnings: usize,
    }

    /// A run that is prepared.
    PreparedRun {
        /// What its payouts add up to.
        total: Amount,
    }

    /// A run that was approved.
    ApprovedRun {
        /// Who had proposed it.
        proposed_by: Actor,
    }

    /// Payments that were looked at.
    ExportedRun {
        /// How many.
        payouts: usize,
    }

    /// A payout that moved on.
    PayoutMoved {
        /// The partner.
        partner: PartnerId,
        /// How much.
        amount: Amount,
        /// The rail.
        rail: RailName,
        /// Why it failed, or why nobody knows.
        reason: Option<String>,
    }

    /// An attempt at a payout that paid nothing.
    DeclinedAttempt {
        /// The partner.
        partner: PartnerId,
        /// How much.
        amount: Amount,
        /// The rail.
        rail: RailName,
        /// Which attempt, from 1.
        attempt: i32,
        /// Why, from the rail.
        reason: String,
        /// When the next attempt may begin.
        retry_at: Time,
    }

    /// What a person says of a payout.
    ReportedOutcome {
        /// The partner.
        partner: PartnerId,
        /// What became of it.
        outcome: payout_report::Outcome,
    }

    /// A payment that nobody expected any more.
    LatePayment {
        /// The partner.
        partner: PartnerId,
        /// How much.
        amount: Amount,
        /// What the provider calls it.
        reference: String,
    }

    /// A version of a plugin.
    PublishedVersion {
        /// The version.
        version_id: PluginVersionId,
        /// What its author calls it.
        version: String,
        /// The SHA-256 of its code.
        digest: String,
    }

    /// An activation of a plugin version.
    ProposedActivation {
        /// The plugin.
        plugin: PluginId,
        /// What its author calls the version.
        version: String,
        /// The SHA-256 of its code.
        digest: String,
        /// From when.
        effective_at: Time,
    }
}
