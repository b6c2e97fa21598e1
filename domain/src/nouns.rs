//! The one list of nouns that have an id. Ids, look-up by id, `node` and the loaders of
//! the API are made from it.

/// Hands the nouns to a macro: for each a sentence, the type of its ids, their prefix, its
/// name in this code and in a sentence, how its UUIDs are made, and the module of its
/// entity. First those that anybody may look up by their id, as far as they see them; then
/// those that are found otherwise.
#[macro_export]
macro_rules! nouns {
    ($made:ident) => {
        $made! {
            {
                /// A key that a person or a service signs requests with.
                ApiKeyId "key" ApiKey "API key" now_v7 api_key;
                /// A human being who works for the tenant or for a partner.
                PersonId "per" Person "person" now_v7 person;
                /// Terms under which partners work.
                ProgramId "prg" Program "program" now_v7 program;
                /// One immutable version of a program's terms.
                TermsId "trm" Terms "terms" now_v7 terms;
                /// An organisation.
                PartnerId "prt" Partner "partner" now_v7 partner;
                /// A partner in a program.
                EnrollmentId "enr" Enrollment "enrollment" now_v7 enrollment;
                /// A partner's acceptance of one terms version.
                AgreementId "agr" Agreement "agreement" now_v7 agreement;
                /// A tax form.
                TaxFormId "tax" TaxForm "tax form" now_v7 tax_form;
                /// Where a partner is paid.
                PayoutMethodId "pmt" PayoutMethod "payout method" now_v7 payout_method;
                /// A customer company, actual or prospective.
                AccountId "acc" Account "account" new_v4 account;
                /// What a partner registers before it works an opportunity.
                RegistrationId "reg" Registration "registration" now_v7 registration;
                /// An opportunity.
                DealId "del" Deal "deal" new_v4 deal;
                /// One partner's part in one deal.
                InvolvementId "inv" Involvement "involvement" now_v7 involvement;
                /// The settled answer to who gets what part of a deal.
                CreditId "crd" Credit "credit" now_v7 credit;
                /// Money received from, or refunded to, the customer.
                CollectionId "col" Collection "collection" now_v7 collection;
                /// How credit becomes money.
                RuleId "rul" Rule "rule" now_v7 rule;
                /// A partner's entitlement on one deal under one rule.
                CommissionId "com" Commission "commission" now_v7 commission;
                /// An amount of a commission released or taken back by one collection.
                EarningId "ern" Earning "earning" now_v7 earning;
                /// One line of the ledger.
                EntryId "ent" Entry "ledger entry" now_v7 entry;
                /// A batch of payouts.
                PayoutRunId "run" PayoutRun "payout run" now_v7 payout_run;
                /// One partner, one currency, one run.
                PayoutId "pay" Payout "payout" now_v7 payout;
                /// A tenant's rule in WebAssembly.
                PluginId "plg" Plugin "plugin" now_v7 plugin;
                /// One build of a plugin, known by the digest of its bytes.
                PluginVersionId "plv" PluginVersion "plugin version" now_v7 plugin_version;
                /// From when a plugin version decides.
                ActivationId "act" Activation "activation" now_v7 activation;
                /// The receipt of one rule run.
                EvaluationId "evl" Evaluation "evaluation" now_v7 evaluation;
            }
            {
                /// A company running programs here.
                TenantId "ten" Tenant "tenant" now_v7 tenant;
                /// A staged file waiting to be published.
                UploadId "upl" Upload "upload" now_v7 upload;
                /// One fact in a tenant's log.
                EventId "evt" Event "event" now_v7 event;
            }
        }
    };
}
