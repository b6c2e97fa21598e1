//! A tenant at work with no server in between: the verbs themselves, for
//! stories that need many steps, or a rail of their own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rust_decimal::Decimal;
use tributary_domain::access::Role;
use tributary_domain::clock::Moment;
use tributary_domain::commission::collections::{self, Direction, NewCollection};
use tributary_domain::database::Database;
use tributary_domain::deal::accounts::NewAccount;
use tributary_domain::deal::deals::{self, NewDeal};
use tributary_domain::deal::decisions;
use tributary_domain::deal::involvements::{self, NewInvolvement};
use tributary_domain::deal::outcomes;
use tributary_domain::entity::credit_share::Role as CreditRole;
use tributary_domain::entity::involvement::Kind;
use tributary_domain::entity::program::ProgramModel;
use tributary_domain::entity::{
    Owned, collection, commission, earning, payout, program, tax_form, tenant, terms,
};
use tributary_domain::error::Result;
use tributary_domain::ids::{DealId, PartnerId, TenantId};
use tributary_domain::money::{Currency, Money};
use tributary_domain::partner::paperwork::{self, Signature};
use tributary_domain::partner::partners;
use tributary_domain::partner::payout_methods;
use tributary_domain::program::programs;
use tributary_domain::program::terms as published;
use tributary_domain::program::terms::{Formula, NewRule, NewTerms};
use tributary_domain::rail::Rail;
use tributary_domain::reads;
use tributary_domain::rule::kinds::percentage;
use tributary_domain::scope::{Engine, Scope};
use tributary_domain::tenant::tenants;

use crate::support::db::POOL;
use crate::support::world::World;

pub use crate::support::operator::{person, scope, works};

/// A sandbox tenant on 5 January 2026, and two of its people.
pub struct Office {
    /// What everybody works with.
    pub engine: Engine,
    /// The tenant.
    pub tenant: TenantId,
    /// An owner, who proposes.
    pub ada: Scope,
    /// Another person, who approves.
    pub ben: Scope,
    /// A third, who verifies what others file.
    pub cleo: Scope,
    /// The program.
    pub program: program::Model,
    /// Its terms.
    pub terms: terms::Model,
    keys: AtomicU32,
}

/// A part of the deal's amount for a role, up to a cap in minor units.
pub fn percentage(role: CreditRole, rate: &str, cap: Option<Money>) -> NewRule {
    let rate: Decimal = rate.parse().unwrap();
    let formula = Formula::Percentage(percentage::Formula {
        rate: rate.into(),
        cap: cap.map(Into::into),
    });
    NewRule { role, formula }
}

/// A currency by its code.
pub fn currency(code: &str) -> Currency {
    code.parse().unwrap()
}

impl Office {
    /// An office over the story's database, whose money leaves over `rail`.
    pub async fn open(world: &World, rail: Arc<dyn Rail>) -> Self {
        let usual = vec![
            percentage(CreditRole::Sourced, "10", None),
            percentage(
                CreditRole::Influenced,
                "2",
                Some(Money::new(200_000, Currency::USD)),
            ),
        ];
        Self::with_rules(world, rail, Currency::USD, usual).await
    }

    /// The same in another currency and under other rules.
    pub async fn with_rules(
        world: &World,
        rail: Arc<dyn Rail>,
        currency: Currency,
        rules: Vec<NewRule>,
    ) -> Self {
        let base = &world.server.engine;
        let (db, calculator) = (base.db.clone(), base.calculator.clone());
        let engine = Engine::new(
            db,
            calculator,
            vec![rail],
            base.clock.clone(),
            base.keyring.clone(),
        );
        let clock = Moment::parse("2026-01-05T09:00:00Z");
        let kind = tenant::Kind::Sandbox;
        let tenant = tenants::create(&engine, "Acme Cloud", kind, clock)
            .await
            .unwrap()
            .id;
        let ada = person(&engine, tenant, "Ada", Role::Owner, None).await;
        let ben = person(&engine, tenant, "Ben", Role::Finance, None).await;
        let cleo = person(&engine, tenant, "Cleo", Role::Manager, None).await;
        let model = ProgramModel::Referral;
        let program = programs::create(&ada, "program", "Acme Referral", model, currency)
            .await
            .unwrap();
        let terms = published::publish(&ada, "terms", program.id, terms_with(currency, rules));
        let terms = terms.await.unwrap();
        Self {
            engine,
            tenant,
            ada,
            ben,
            cleo,
            program,
            terms,
            keys: AtomicU32::new(0),
        }
    }

    /// The same office where its database was restored, with what is there alone.
    pub async fn over(&self, database: &str, rail: Arc<dyn Rail>) -> Self {
        let base = &self.engine;
        let engine = Engine::new(
            Database::connect(database, POOL).await.unwrap(),
            base.calculator.clone(),
            vec![rail],
            base.clock.clone(),
            base.keyring.clone(),
        );
        let tenant = self.tenant;
        Self {
            ada: person(&engine, tenant, "Ada", Role::Owner, None).await,
            ben: person(&engine, tenant, "Ben", Role::Finance, None).await,
            cleo: person(&engine, tenant, "Cleo", Role::Manager, None).await,
            engine,
            tenant,
            program: self.program.clone(),
            terms: self.terms.clone(),
            keys: AtomicU32::new(1_000),
        }
    }

    /// The terms are published once more, with the same words.
    pub async fn publishes_again(&mut self) {
        let rules = vec![percentage(CreditRole::Sourced, "10", None)];
        self.publishes(rules).await;
    }

    /// The terms are published once more, with other rules.
    pub async fn publishes(&mut self, rules: Vec<NewRule>) {
        let new = terms_with(self.program.currency, rules);
        let key = self.key();
        self.terms = published::publish(&self.ada, &key, self.program.id, new)
            .await
            .unwrap();
    }

    /// Somebody of a partner's own.
    pub async fn speaks_for(&self, partner: PartnerId) -> Scope {
        person(
            &self.engine,
            self.tenant,
            "Sam",
            Role::Partner,
            Some(partner),
        )
        .await
    }

    /// A key that was not used before.
    pub fn key(&self) -> String {
        format!("office-{}", self.keys.fetch_add(1, Ordering::Relaxed))
    }

    /// Minor units in the program's currency.
    pub fn money(&self, minor: i64) -> Money {
        Money::new(minor, self.program.currency)
    }

    /// A partner that lacks nothing.
    pub async fn partner(&self, name: &str) -> PartnerId {
        let partner = self.invites(name).await;
        self.accepts(partner).await;
        self.files(partner, tax_form::Kind::W9).await;
        self.adds_method(partner, name).await;
        partner
    }

    /// A partner that has done nothing yet.
    pub async fn invites(&self, name: &str) -> PartnerId {
        partners::invite(&self.ada, &self.key(), name, self.program.id, None, None)
            .await
            .unwrap()
            .id
    }

    /// The partner accepts the terms.
    pub async fn accepts(&self, partner: PartnerId) {
        let signature = Signature {
            signer_name: "Sam Signer".to_owned(),
            signer_authority: "Managing director".to_owned(),
            act: "clicked \"I agree\"".to_owned(),
        };
        let (terms, digest) = (self.terms.id, &self.terms.document_digest);
        paperwork::accept_agreement(&self.ada, None, partner, terms, digest, signature)
            .await
            .unwrap();
    }

    /// The partner's tax form is filed and approved.
    pub async fn files(&self, partner: PartnerId, kind: tax_form::Kind) {
        let key = self.key();
        let form = paperwork::submit_tax_form(&self.ada, &key, partner, kind, "12-3456789", "Sam");
        let form = form.await.unwrap();
        let decided = paperwork::decide_tax_form(&self.cleo, None, form.id, None);
        decided.await.unwrap();
    }

    /// The partner's payout method is added and verified; earlier ones are
    /// thereby disabled.
    pub async fn adds_method(&self, partner: PartnerId, destination: &str) {
        let rail = self.engine.rails[0].name();
        let key = self.key();
        let method = payout_methods::add(&self.ada, &key, partner, rail, destination);
        let method = method.await.unwrap();
        payout_methods::verify(&self.cleo, None, method.id)
            .await
            .unwrap();
    }

    /// An open deal with an account of its own, sourced and influenced.
    pub async fn deal(&self, minor: i64, source: PartnerId, others: &[PartnerId]) -> DealId {
        let deal = self.open_deal(minor).await;
        self.involves(deal, source, CreditRole::Sourced).await;
        for &other in others {
            self.involves(deal, other, CreditRole::Influenced).await;
        }
        deal
    }

    /// An open deal with an account of its own, in which nobody has a part.
    pub async fn open_deal(&self, minor: i64) -> DealId {
        let key = self.key();
        let account = NewAccount {
            name: format!("Customer {key}"),
            domain: format!("{key}.example"),
            crm_id: None,
        };
        let new = NewDeal {
            name: "A deal".to_owned(),
            amount: self.money(minor).into(),
            stage: "Qualified".to_owned(),
            external_id: None,
        };
        deals::open(&self.ada, &key, self.program.id, account, new, None)
            .await
            .unwrap()
            .id
    }

    async fn involves(&self, deal: DealId, partner: PartnerId, role: CreditRole) {
        self.involves_through(&self.ada, deal, partner, role).await;
    }

    /// Somebody records a partner's part in a deal and confirms it.
    pub async fn involves_through(
        &self,
        scope: &Scope,
        deal: DealId,
        partner: PartnerId,
        role: CreditRole,
    ) {
        let new = NewInvolvement {
            deal: deal.into(),
            partner: partner.into(),
            role,
            kind: Kind::Introduced,
            evidence: "minutes of the meeting".to_owned(),
            occurred_at: None,
        };
        let involvement = involvements::record(scope, &self.key(), new).await.unwrap();
        decisions::decide(scope, &self.key(), involvement.id, None)
            .await
            .unwrap();
    }

    /// The deal is won.
    pub async fn wins(&self, deal: DealId) {
        outcomes::win(&self.ada, &self.key(), deal, None)
            .await
            .unwrap();
    }

    /// The customer pays, or with a negative amount is paid back.
    pub async fn collects(&self, deal: DealId, minor: i64) -> Result<collection::Model> {
        let direction = if minor >= 0 {
            Direction::Received
        } else {
            Direction::Refunded
        };
        let amount = self.money(minor.abs());
        let new = NewCollection {
            deal: deal.into(),
            direction,
            amount: amount.into(),
            received_at: None,
            reference: None,
            external_id: None,
        };
        collections::record(&self.ada, &self.key(), new).await
    }

    /// A deal that is won and paid in full.
    pub async fn paid_deal(&self, minor: i64, source: PartnerId) -> DealId {
        let deal = self.deal(minor, source, &[]).await;
        self.wins(deal).await;
        self.collects(deal, minor).await.unwrap();
        deal
    }

    /// What the tenant's clock shows.
    pub async fn now(&self) -> Moment {
        let looks = self.engine.system(self.tenant).await.unwrap();
        reads::tenant(&looks).await.unwrap().clock_at.unwrap()
    }

    /// So many days pass.
    pub async fn days_pass(&self, days: i32) {
        let now = self.now().await;
        tenants::advance_clock(&self.ada, None, now.plus_days(days))
            .await
            .unwrap();
    }

    /// All earnings, oldest first.
    pub async fn earnings(&self) -> Vec<earning::Model> {
        let mut rows = self.all::<earning::Entity>().await;
        rows.sort_by_key(|row| row.position);
        rows
    }

    /// What a partner earned, oldest first, in minor units.
    pub async fn earned(&self, partner: PartnerId) -> Vec<i64> {
        let rows = self
            .earnings()
            .await
            .into_iter()
            .filter(|row| row.partner_id == partner);
        rows.map(|row| row.amount_minor).collect()
    }

    /// All commissions of a deal.
    pub async fn commissions(&self, deal: DealId) -> Vec<commission::Model> {
        let rows = self.all::<commission::Entity>().await;
        rows.into_iter().filter(|row| row.deal_id == deal).collect()
    }

    /// All payouts.
    pub async fn payouts(&self) -> Vec<payout::Model> {
        self.all::<payout::Entity>().await
    }

    /// All rows of a noun, looked up behind everybody's back.
    pub async fn all<E: Owned>(&self) -> Vec<E::Model> {
        let looks = self.engine.system(self.tenant).await.unwrap();
        E::of(self.tenant)
            .all(&looks.read().await.unwrap())
            .await
            .unwrap()
    }
}

/// Terms with a hold of 30 days and a minimum of 100.00, where a unit has cents.
pub fn terms_with(currency: Currency, rules: Vec<NewRule>) -> NewTerms {
    NewTerms {
        effective_at: None,
        agreement_text: "Be fair.".to_owned(),
        protection_days: 90,
        auto_approve: true,
        hold_days: 30,
        credit_decision_days: 30,
        payout_minimum: Money::new(10_000, currency).into(),
        commission_cap_percent: Decimal::ONE_HUNDRED.into(),
        rules,
    }
}
