//! The facts of the log: a closed, versioned catalogue. Subscribers and integrators rely
//! on it, so a kind is never renamed and never means something else; a shape that loses
//! or changes a field gets another version.

mod shapes;
mod values;

use crate::error::{Error, Result};
use crate::ids::{Noun, PartnerId};

pub use shapes::*;
use values::Shape;
pub use values::{Amount, Field, Fraction, ShareOfCredit, Time};

/// Makes the enums of the catalogue.
macro_rules! facts {
    ($($(#[doc = $doc:literal])+ $kind:ident $name:literal $version:literal $noun:ident $shape:ident;)+) => {
        /// One fact, with its data.
        #[derive(Clone, Debug)]
        pub enum Fact {
            $($(#[doc = $doc])+ $kind($shape),)+
        }

        /// What happened.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum FactKind {
            $($(#[doc = $doc])+ $kind,)+
        }

        impl Fact {
            /// What happened.
            pub fn kind(&self) -> FactKind {
                match self { $(Self::$kind(_) => FactKind::$kind,)+ }
            }

            /// The partner that is told of it, beside the tenant's own people.
            pub(crate) fn partner(&self) -> Option<PartnerId> {
                match self { $(Self::$kind(data) => data.partner(),)+ }
            }

            /// The data, as JSON. Never a secret.
            pub(crate) fn data(&self) -> Result<serde_json::Value> {
                let data = match self { $(Self::$kind(data) => serde_json::to_value(data),)+ };
                data.map_err(|error| Error::broken(format!("a fact has no JSON: {error}")))
            }
        }

        impl FactKind {
            /// All kinds.
            pub const ALL: &[Self] = &[$(Self::$kind,)+];

            /// Its name in the log, as `deal.closed_won`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)+ }
            }

            /// What happened, in a sentence.
            pub fn about(self) -> &'static str {
                match self { $(Self::$kind => concat!($($doc),+).trim_ascii(),)+ }
            }

            /// The version of its data.
            pub fn version(self) -> i32 {
                match self { $(Self::$kind => $version,)+ }
            }

            /// What it happens to.
            pub fn noun(self) -> Noun {
                match self { $(Self::$kind => Noun::$noun,)+ }
            }

            /// What its data holds.
            pub fn fields(self) -> &'static [Field] {
                match self { $(Self::$kind => <$shape as Shape>::FIELDS,)+ }
            }
        }
    };
}

impl FactKind {
    /// The kind of this name; none where a newer server wrote it.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

/// Hands the catalogue to a macro: for each kind its sentence, its name in this code and
/// in the log, the version of its data, the noun that it happens to, and the shape of its
/// data. Whatever has a word for each kind is made from it.
#[macro_export]
macro_rules! catalogue {
    ($made:ident) => {
        $made! {
            /// A backup was restored: the log continues in another epoch.
            LogRestored "log.restored" 1 Tenant Restored;
            /// The test clock of a sandbox was moved.
            ClockAdvanced "clock.advanced" 1 Tenant ClockMoved;
            /// A person was added.
            PersonAdded "person.added" 1 Person Named;
            /// A key was created.
            ApiKeyCreated "api_key.created" 1 ApiKey ApiKeyData;
            /// A key was revoked.
            ApiKeyRevoked "api_key.revoked" 1 ApiKey ApiKeyData;

            /// A program was created.
            ProgramCreated "program.created" 1 Program Named;
            /// A version of a program's terms was published.
            TermsPublished "terms.published" 1 Terms TermsVersion;
            /// A version of a program's terms came into force and superseded the one before.
            TermsTookEffect "terms.took_effect" 1 Terms TermsNumber;
            /// A version of a program's terms was withdrawn before its date.
            TermsWithdrawn "terms.withdrawn" 1 Terms TermsNotToBe;

            /// A partner was invited into a program.
            PartnerInvited "partner.invited" 1 Partner Invitation;
            /// A partner has all its papers, and can be paid.
            PartnerActivated "partner.activated" 1 Partner Nothing;
            /// A partner was suspended.
            PartnerSuspended "partner.suspended" 1 Partner Nothing;
            /// A suspended partner may work again.
            PartnerResumed "partner.resumed" 1 Partner Nothing;
            /// The person responsible for a partner changed; null: nobody is.
            PartnerAssigned "partner.assigned" 1 Partner Responsibility;
            /// A partner accepted terms.
            AgreementAccepted "agreement.accepted" 1 Agreement Acceptance;
            /// A tax form was filed.
            TaxFormSubmitted "tax_form.submitted" 1 TaxForm FiledForm;
            /// A tax form was approved.
            TaxFormApproved "tax_form.approved" 1 TaxForm OfPartner;
            /// A tax form was rejected.
            TaxFormRejected "tax_form.rejected" 1 TaxForm OfPartner;
            /// A payout method was added.
            PayoutMethodAdded "payout_method.added" 1 PayoutMethod AddedMethod;
            /// A payout method was verified: the partner's payouts go there.
            PayoutMethodVerified "payout_method.verified" 1 PayoutMethod OfPartner;
            /// A payout method was taken out of use.
            PayoutMethodDisabled "payout_method.disabled" 1 PayoutMethod DisabledMethod;

            /// A customer was recorded for the first time.
            AccountCreated "account.created" 1 Account Named;
            /// A domain or an id of a CRM was recorded with a customer.
            AccountIdentified "account.identified" 1 Account Identifier;
            /// A partner registered an opportunity.
            RegistrationSubmitted "registration.submitted" 1 Registration RegistrationData;
            /// A registration was approved: its customer is protected.
            RegistrationApproved "registration.approved" 1 Registration RegistrationDecision;
            /// A registration was turned down.
            RegistrationRejected "registration.rejected" 1 Registration RegistrationDecision;
            /// A registration was given up.
            RegistrationWithdrawn "registration.withdrawn" 1 Registration RegistrationDecision;
            /// The protection of a registration ended before a deal came of it.
            RegistrationExpired "registration.expired" 1 Registration OfPartner;
            /// A registration became a deal.
            RegistrationConverted "registration.converted" 1 Registration OfPartner;

            /// A deal was opened.
            DealOpened "deal.opened" 1 Deal Opening;
            /// A deal was opened although a registration protects its customer.
            DealOpenedDespiteRegistration "deal.opened_despite_registration" 1 Deal Reason;
            /// A deal was moved to another stage.
            DealStageChanged "deal.stage_changed" 1 Deal StageChange;
            /// What a deal is worth was changed.
            DealAmountRevised "deal.amount_revised" 1 Deal AmountChange;
            /// A deal was won.
            DealClosedWon "deal.closed_won" 1 Deal Worth;
            /// A deal was lost.
            DealClosedLost "deal.closed_lost" 1 Deal Reason;
            /// What a won deal has left to collect was written off.
            DealWrittenOff "deal.written_off" 1 Deal Reason;
            /// A partner's part in a deal was recorded.
            InvolvementRecorded "involvement.recorded" 1 Involvement Part;
            /// A partner's part in a deal was confirmed.
            InvolvementConfirmed "involvement.confirmed" 1 Involvement Part;
            /// A partner's part in a deal was declined.
            InvolvementDeclined "involvement.declined" 1 Involvement Part;
            /// The credit of a won deal was settled.
            CreditSettled "credit.settled" 1 Credit Shares;

            /// A customer paid.
            CollectionReceived "collection.received" 1 Collection Payment;
            /// A customer was paid back.
            CollectionRefunded "collection.refunded" 1 Collection Payment;
            /// The total of a commission was computed.
            CommissionApproved "commission.approved" 1 Commission Assessed;
            /// A rule failed: the commission waits until the rule is run again.
            CommissionHeld "commission.held" 1 Commission Fault;
            /// The rule of a held commission is run again.
            CommissionRetried "commission.retried" 1 Commission OfPartner;
            /// Nothing more is expected of a commission.
            CommissionClosed "commission.closed" 1 Commission ClosedCommission;
            /// A part of a commission was released, or with a negative amount taken back.
            EarningReleased "earning.released" 1 Earning Release;

            /// A payout run was proposed; it is prepared next.
            PayoutRunProposed "payout_run.proposed" 1 PayoutRun ProposedRun;
            /// A partner's earnings add up to nothing and are set off against each other.
            PayoutRunEarningsSetOff "payout_run.earnings_set_off" 1 PayoutRun SetOff;
            /// A payout run was prepared: who is paid, and who is not, is known.
            PayoutRunPrepared "payout_run.prepared" 1 PayoutRun PreparedRun;
            /// A payout run was approved: its payouts are sent next.
            PayoutRunApproved "payout_run.approved" 1 PayoutRun ApprovedRun;
            /// The payments of a run that are made by hand were exported.
            PayoutRunExported "payout_run.exported" 1 PayoutRun ExportedRun;
            /// A payout run was stopped: what was not sent is given back next.
            PayoutRunStopped "payout_run.stopped" 1 PayoutRun Nothing;
            /// A stopped run, of which nothing was sent, has given everything back.
            PayoutRunCancelled "payout_run.cancelled" 1 PayoutRun Nothing;
            /// All payouts of a run are settled.
            PayoutRunFinished "payout_run.finished" 1 PayoutRun Nothing;
            /// A payout is being sent: from now on it may have been paid.
            PayoutStarted "payout.started" 1 Payout PayoutMoved;
            /// The rail has a payout, and will say what becomes of it.
            PayoutSent "payout.sent" 1 Payout PayoutMoved;
            /// It is not known whether a payout was made.
            PayoutBecameUnknown "payout.became_unknown" 1 Payout PayoutMoved;
            /// A payout was made.
            PayoutPaid "payout.paid" 1 Payout PayoutMoved;
            /// One attempt at a payout was declined, and paid nothing; another follows.
            PayoutAttemptDeclined "payout.attempt_declined" 1 Payout DeclinedAttempt;
            /// A payout was not made and will not be: its earnings wait for the next run.
            PayoutFailed "payout.failed" 1 Payout PayoutMoved;
            /// A person reported what became of a payout, for another to confirm.
            PayoutOutcomeReported "payout.outcome_reported" 1 Payout ReportedOutcome;
            /// The rail paid what people had settled as failed, or reported as paid otherwise:
            /// it may be paid twice.
            PayoutSecondPaymentDetected "payout.second_payment_detected" 1 Payout LatePayment;

            /// A version of a plugin was published.
            PluginPublished "plugin.published" 1 Plugin PublishedVersion;
            /// An activation of a plugin version was proposed.
            ActivationProposed "activation.proposed" 1 Activation ProposedActivation;
            /// An activation was approved by a second person.
            ActivationApproved "activation.approved" 1 Activation ProposedActivation;
            /// An activation was cancelled before its date.
            ActivationCancelled "activation.cancelled" 1 Activation ProposedActivation;
        }
    };
}

catalogue!(facts);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_named_after_its_noun_in_words_that_every_reader_can_take() {
        for kind in FactKind::ALL {
            let name = kind.name();
            assert_eq!(FactKind::of(name), Some(*kind), "{name} stands once");
            let plain = |c: char| c.is_ascii_lowercase() || matches!(c, '.' | '_');
            assert!(
                name.chars().all(plain) && name.split('.').count() == 2,
                "{name}"
            );
            assert_eq!(
                name.replace('.', "_"),
                snake(&format!("{kind:?}")),
                "{kind:?}"
            );
            assert!(kind.about().ends_with('.'), "{name}");
        }
        assert_eq!(FactKind::of("deal.abandoned"), None);
    }

    /// `DealOpened` as `deal_opened`.
    fn snake(name: &str) -> String {
        let mut text = String::new();
        for c in name.chars() {
            if c.is_ascii_uppercase() && !text.is_empty() {
                text.push('_');
            }
            text.push(c.to_ascii_lowercase());
        }
        text
    }
}
