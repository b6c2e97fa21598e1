//! Lists of customers, deals and what happens to them.

/// Hands them to a macro, as [`listed`](macro@listed) says.
#[macro_export]
macro_rules! listed_deals {
    ($made:ident) => {
        $made! {
            account => Account, AccountFilter, AccountOrder, AccountOrderField {
                ids {}
                any {
                    /// Those known by one of these domains. Not for a partner's key.
                    [staff] domain: String as String, by accounts_with_domain;
                    /// Those known by one of these ids of your CRM. Not for a partner's key.
                    [staff] crm_id: String as String, by accounts_with_crm_id;
                }
                spans {
                    /// Those first heard of in this span. Not for a partner's key.
                    [staff] created_at: number CreatedAt;
                }
                money {}
                order {
                    /// When it was first heard of. For a partner's key the order means nothing.
                    [unknown] CreatedAt: unique CreatedPosition;
                    /// Its name, letter by letter as encoded. Not for a partner's key.
                    [staff] Name: text Name;
                }
            }
            registration => Registration, RegistrationFilter, RegistrationOrder, RegistrationOrderField {
                ids {
                    /// Those in one of these programs.
                    program_id: ProgramId, column ProgramId;
                    /// Those of one of these partners.
                    partner_id: PartnerId, column PartnerId;
                    /// Those of the partners for whom one of these persons is responsible.
                    [staff] responsible_id: PersonId, by registrations_of_responsible;
                    /// Those of one of these customers.
                    account_id: AccountId, column AccountId;
                }
                any {
                    /// Those now in one of these states.
                    state: RegistrationState as registration::State, by registrations_in;
                }
                spans {
                    /// Those that came in in this span.
                    submitted_at: number SubmittedAt;
                    /// Those last changed in this span. Protection that ends changes none.
                    updated_at: number UpdatedAt;
                    /// Those whose protection ends in this span.
                    protected_until: optional ProtectedUntil;
                }
                money {}
                order {
                    /// When it came in.
                    CreatedAt: unique Id;
                    /// When it was last changed.
                    UpdatedAt: number UpdatedAt;
                    /// When its protection ends; those without one last.
                    ProtectedUntil: optional ProtectedUntil;
                }
            }
            deal => Deal, DealFilter, DealOrder, DealOrderField {
                ids {
                    /// Those in one of these programs.
                    program_id: ProgramId, column ProgramId;
                    /// Those that one of these partners has a part in.
                    partner_id: PartnerId, by with_partners;
                    /// Those with one of these customers.
                    account_id: AccountId, column AccountId;
                }
                any {
                    /// Those in one of these states.
                    state: DealState as deal::State, column State;
                    /// Those at one of these stages, in your own words.
                    stage: String as String, column Stage;
                }
                spans {
                    /// Those opened in this span. Not for a partner's key.
                    [staff] opened_at: number OpenedAt;
                    /// Those won or lost in this span.
                    closed_at: optional ClosedAt;
                    /// Those last changed in this span. Not for a partner's key.
                    [staff] updated_at: number UpdatedAt;
                }
                money { AmountMinor Currency }
                order {
                    /// When it was opened. For a partner's key the order means nothing.
                    [unknown] CreatedAt: unique OpenedPosition;
                    /// When it was last changed. Not for a partner's key.
                    [staff] UpdatedAt: number UpdatedAt;
                    /// When it was won or lost; open ones last.
                    ClosedAt: optional ClosedAt;
                    /// What it is worth: by currency, then by amount.
                    Amount: text Currency number AmountMinor;
                }
            }
            involvement => Involvement, InvolvementFilter, InvolvementOrder, InvolvementOrderField {
                ids {
                    /// Those in one of these deals.
                    deal_id: DealId, column DealId;
                    /// Those of one of these partners.
                    partner_id: PartnerId, column PartnerId;
                    /// Those of the partners for whom one of these persons is responsible.
                    [staff] responsible_id: PersonId, by involvements_of_responsible;
                }
                any {
                    /// Those in one of these states.
                    state: InvolvementState as involvement::State, column State;
                }
                spans {
                    /// Those last changed in this span.
                    updated_at: number UpdatedAt;
                }
                money {}
                order {
                    /// When it was recorded.
                    CreatedAt: unique Id;
                    /// When it was last changed.
                    UpdatedAt: number UpdatedAt;
                }
            }
            collection => Collection, CollectionFilter, CollectionOrder, CollectionOrderField {
                ids {
                    /// Those on one of these deals.
                    deal_id: DealId, column DealId;
                }
                any {
                    /// Those with one of these references of yours. Not for a partner's key.
                    [staff] reference: String as String, column Reference;
                }
                spans {
                    /// Those received in this span. Not for a partner's key.
                    [staff] received_at: number ReceivedAt;
                }
                money { AmountMinor Currency }
                order {
                    /// When it was recorded.
                    CreatedAt: unique Id;
                    /// How much it is: by currency, then by amount.
                    Amount: text Currency number AmountMinor;
                }
            }
        }
    };
}
