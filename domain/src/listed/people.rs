//! Lists of programs, the partners in them and their papers.

/// Hands them to a macro, as [`listed`](macro@listed) says.
#[macro_export]
macro_rules! listed_people {
    ($made:ident) => {
        $made! {
            api_key => ApiKey, ApiKeyFilter, ApiKeyOrder, ApiKeyOrderField {
                ids {
                    /// Those of one of these persons.
                    person_id: PersonId, column PersonId;
                    /// Those for one of these partners.
                    partner_id: PartnerId, column PartnerId;
                }
                any {}
                spans {}
                money {}
                order {
                    /// When it was made.
                    CreatedAt: unique Id;
                    /// When it was last changed.
                    UpdatedAt: number UpdatedAt;
                }
            }
            program => Program, ProgramFilter, ProgramOrder, ProgramOrderField {
                ids {}
                any {
                    /// Those in one of these states.
                    state: ProgramState as program::State, column State;
                    /// Those of one of these models.
                    model: ProgramModel as program::ProgramModel, column Model;
                }
                spans {}
                money {}
                order {
                    /// When it was created.
                    CreatedAt: unique Id;
                    /// When it was last changed.
                    UpdatedAt: number UpdatedAt;
                    /// Its name, letter by letter as encoded.
                    Name: text Name;
                }
            }
            terms => Terms, TermsFilter, TermsOrder, TermsOrderField {
                ids {
                    /// Those of one of these programs.
                    program_id: ProgramId, column ProgramId;
                }
                any {
                    /// Those in one of these states.
                    state: TermsState as terms::State, column State;
                }
                spans {}
                money {}
                order {
                    /// When they were published.
                    CreatedAt: unique Id;
                }
            }
            partner => Partner, PartnerFilter, PartnerOrder, PartnerOrderField {
                ids {
                    /// Those that are or were in one of these programs.
                    program_id: ProgramId, by partners_in;
                    /// Those for whom one of these persons is responsible.
                    [staff] responsible_id: PersonId, column ResponsibleId;
                }
                any {
                    /// Those in one of these states.
                    state: PartnerState as partner::State, column State;
                }
                spans {
                    /// Those invited in this span.
                    created_at: number CreatedAt;
                    /// Those last changed in this span.
                    updated_at: number UpdatedAt;
                }
                money {}
                order {
                    /// When it was invited.
                    CreatedAt: unique Id;
                    /// When it was last changed.
                    UpdatedAt: number UpdatedAt;
                    /// Its name, letter by letter as encoded.
                    Name: text Name;
                }
            }
            enrollment => Enrollment, EnrollmentFilter, EnrollmentOrder, EnrollmentOrderField {
                ids {
                    /// Those in one of these programs.
                    program_id: ProgramId, column ProgramId;
                    /// Those of one of these partners.
                    partner_id: PartnerId, column PartnerId;
                }
                any {
                    /// Those in one of these states.
                    state: EnrollmentState as enrollment::State, column State;
                }
                spans {}
                money {}
                order {
                    /// When the partner was invited.
                    CreatedAt: unique Id;
                    /// When it was last changed.
                    UpdatedAt: number UpdatedAt;
                }
            }
            agreement => Agreement, AgreementFilter, AgreementOrder, AgreementOrderField {
                ids {
                    /// Those of one of these partners.
                    partner_id: PartnerId, column PartnerId;
                    /// Those to one of these terms.
                    terms_id: TermsId, column TermsId;
                }
                any {}
                spans {}
                money {}
                order {
                    /// When it was accepted.
                    CreatedAt: unique Id;
                }
            }
            tax_form => TaxForm, TaxFormFilter, TaxFormOrder, TaxFormOrderField {
                ids {
                    /// Those of one of these partners.
                    partner_id: PartnerId, column PartnerId;
                    /// Those of the partners for whom one of these persons is responsible.
                    [staff] responsible_id: PersonId, by tax_forms_of_responsible;
                }
                any {
                    /// Those now in one of these states.
                    state: TaxFormState as tax_form::State, by tax_forms_in;
                }
                spans {}
                money {}
                order {
                    /// When it was submitted.
                    CreatedAt: unique Id;
                    /// When it was last changed.
                    UpdatedAt: number UpdatedAt;
                }
            }
            payout_method => PayoutMethod, PayoutMethodFilter, PayoutMethodOrder, PayoutMethodOrderField {
                ids {
                    /// Those of one of these partners.
                    partner_id: PartnerId, column PartnerId;
                    /// Those of the partners for whom one of these persons is responsible.
                    [staff] responsible_id: PersonId, by payout_methods_of_responsible;
                }
                any {
                    /// Those in one of these states.
                    state: PayoutMethodState as payout_method::State, column State;
                }
                spans {}
                money {}
                order {
                    /// When it was added.
                    CreatedAt: unique Id;
                    /// When it was last changed.
                    UpdatedAt: number UpdatedAt;
                }
            }
        }
    };
}
