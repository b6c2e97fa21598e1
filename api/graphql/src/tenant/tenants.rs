//! Tenants, keys and the clock of a sandbox.

use async_graphql::{Context, Description, Enum, ID, InputObject, Object, SimpleObject};
use tributary_domain::access::Permission;
use tributary_domain::entity::{api_key, person, tenant};
use tributary_domain::error::Result;
use tributary_domain::ids::Noun;
use tributary_domain::scope::Scope;
use tributary_domain::tenant::keys::{self, KeyPurpose};
use tributary_domain::tenant::{positions, tenants};

use crate::connections::Connection;
use crate::context::{RequestExt, given, wraps};
use crate::error::{ApiResult, UserError, into_user_errors, nullable, payload};
use crate::lists::{ApiKeyFilter, ApiKeyOrder};
use crate::pages::{self, Arguments, Paged};
use crate::partner::partners::Partner;
use crate::scalars::{DateTime, Position};
use crate::tenant::actors::Actor;
use crate::tenant::roles::Role;
use crate::tenant::viewer::Viewer;
use crate::tenant::viewer::needs;

/// Whether a tenant's money is real.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "tenant::Kind")]
pub enum TenantKind {
    /// Real money, on the machine's clock.
    Live,
    /// No real money is paid, and its test clock can be moved forward.
    Sandbox,
}

/// A company running programs here.
#[derive(Description)]
pub struct Tenant(pub tenant::Model);
wraps!(Tenant, tenant::Model);

#[Object(use_type_description)]
impl Tenant {
    /// Its id, `ten_…`.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// What it calls itself.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Whether its money is real.
    async fn kind(&self) -> TenantKind {
        self.0.kind.into()
    }

    /// Its current time: the test clock of a sandbox, else the server's.
    async fn now(&self, ctx: &Context<'_>) -> DateTime {
        DateTime(self.0.clock_at.unwrap_or(ctx.scope().now()))
    }

    /// The end of its log: the position of the newest event, 0 before the first. It is of one
    /// moment with everything else in the query.
    async fn last_position(&self) -> Position {
        let (epoch, number) = (self.0.epoch, self.0.last_position);
        Position(positions::Position { epoch, number })
    }
}

/// A human being who works for the tenant or for a partner.
#[derive(Description)]
pub struct Person(pub person::Model);
wraps!(Person, person::Model);

#[Object(use_type_description)]
impl Person {
    /// Its id, `per_…`.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// When this person was let in.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }
}

/// A key that requests are signed with. Its secret is shown once, when it is
/// created.
#[derive(Description)]
pub struct ApiKey(pub api_key::Model);
wraps!(ApiKey, api_key::Model);

#[Object(use_type_description)]
impl ApiKey {
    /// Its id, `key_…`.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// What it is called.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Who acts with it: a person, or the service that holds it. Null for a partner's key
    /// where it is one of the tenant's people.
    async fn actor(&self) -> Option<Actor> {
        Actor::shown(self.0.actor())
    }

    /// The person who answers for it. All keys of one person count as one where two people
    /// are needed. Null only where its look-up fails.
    async fn person(&self, ctx: &Context<'_>) -> ApiResult<Option<Person>> {
        Ok(ctx.loaders().one(self.0.person_id).await?.map(Person))
    }

    /// Who made it. Null for a partner's key where it was one of the tenant's people.
    async fn created_by(&self) -> Option<Actor> {
        Actor::shown(self.0.created_by)
    }

    /// What it may do.
    async fn role(&self) -> Role {
        self.0.role.into()
    }

    /// The partner that it speaks for; null unless its role is PARTNER.
    async fn partner(&self, ctx: &Context<'_>) -> ApiResult<Option<Partner>> {
        Ok(ctx.loaders().maybe(self.0.partner_id).await?.map(Partner))
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When it stopped working; null while it works.
    async fn revoked_at(&self) -> Option<DateTime> {
        self.0.revoked_at.map(DateTime)
    }

    /// When it was last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }
}

/// Reading who asks, and the tenant's keys.
#[derive(Default)]
pub struct TenantQueries;

#[Object]
impl TenantQueries {
    /// Who asks, and for which tenant.
    async fn viewer(&self) -> Viewer {
        Viewer
    }

    /// The tenant's keys, oldest first, revoked ones included. For owners: null with
    /// `FORBIDDEN` for others.
    #[graphql(directive = Paged::apply())]
    #[expect(clippy::too_many_arguments, reason = "the arguments of a list")]
    async fn api_keys(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The conditions that they meet; all of them, if absent.")] filter: Option<
            ApiKeyFilter,
        >,
        #[graphql(desc = "The order; by creation, if absent.")] order_by: Option<ApiKeyOrder>,
        #[graphql(desc = "Number of items from the start: 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "Number of items from the end: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Option<ApiResult<Connection<ApiKey>>> {
        let arguments = Arguments {
            filter,
            order_by,
            first,
            after,
            last,
            before,
        };
        let allowed = ctx.scope().require(Permission::KeyManage);
        let list = allowed.map_err(Into::into);
        nullable(list.and_then(|()| pages::root::<ApiKey>(ctx, "Query.api_keys", arguments)))
    }
}

/// Another key of the person who asks.
#[derive(InputObject)]
pub struct CreateApiKeyInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. With it, a repetition
    /// returns the key that was created, without its token. Without it, a repetition
    /// creates another key.
    idempotency_key: Option<String>,
    /// What it is to be called, 1 to 200 characters.
    name: String,
    /// What it may do.
    role: Role,
    /// With role PARTNER, and only then: the partner that it speaks for.
    partner_id: Option<ID>,
    /// Whether a service will hold it, and act in its own name. You answer for
    /// it: where two people are needed, it counts as you. A partner's key is always a
    /// service's, because you are not one of the partner's people.
    #[graphql(default)]
    service: bool,
}

impl CreateApiKeyInput {
    async fn run(self, scope: &Scope) -> Result<(api_key::Model, Option<String>)> {
        let partner = self.partner_id;
        let purpose = KeyPurpose {
            name: self.name,
            role: self.role.into(),
            partner: partner.map(|text| given(Noun::Partner, "partnerId", &text)),
            is_service: self.service,
        };
        keys::create(scope, self.idempotency_key.as_deref(), purpose).await
    }
}

/// A key to revoke.
#[derive(InputObject)]
pub struct RevokeApiKeyInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. It may be left out:
    /// a repetition that follows at once changes nothing. With the key, a late one
    /// returns the first result, and `command` tells what was done.
    idempotency_key: Option<String>,
    /// The key.
    id: ID,
}

impl RevokeApiKeyInput {
    async fn run(self, scope: &Scope) -> Result<api_key::Model> {
        keys::revoke(
            scope,
            self.idempotency_key.as_deref(),
            given(Noun::ApiKey, "id", &self.id),
        )
        .await
    }
}

/// Where to move the test clock.
#[derive(InputObject)]
pub struct AdvanceTestClockInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. It may be left out:
    /// a repetition that follows at once changes nothing. With the key, a late one
    /// returns the first result, and `command` tells what was done.
    idempotency_key: Option<String>,
    /// The tenant's new present; not before its present one.
    to: DateTime,
}

impl AdvanceTestClockInput {
    async fn run(self, scope: &Scope) -> Result<tenant::Model> {
        tenants::advance_clock(scope, self.idempotency_key.as_deref(), self.to.0).await
    }
}

/// What creating a key did.
#[derive(SimpleObject)]
pub struct CreateApiKeyPayload {
    /// The key; null where none was created.
    api_key: Option<ApiKey>,
    /// What to send as `Authorization: Bearer …`. It is nowhere else and is
    /// never shown again. Null where no key was created, also for a repetition with the
    /// same idempotency key.
    token: Option<String>,
    /// Why nothing was changed; empty where it was.
    user_errors: Vec<UserError>,
}

impl CreateApiKeyPayload {
    fn answer(result: Result<(api_key::Model, Option<String>)>) -> Option<ApiResult<Self>> {
        nullable(into_user_errors(result).map(|split| match split {
            Ok((key, token)) => Self {
                api_key: Some(key.into()),
                token,
                user_errors: Vec::new(),
            },
            Err(user_errors) => Self {
                api_key: None,
                token: None,
                user_errors,
            },
        }))
    }
}

payload! {
    /// What revoking a key did.
    RevokeApiKeyPayload,
    /// The key; null where there is none.
    api_key: ApiKey
}
payload! {
    /// What moving the test clock did.
    AdvanceTestClockPayload,
    /// The tenant; null where the clock was not moved.
    tenant: Tenant
}

/// Changing keys and the test clock.
#[derive(Default)]
pub struct TenantMutations;

#[Object]
impl TenantMutations {
    /// Creates another key of yours: for yourself, or for a service that you answer
    /// for. The answer holds its secret, which is shown only now. Somebody else's
    /// first key comes from whoever runs the server.
    #[doc = ""]
    #[doc = needs!(KeyManage)]
    async fn create_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key.")] input: CreateApiKeyInput,
    ) -> Option<ApiResult<CreateApiKeyPayload>> {
        CreateApiKeyPayload::answer(input.run(ctx.scope()).await)
    }

    /// Revokes a key: requests with it fail at once, and its open sockets and streams are
    /// closed within 30 seconds.
    /// Revoking it again is harmless.
    #[doc = ""]
    #[doc = needs!(KeyManage)]
    async fn revoke_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: RevokeApiKeyInput,
    ) -> Option<ApiResult<RevokeApiKeyPayload>> {
        RevokeApiKeyPayload::answer(input.run(ctx.scope()).await)
    }

    /// Moves the test clock of a sandbox forward. What expires or is due by then is
    /// processed. Live tenants have no test clock.
    #[doc = ""]
    #[doc = needs!(ClockAdvance)]
    async fn advance_test_clock(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Where to.")] input: AdvanceTestClockInput,
    ) -> Option<ApiResult<AdvanceTestClockPayload>> {
        AdvanceTestClockPayload::answer(input.run(ctx.scope()).await)
    }
}
