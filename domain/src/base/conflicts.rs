//! The rules of state that a command can run into.

/// Hands them to a macro: for each a sentence, its name in this code, and the code by which
/// every way into the program tells it.
#[macro_export]
macro_rules! conflicts {
    ($made:ident) => {
        $made! {
            /// It is not in a state from which this can be done.
            WrongState "WRONG_STATE";
            /// The program has no terms in force.
            ProgramNotOpen "PROGRAM_NOT_OPEN";
            /// Other terms of the program wait for their date; `ids` names them.
            TermsScheduled "TERMS_SCHEDULED";
            /// The partner does not take part in the program.
            NotEnrolled "NOT_ENROLLED";
            /// The partner has not accepted the terms; it does so first.
            AgreementNeeded "AGREEMENT_NEEDED";
            /// Another registration protects the account.
            AccountProtected "ACCOUNT_PROTECTED";
            /// The deal is won already.
            AlreadyWon "ALREADY_WON";
            /// The deal is lost.
            DealLost "DEAL_LOST";
            /// Nobody has decided on parts in the deal; `ids` are the involvements.
            InvolvementUndecided "INVOLVEMENT_UNDECIDED";
            /// An approved registration of the deal's customer has no deal; `ids` names it.
            RegistrationUnlinked "REGISTRATION_UNLINKED";
            /// Another thing of its noun has this external id; `ids` names it.
            ExternalIdTaken "EXTERNAL_ID_TAKEN";
            /// There are as many of them as there may be; the message says how many.
            LimitReached "LIMIT_REACHED";
            /// More would be refunded than was collected.
            RefundExceedsCollected "REFUND_EXCEEDS_COLLECTED";
            /// A second person has to approve.
            SecondPersonNeeded "SECOND_PERSON_NEEDED";
            /// Nobody has anything to be paid.
            NothingToPay "NOTHING_TO_PAY";
            /// Another run of the program is not finished.
            RunInProgress "RUN_IN_PROGRESS";
            /// The version does not accept what rules are configured with; `ids` are the
            /// rules.
            ConfigurationRefused "CONFIGURATION_REFUSED";
            /// Only sandbox tenants have a test clock.
            NotSandbox "NOT_SANDBOX";
            /// The test clock cannot go back.
            ClockBackwards "CLOCK_BACKWARDS";
            /// Nothing was put to the upload yet. One that has expired is not found.
            UploadNotReady "UPLOAD_NOT_READY";
            /// The server is too busy to run a rule. Nothing is wrong: try again.
            SandboxBusy "SANDBOX_BUSY";
        }
    };
}

macro_rules! declared {
    ($($(#[$about:meta])* $name:ident $code:literal;)*) => {
        /// Why the present state forbids a command.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Conflict {
            $($(#[$about])* $name,)*
        }

        impl Conflict {
            /// The code by which every way into the program tells it.
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)*
                }
            }
        }
    };
}

crate::conflicts!(declared);
