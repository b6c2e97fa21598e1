//! What customers pay.

use async_graphql::{Context, Description, ID, InputObject, Object};
use tributary_domain::commission::collections::{self, Direction, NewCollection};
use tributary_domain::entity::collection;
use tributary_domain::error::Result;
use tributary_domain::ids::Noun;
use tributary_domain::kernel::external_ids::Subject;
use tributary_domain::scope::Scope;

use crate::context::{RequestExt, given, wraps};
use crate::deal::deals::Deal;
use crate::error::{ApiResult, commands};
use crate::lists::root_lists;
use crate::loaders::ExternalId;
use crate::scalars::{DateTime, Money, MoneyInput};
use crate::tenant::actors::Actor;

/// Money received from the customer, or refunded.
#[derive(Description)]
pub struct Collection(pub collection::Model);
wraps!(Collection, collection::Model);

#[Object(use_type_description)]
impl Collection {
    /// Its id, `col_…`.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Its id in the tenant's own system; null where it has none, and for a partner's key.
    async fn external_id(&self, ctx: &Context<'_>) -> ApiResult<Option<String>> {
        ctx.loaders()
            .one(ExternalId(Subject::Collection(self.0.id)))
            .await
    }

    /// The deal that the customer paid for. Null only where its look-up fails.
    async fn deal(&self, ctx: &Context<'_>) -> ApiResult<Option<Deal>> {
        Ok(ctx.loaders().one(self.0.deal_id).await?.map(Deal))
    }

    /// How much, in the deal's currency. A refund is negative.
    async fn amount(&self) -> Money {
        Money::minor(self.0.amount_minor, self.0.currency)
    }

    /// When the money moved.
    async fn received_at(&self) -> DateTime {
        DateTime(self.0.received_at)
    }

    /// When it was recorded.
    async fn recorded_at(&self) -> DateTime {
        DateTime(self.0.recorded_at)
    }

    /// Who recorded it. Null for a partner's key.
    async fn recorded_by(&self) -> Option<Actor> {
        Actor::shown(self.0.recorded_by)
    }

    /// The tenant's own reference, as an invoice number; null where none was
    /// given, and for a partner's key.
    async fn reference(&self) -> Option<&str> {
        self.0.reference.as_deref()
    }
}

root_lists! {
    /// Reading collections.
    CollectionQueries {
        /// What customers paid and were refunded, as far as the key may see it, oldest first.
        collections: Collection;
    }
}

/// A customer's payment to record.
#[derive(InputObject)]
pub struct RecordCollectionInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. Repeating a
    /// command with the same key and arguments returns its first result. A command that
    /// changed nothing keeps no key.
    idempotency_key: String,
    /// The deal; not a lost one.
    deal_id: ID,
    /// How much came in: more than zero, in the deal's currency.
    amount: MoneyInput,
    /// When the money arrived; not in the future. Now, if not given.
    received_at: Option<DateTime>,
    /// The tenant's own reference, 1 to 200 characters.
    reference: Option<String>,
    /// Its id in your own system, 1 to 200 characters. No two collections share one.
    external_id: Option<String>,
}

impl RecordCollectionInput {
    async fn run(self, scope: &Scope) -> Result<collection::Model> {
        let moved = Moved {
            direction: Direction::Received,
            deal: self.deal_id,
            amount: self.amount,
            at: self.received_at,
            reference: self.reference,
            external_id: self.external_id,
        };
        collections::record(scope, &self.idempotency_key, moved.read()).await
    }
}

/// A refund to record.
#[derive(InputObject)]
pub struct RecordRefundInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. Repeating a
    /// command with the same key and arguments returns its first result. A command that
    /// changed nothing keeps no key.
    idempotency_key: String,
    /// The deal.
    deal_id: ID,
    /// How much was paid back: more than zero, in the deal's currency, and not
    /// more than was collected.
    amount: MoneyInput,
    /// When the money was paid back; not in the future. Now, if not given.
    refunded_at: Option<DateTime>,
    /// The tenant's own reference, 1 to 200 characters.
    reference: Option<String>,
    /// Its id in your own system, 1 to 200 characters. No two collections share one.
    external_id: Option<String>,
}

impl RecordRefundInput {
    async fn run(self, scope: &Scope) -> Result<collection::Model> {
        let moved = Moved {
            direction: Direction::Refunded,
            deal: self.deal_id,
            amount: self.amount,
            at: self.refunded_at,
            reference: self.reference,
            external_id: self.external_id,
        };
        collections::record(scope, &self.idempotency_key, moved.read()).await
    }
}

/// Money that moved either way.
struct Moved {
    direction: Direction,
    deal: ID,
    amount: MoneyInput,
    at: Option<DateTime>,
    reference: Option<String>,
    external_id: Option<String>,
}

impl Moved {
    fn read(self) -> NewCollection {
        NewCollection {
            deal: given(Noun::Deal, "dealId", &self.deal),
            direction: self.direction,
            amount: self.amount.read("amount"),
            received_at: self.at.map(|at| at.0),
            reference: self.reference,
            external_id: self.external_id,
        }
    }
}

commands! {
    /// Recording what customers pay.
    CollectionMutations {
        /// Records what the customer paid on a deal, and releases earnings in
        /// proportion. Before the deal is won the money is kept and releases
        /// nothing.
        record_collection(RecordCollectionInput, "The payment.") needs CollectionRecord ->
        /// Result of `recordCollection`.
        RecordCollectionPayload {
            /// The collection; null where nothing was recorded.
            collection: Collection
        }

        /// Records what the customer was paid back, and takes earnings back in
        /// proportion: what a partner was paid already is set off against its next
        /// payout.
        record_refund(RecordRefundInput, "The refund.") needs CollectionRecord ->
        /// Result of `recordRefund`.
        RecordRefundPayload {
            /// The refund, a collection with a negative amount; null where nothing was
            /// recorded.
            collection: Collection
        }
    }
}
