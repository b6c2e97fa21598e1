//! Lists of money, and the plugins that decide on it.

/// Hands them to a macro, as [`listed`](macro@listed) says.
#[macro_export]
macro_rules! listed_money {
    ($made:ident) => {
        $made! {
            commission => Commission, CommissionFilter, CommissionOrder, CommissionOrderField {
                ids {
                    /// Those on one of these deals.
                    deal_id: DealId, column DealId;
                    /// Those of one of these partners.
                    partner_id: PartnerId, column PartnerId;
                    /// Those of the partners for whom one of these persons is responsible.
                    [staff] responsible_id: PersonId, by commissions_of_responsible;
                    /// Those under one of these rules.
                    rule_id: RuleId, column RuleId;
                }
                any {
                    /// Those in one of these states.
                    state: CommissionState as commission::State, column State;
                }
                spans {
                    /// Those last changed in this span.
                    updated_at: number UpdatedAt;
                }
                money { TotalMinor Currency }
                order {
                    /// When the deal was won.
                    CreatedAt: unique Id;
                    /// When it was last changed.
                    UpdatedAt: number UpdatedAt;
                    /// Its total: by currency, then by amount; in each
                    /// currency those without one as if larger than all.
                    Amount: text Currency optional TotalMinor;
                }
            }
            earning => Earning, EarningFilter, EarningOrder, EarningOrderField {
                ids {
                    /// Those of one of these partners.
                    partner_id: PartnerId, column PartnerId;
                    /// Those of one of these programs.
                    program_id: ProgramId, column ProgramId;
                    /// Those on one of these deals.
                    deal_id: DealId, column DealId;
                    /// Those of one of these commissions.
                    commission_id: CommissionId, column CommissionId;
                    /// Those in one of these payouts.
                    payout_id: PayoutId, column PayoutId;
                }
                any {
                    /// Those now in one of these states.
                    state: EarningState as earning::Standing, by earnings_in;
                }
                spans {
                    /// Those whose hold ends in this span.
                    payable_at: number PayableAt;
                    /// Those released in this span.
                    created_at: number CreatedAt;
                }
                money { AmountMinor Currency }
                order {
                    /// When it was released.
                    CreatedAt: unique Id;
                    /// When it was last changed.
                    UpdatedAt: number UpdatedAt;
                    /// When its hold ends.
                    PayableAt: number PayableAt;
                    /// How much it is: by currency, then by amount.
                    Amount: text Currency number AmountMinor;
                }
            }
            payout_run => PayoutRun, PayoutRunFilter, PayoutRunOrder, PayoutRunOrderField {
                ids {
                    /// Those of one of these programs.
                    program_id: ProgramId, column ProgramId;
                }
                any {
                    /// Those in one of these states.
                    state: PayoutRunState as payout_run::State, column State;
                }
                spans {
                    /// Those proposed in this span.
                    proposed_at: number ProposedAt;
                }
                money {}
                order {
                    /// When it was proposed.
                    CreatedAt: unique Id;
                    /// When it was last changed.
                    UpdatedAt: number UpdatedAt;
                }
            }
            payout => Payout, PayoutFilter, PayoutOrder, PayoutOrderField {
                ids {
                    /// Those in one of these runs.
                    run_id: PayoutRunId, column RunId;
                    /// Those of one of these partners.
                    partner_id: PartnerId, column PartnerId;
                    /// Those of the partners for whom one of these persons is responsible.
                    [staff] responsible_id: PersonId, by payouts_of_responsible;
                    /// Those over one of these payout methods.
                    method_id: PayoutMethodId, column MethodId;
                }
                any {
                    /// Those in one of these states.
                    state: PayoutState as payout::State, column State;
                }
                spans {
                    /// Those paid or failed in this span.
                    settled_at: optional SettledAt;
                    /// Those last changed in this span.
                    updated_at: number UpdatedAt;
                }
                money { AmountMinor Currency }
                order {
                    /// When its run was proposed.
                    CreatedAt: unique Id;
                    /// When it was last changed.
                    UpdatedAt: number UpdatedAt;
                    /// When it was paid or failed; others last.
                    SettledAt: optional SettledAt;
                    /// How much it is: by currency, then by amount.
                    Amount: text Currency number AmountMinor;
                }
            }
            entry => LedgerEntry, LedgerEntryFilter, LedgerEntryOrder, LedgerEntryOrderField {
                ids {
                    /// Those of one of these partners.
                    partner_id: PartnerId, column PartnerId;
                }
                any {
                    /// Those on one of these accounts.
                    account: LedgerAccount as entry::LedgerAccount, column Account;
                }
                spans {}
                money {}
                order {
                    /// When it was posted.
                    CreatedAt: unique Id;
                }
            }
            plugin => Plugin, PluginFilter, PluginOrder, PluginOrderField {
                ids {}
                any {
                    /// Those with one of these names.
                    name: String as String, column Name;
                }
                spans {}
                money {}
                order {
                    /// When its first version was published.
                    CreatedAt: unique Id;
                    /// Its name, letter by letter as encoded.
                    Name: text Name;
                }
            }
            plugin_version => PluginVersion, PluginVersionFilter, PluginVersionOrder, PluginVersionOrderField {
                ids {
                    /// Those of one of these plugins.
                    plugin_id: PluginId, column PluginId;
                }
                any {
                    /// Those in one of these states.
                    state: PluginVersionState as plugin_version::State, column State;
                }
                spans {}
                money {}
                order {
                    /// When it was published.
                    CreatedAt: unique Id;
                    /// When it was last changed.
                    UpdatedAt: number UpdatedAt;
                }
            }
            activation => Activation, ActivationFilter, ActivationOrder, ActivationOrderField {
                ids {
                    /// Those of one of these plugins.
                    plugin_id: PluginId, column PluginId;
                }
                any {
                    /// Those in one of these states.
                    state: ActivationState as activation::State, column State;
                }
                spans {
                    /// Those in force from a time in this span.
                    effective_at: number EffectiveAt;
                }
                money {}
                order {
                    /// When it was proposed.
                    CreatedAt: unique Id;
                    /// When it was last changed.
                    UpdatedAt: number UpdatedAt;
                }
            }
        }
    };
}
